import { eq, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { quotaAlerts, spendCaps, tenantAmounts } from '@/db/schema/quotas';
import { tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import { authorize, authorizePlatform, READ_ONLY } from '@/lib/auth/authorize';
import { AppError } from '@/lib/errors';
import { hostOf, urlOf } from '@/lib/gateway/hosts';
import { logError } from '@/lib/log';
import { queueMail } from '@/lib/mail/outbox';
import { quotaMail } from '@/lib/mail/templates';
import { cachedUsage } from '@/lib/metering/queries';
import type { Span } from '@/lib/metering/rules';
import type { PlatformActor, TenantContext } from '@/lib/tenancy/context';
import { findTenantById } from '@/lib/tenancy/directory';
import { announceQuota, type QuotaVerdict } from '@/lib/tenancy/quota';
import { lockTenant } from '@/lib/tenants/mutations';
import { listAdminAddresses } from '@/lib/tenants/queries';
import { readQuota } from './queries';
import { type Reached, reachedShares, refusalOf } from './rules';
import type { Quota, SetSpendCapInput, SpendCap, TenantAmountsInput } from './schema';

/** A verdict about a tenant whose traces end nowhere holds for good: it is forgotten when that changes. */
const FOR_GOOD = new Date(8.64e15);

/**
 * Whether a tenant may store new traces, by its plan, its spend cap and what it has used: what the ingest is told
 * (lib/tenancy/quota.ts). Tells its admins by mail of each share of an amount that is reached, once a period. Throws what the
 * database does.
 */
export async function judgeQuota(tenantId: string): Promise<QuotaVerdict> {
  const tenant = await findTenantById(tenantId);
  if (tenant?.readOnlySince) return { refusal: READ_ONLY, until: FOR_GOOD };
  const { planName, quota } = await readQuota(pool('platform').db, tenantId);
  if (quota.included === null && quota.limit === null) return { refusal: null, until: FOR_GOOD };
  // The verdict is what is kept for ten seconds, not what it is made of.
  const { period, values } = await cachedUsage(tenantId, 0);
  const used = values['trace.count'];
  await tellReached(tenantId, { planName, quota, used, period }).catch((error) =>
    logError(error, 'admins could not be told of their quota'),
  );
  if (quota.limit === null || used < quota.limit) return { refusal: null, until: period.end };
  const url = tenant ? urlOf(tenant, '/usage') : urlOf('site', '/#plans');
  return { refusal: refusalOf(quota, { planName, until: period.end, url }), until: period.end };
}

/** Judges every active tenant, for those whose last burst was followed by the end of its process. */
export async function sweepQuotas(): Promise<void> {
  const active = await withPlatform((db) =>
    db.select({ id: tenants.id }).from(tenants).where(eq(tenants.status, 'active')),
  );
  for (const { id } of active)
    await judgeQuota(id).catch((error) => logError(error, 'the quota of a tenant cannot be judged now'));
}

type Standing = { planName: string; quota: Quota; used: number; period: Span };

/** Tells admins what they have not been told in this period. Of several processes that see it at once, one mails. */
async function tellReached(tenantId: string, standing: Standing): Promise<void> {
  const { quota, used, period } = standing;
  const due = reachedShares(quota, used).filter((reached) => !isTold(tenantId, period, reached));
  if (due.length === 0) return;
  await withPlatform(async (db) => {
    const [tenant] = await db
      .select({ slug: tenants.slug, name: tenants.name, status: tenants.status })
      .from(tenants)
      .where(eq(tenants.id, tenantId));
    if (tenant?.status !== 'active') return;
    const told = await db
      .insert(quotaAlerts)
      .values(due.map((reached) => ({ tenantId, periodStart: period.start, ...reached })))
      .onConflictDoNothing()
      .returning({ kind: quotaAlerts.kind, traces: quotaAlerts.traces, percent: quotaAlerts.percent });
    if (told.length === 0) return;
    const addresses = await listAdminAddresses(db, tenantId);
    const facts = { name: tenant.name, host: hostOf(tenant), url: urlOf(tenant, '/usage') };
    for (const reached of due.filter((one) => told.some((row) => isSame(one, row))))
      for (const address of addresses)
        await queueMail(
          db,
          quotaMail(address, {
            ...facts,
            ...reached,
            ...{ used, planName: standing.planName, per1000: quota.per1000, cap: quota.cap },
            stops: reached.kind === 'limit' ? quota.from : null,
            until: period.end.toISOString(),
          }),
        );
  });
  for (const reached of due) noteTold(tenantId, period, reached);
}

function isSame(one: Reached, other: { kind: string; traces: number; percent: number }): boolean {
  return one.kind === other.kind && one.traces === other.traces && one.percent === other.percent;
}

// What is known to be told, so that the database is not asked again every time; it may be forgotten at any time.
const TOLD = Symbol.for('ragtoolkit.quota-alerts');
const TOLD_MOST = 100_000;
const globals = globalThis as { [TOLD]?: Set<string> };

function nameOf(tenantId: string, { start }: Span, { kind, traces, percent }: Reached): string {
  return `${tenantId} ${start.getTime()} ${kind} ${traces} ${percent}`;
}

function isTold(tenantId: string, period: Span, reached: Reached): boolean {
  return globals[TOLD]?.has(nameOf(tenantId, period, reached)) ?? false;
}

function noteTold(tenantId: string, period: Span, reached: Reached): void {
  if (!globals[TOLD] || globals[TOLD].size >= TOLD_MOST) globals[TOLD] = new Set();
  globals[TOLD].add(nameOf(tenantId, period, reached));
}

/**
 * Sets what traces beyond the included ones may cost in a period, in cents; null takes the cap away. Past it new traces are
 * refused, at once where it is used up already. Throws AppError `forbidden`, and `conflict` for a plan on which nothing
 * beyond can be bought.
 */
export async function setSpendCap(ctx: TenantContext, { cents }: SetSpendCapInput): Promise<SpendCap> {
  authorize(ctx, 'usage:cap');
  const tenantId = ctx.tenant.id;
  return withPlatform(async (db) => {
    await lockTenant(db, tenantId);
    const { planName, quota: before } = await readQuota(db, tenantId);
    if (cents !== null && before.per1000 === null)
      throw new AppError('conflict', `On ${planName} no traces beyond the included ones can be bought.`);
    if (before.cap !== cents) {
      if (cents === null) await db.delete(spendCaps).where(eq(spendCaps.tenantId, tenantId));
      else
        await db
          .insert(spendCaps)
          .values({ tenantId, cents })
          .onConflictDoUpdate({ target: spendCaps.tenantId, set: { cents, setAt: sql`now()` } });
      await emit(db, ctx, {
        action: 'tenant.set_spend_cap',
        target: { kind: 'tenant', id: tenantId },
        before: { cents: before.cap },
        after: { cents },
      });
      await announceQuota(db, tenantId);
    }
    const { quota } = await readQuota(db, tenantId);
    return { cents: quota.cap, limit: quota.limit };
  });
}

/**
 * Agrees amounts with a tenant in place of its plan's. Setting them again replaces them. Throws AppError `forbidden` for
 * anybody but an operator, `not_found`.
 */
export async function setTenantAmounts(
  by: PlatformActor,
  { tenantId, ...input }: TenantAmountsInput & { tenantId: string },
): Promise<void> {
  authorizePlatform(by);
  await withPlatform(async (db) => {
    const tenant = await lockTenant(db, tenantId);
    const { traces, per1000Traces, seats } = tenantAmounts;
    const [before] = await db
      .select({ traces, per1000Traces, seats })
      .from(tenantAmounts)
      .where(eq(tenantAmounts.tenantId, tenantId));
    const values = { ...input, setAt: sql`now()` };
    await db
      .insert(tenantAmounts)
      .values({ tenantId, ...values })
      .onConflictDoUpdate({ target: tenantAmounts.tenantId, set: values });
    await emit(
      db,
      { tenant, ...by },
      {
        action: 'tenant.set_amounts',
        target: { kind: 'tenant', id: tenantId },
        ...(before ? { before } : {}),
        after: input,
      },
    );
    await announceQuota(db, tenantId);
  });
}

/**
 * Takes back what `setTenantAmounts` has agreed: the plan's own amounts hold. Where nothing is agreed nothing happens. Throws
 * AppError `forbidden` for anybody but an operator, `not_found`.
 */
export async function clearTenantAmounts(
  by: PlatformActor,
  { tenantId, reason }: { tenantId: string; reason: string },
): Promise<void> {
  authorizePlatform(by);
  await withPlatform(async (db) => {
    const tenant = await lockTenant(db, tenantId);
    const { traces, per1000Traces, seats } = tenantAmounts;
    const [gone] = await db
      .delete(tenantAmounts)
      .where(eq(tenantAmounts.tenantId, tenantId))
      .returning({ traces, per1000Traces, seats });
    if (!gone) return;
    await emit(
      db,
      { tenant, ...by },
      {
        action: 'tenant.clear_amounts',
        target: { kind: 'tenant', id: tenantId },
        before: gone,
        after: { reason },
      },
    );
    await announceQuota(db, tenantId);
  });
}
