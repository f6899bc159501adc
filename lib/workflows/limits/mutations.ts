import { eq, lt, sql } from 'drizzle-orm';
import { limitNotices, requestHours, requestSlots, tenantRateLimits } from '@/db/schema/limits';
import { tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import { authorizePlatform } from '@/lib/auth/authorize';
import { hostOf, urlOf } from '@/lib/gateway/hosts';
import { queueMail } from '@/lib/mail/outbox';
import { limitedMail } from '@/lib/mail/templates';
import type { PlatformActor } from '@/lib/tenancy/context';
import { announceTenantRate } from '@/lib/tenancy/limits';
import { lockTenant } from '@/lib/tenants/mutations';
import { listAdminAddresses } from '@/lib/tenants/queries';
import { NOTICE_STRETCHES } from './rules';
import type { TenantRateInput } from './schema';

/**
 * Gives a tenant another rate until a time, in place of its plan's: every process follows within 5 s. Setting it again
 * replaces it. Throws AppError `forbidden` for anybody but an operator, `not_found`.
 */
export async function setTenantRate(
  by: PlatformActor,
  { tenantId, ...input }: TenantRateInput & { tenantId: string },
): Promise<void> {
  authorizePlatform(by);
  await withPlatform(async (db) => {
    const tenant = await lockTenant(db, tenantId);
    const [before] = await db
      .select({ perSecond: tenantRateLimits.perSecond, burst: tenantRateLimits.burst })
      .from(tenantRateLimits)
      .where(eq(tenantRateLimits.tenantId, tenantId));
    const values = { ...input, setAt: sql`now()` };
    await db
      .insert(tenantRateLimits)
      .values({ tenantId, ...values })
      .onConflictDoUpdate({ target: tenantRateLimits.tenantId, set: values });
    const { perSecond, burst, reason, expiresAt } = input;
    await emit(
      db,
      { tenant, ...by },
      {
        action: 'tenant.set_rate',
        target: { kind: 'tenant', id: tenantId },
        ...(before ? { before } : {}),
        after: { perSecond, burst, reason, expiresAt: expiresAt.toISOString() },
      },
    );
    await announceTenantRate(db, tenantId);
  });
}

/**
 * Takes back what `setTenantRate` has set. Where nothing is set nothing happens. Throws AppError `forbidden` for anybody but
 * an operator, `not_found`.
 */
export async function clearTenantRate(
  by: PlatformActor,
  { tenantId, reason }: { tenantId: string; reason: string },
): Promise<void> {
  authorizePlatform(by);
  await withPlatform(async (db) => {
    const tenant = await lockTenant(db, tenantId);
    const [gone] = await db
      .delete(tenantRateLimits)
      .where(eq(tenantRateLimits.tenantId, tenantId))
      .returning({ perSecond: tenantRateLimits.perSecond, burst: tenantRateLimits.burst });
    if (!gone) return;
    await emit(
      db,
      { tenant, ...by },
      {
        action: 'tenant.clear_rate',
        target: { kind: 'tenant', id: tenantId },
        before: gone,
        after: { reason },
      },
    );
    await announceTenantRate(db, tenantId);
  });
}

/** Forgets counts that nobody is shown any more: stretches after 70 minutes, hours after eight days. */
export async function sweepRequestCounts(): Promise<void> {
  await withPlatform(async (db) => {
    await db.delete(requestSlots).where(lt(requestSlots.slot, sql`now() - interval '70 minutes'`));
    await db.delete(requestHours).where(lt(requestHours.hour, sql`now() - interval '8 days'`));
  });
}

/**
 * Tells the admins of each tenant that was limited for more than a minute of the last hour, by one mail a day: of several
 * processes that sweep at once, one writes the notice and the mails with it.
 */
export async function sweepLimitNotices(): Promise<void> {
  const limited = await withPlatform((db) =>
    db
      .select({
        tenantId: requestSlots.tenantId,
        refused: sql<number>`sum(${requestSlots.limited})::float8`,
      })
      .from(requestSlots)
      .where(sql`${requestSlots.slot} >= now() - interval '1 hour' and ${requestSlots.limited} > 0`)
      .groupBy(requestSlots.tenantId)
      .having(sql`count(distinct ${requestSlots.slot}) > ${NOTICE_STRETCHES}`),
  );
  for (const { tenantId, refused } of limited) await noticeLimited(tenantId, refused);
}

async function noticeLimited(tenantId: string, refused: number): Promise<void> {
  await withPlatform(async (db) => {
    const [tenant] = await db
      .select({ id: tenants.id, slug: tenants.slug, name: tenants.name, status: tenants.status })
      .from(tenants)
      .where(eq(tenants.id, tenantId));
    if (tenant?.status !== 'active') return;
    const [due] = await db
      .insert(limitNotices)
      .values({ tenantId, mailedAt: new Date() })
      .onConflictDoUpdate({
        target: limitNotices.tenantId,
        set: { mailedAt: new Date() },
        setWhere: sql`${limitNotices.mailedAt} < now() - interval '1 day'`,
      })
      .returning({ tenantId: limitNotices.tenantId });
    if (!due) return;
    const facts = {
      name: tenant.name,
      host: hostOf(tenant),
      refused,
      url: urlOf(tenant, '/settings/limits'),
    };
    for (const address of await listAdminAddresses(db, tenantId))
      await queueMail(db, limitedMail(address, facts));
  });
}
