import { eq, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { tenantRateLimits } from '@/db/schema/limits';
import { tenants } from '@/db/schema/tenancy';
import { isPlanId, type PlanRate, plans } from '@/lib/plans/plans';
import { CHANGE_CHANNEL, LiveCache } from './live-cache';
import { announceQuota } from './quota';

/** The rate of a tenant that has one of its own: requests a second, and how many at once. */
export type TenantRate = PlanRate & { from: 'plan' | 'operator' };

type Stored = { plan: string; own: (PlanRate & { expiresAt: Date }) | null };

const CAPACITY = 50_000;
// One cache per process, whichever of its bundles asks.
const RATES = Symbol.for('ragtoolkit.tenant-rates');
const globals = globalThis as { [RATES]?: LiveCache<Stored> };

function rates(): LiveCache<Stored> {
  globals[RATES] ??= new LiveCache('tenant-rate', CAPACITY, async (id) => {
    const [row] = await pool('platform')
      .db.select({
        plan: tenants.plan,
        perSecond: tenantRateLimits.perSecond,
        burst: tenantRateLimits.burst,
        expiresAt: tenantRateLimits.expiresAt,
      })
      .from(tenants)
      .leftJoin(tenantRateLimits, eq(tenantRateLimits.tenantId, tenants.id))
      .where(eq(tenants.id, id));
    if (!row) return null;
    const { plan, perSecond, burst, expiresAt } = row;
    const own = perSecond && burst && expiresAt ? { perSecond, burst, expiresAt } : null;
    return { plan, own };
  });
  return globals[RATES];
}

/**
 * The rate of a tenant: what an operator has set and has not run out, otherwise its plan's; null is the policy's. From
 * memory where it is known, and at most 5 s behind. Throws what the database does when it has to be asked.
 */
export async function findTenantRate(tenantId: string): Promise<TenantRate | null> {
  const stored = await rates().get(tenantId);
  if (!stored) return null;
  const { plan, own } = stored;
  if (own && own.expiresAt.getTime() > Date.now())
    return { perSecond: own.perSecond, burst: own.burst, from: 'operator' };
  const rate = isPlanId(plan) ? plans[plan].rate : null;
  return rate ? { ...rate, from: 'plan' } : null;
}

/** Tells every process, when the caller's transaction commits, that a tenant's rate or its plan, and with it its quota, is another one. */
export async function announceTenantRate(db: Db, tenantId: string): Promise<void> {
  await announceQuota(db, tenantId);
  await db.execute(sql`select pg_notify(${CHANGE_CHANNEL}, ${`tenant-rate:${tenantId}`})`);
}
