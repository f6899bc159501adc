import { eq } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { spendCaps } from '@/db/schema/quotas';
import { authorize } from '@/lib/auth/authorize';
import { cachedUsage } from '@/lib/metering/queries';
import type { TenantContext } from '@/lib/tenancy/context';
import { getEntitlements } from '@/lib/tenants/queries';
import { quotaOf, toStanding } from './rules';
import type { Quota, QuotaNotice } from './schema';

/** What a tenant may store in a period, as it stands in the database. Throws AppError `not_found`. */
export async function readQuota(db: Db, tenantId: string): Promise<{ planName: string; quota: Quota }> {
  const { planName, traces } = await getEntitlements(db, tenantId);
  const [set] = await db
    .select({ cents: spendCaps.cents })
    .from(spendCaps)
    .where(eq(spendCaps.tenantId, tenantId));
  return { planName, quota: quotaOf(traces, set?.cents ?? null) };
}

/**
 * What everybody of the tenant is to be told of its quota, by figures of at most 10 s ago; null while there is nothing to tell.
 * Throws AppError `forbidden`.
 */
export async function findQuotaNotice(ctx: TenantContext): Promise<QuotaNotice | null> {
  authorize(ctx, 'tenant:read');
  const { planName, quota } = await readQuota(pool('platform').db, ctx.tenant.id);
  if (quota.limit === null) return null;
  const { period, values } = await cachedUsage(ctx.tenant.id);
  const { state, limit, from, used, periodEnd } = toStanding(
    { planName, quota },
    { used: values['trace.count'], period },
  );
  return state === 'open' || limit === null ? null : { state, limit, from, used, planName, periodEnd };
}
