import { and, desc, eq, gte, sql } from 'drizzle-orm';
import { apiKeys } from '@/db/schema/api-keys';
import { requestHours, requestSlots, tenantRateLimits } from '@/db/schema/limits';
import { tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { authorize, authorizePlatform } from '@/lib/auth/authorize';
import { limitOf } from '@/lib/rate-limit/policies';
import type { PlatformActor, TenantContext } from '@/lib/tenancy/context';
import { findTenantRate } from '@/lib/tenancy/limits';
import { HOURS, STRETCH_MS, STRETCHES, toHours, toStretches } from './rules';
import type { HotTenant, KeyUse, RateUsage } from './schema';

/** The tenant's rate in the last quarter of an hour against its limit, its refusals by the hour, and who asks. */
export async function getRateUsage(ctx: TenantContext): Promise<RateUsage> {
  authorize(ctx, 'usage:read');
  const now = Date.now();
  const tenantId = ctx.tenant.id;
  const [rate, { own, slots, hours, keys }] = await Promise.all([
    findTenantRate(tenantId),
    withPlatform(async (db) => {
      const since = new Date(now - (STRETCHES + 1) * STRETCH_MS);
      const { slot, keyId, admitted, limited } = requestSlots;
      return {
        own: await db
          .select({ until: tenantRateLimits.expiresAt })
          .from(tenantRateLimits)
          .where(eq(tenantRateLimits.tenantId, tenantId)),
        slots: await db
          .select({ at: slot, keyId, admitted, limited })
          .from(requestSlots)
          .where(and(eq(requestSlots.tenantId, tenantId), gte(slot, since))),
        hours: await db
          .select({
            at: requestHours.hour,
            admitted: sql<number>`sum(${requestHours.admitted})::float8`,
            limited: sql<number>`sum(${requestHours.limited})::float8`,
          })
          .from(requestHours)
          .where(
            and(
              eq(requestHours.tenantId, tenantId),
              gte(requestHours.hour, sql`now() - make_interval(hours => ${HOURS + 1})`),
            ),
          )
          .groupBy(requestHours.hour),
        keys: await db
          .select({
            keyId: apiKeys.id,
            name: apiKeys.name,
            cap: apiKeys.ratePerSecond,
            isLive: sql<boolean>`${apiKeys.revokedAt} is null and coalesce(${apiKeys.expiresAt} > now(), true)`,
          })
          .from(apiKeys)
          .where(eq(apiKeys.tenantId, tenantId))
          .orderBy(desc(apiKeys.createdAt)),
      };
    }),
  ]);
  const policy = limitOf('tenant');
  const standard = { perSecond: (policy.limit * 1_000) / policy.windowMs, burst: policy.burst };
  return {
    limit: {
      ...(rate ?? { ...standard, from: 'policy' as const }),
      until: rate?.from === 'operator' ? (own[0]?.until.toISOString() ?? null) : null,
    },
    stretches: toStretches(slots, { widthMs: STRETCH_MS, count: STRETCHES, now }),
    hours: toHours(hours, now),
    keys: keys
      .map((key): KeyUse => {
        const sent = slots.filter(({ keyId }) => keyId === key.keyId);
        const sum = (of: 'admitted' | 'limited') => sent.reduce((all, one) => all + one[of], 0);
        return { ...key, admitted: sum('admitted'), limited: sum('limited') };
      })
      .filter(({ isLive, admitted, limited }) => isLive || admitted + limited > 0)
      .sort((a, b) => b.admitted + b.limited - (a.admitted + a.limited)),
  };
}

/** The ten tenants that asked most in the last ten minutes, for an operator. Throws AppError `forbidden` for anybody else. */
export async function listHottestTenants(by: PlatformActor): Promise<HotTenant[]> {
  authorizePlatform(by);
  const rows = await withPlatform((db) =>
    db
      .select({
        id: tenants.id,
        slug: tenants.slug,
        admitted: sql<number>`sum(${requestSlots.admitted})::float8`,
        limited: sql<number>`sum(${requestSlots.limited})::float8`,
      })
      .from(requestSlots)
      .innerJoin(tenants, eq(tenants.id, requestSlots.tenantId))
      .where(gte(requestSlots.slot, sql`now() - interval '10 minutes'`))
      .groupBy(tenants.id)
      .orderBy(desc(sql`sum(${requestSlots.admitted} + ${requestSlots.limited})`), tenants.slug)
      .limit(10),
  );
  const policy = limitOf('tenant');
  return Promise.all(
    rows.map(async ({ id, slug, admitted, limited }) => ({
      slug,
      perSecond: (admitted + limited) / 600,
      limited,
      limit: (await findTenantRate(id))?.perSecond ?? (policy.limit * 1_000) / policy.windowMs,
    })),
  );
}
