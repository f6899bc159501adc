import { eq } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { spendCaps } from '@/db/schema/quotas';
import { authorize } from '@/lib/auth/authorize';
import { cachedUsage } from '@/lib/metering/queries';
import type { TenantContext } from '@/lib/tenancy/context';
import { getEntitlements } from '@/lib/tenants/queries';
import { costOf, quotaOf, stateOf } from './rules';
import type { Quota, QuotaNotice, QuotaStanding } from './schema';

/** What a tenant may store in a period, as it stands in the database. Throws AppError `not_found`. */
export async function readQuota(db: Db, tenantId: string): Promise<{ planName: string; quota: Quota }> {
  const { planName, traces } = await getEntitlements(db, tenantId);
  const [set] = await db
    .select({ cents: spendCaps.cents })
    .from(spendCaps)
    .where(eq(spendCaps.tenantId, tenantId));
  return { planName, quota: quotaOf(traces, set?.cents ?? null) };
}

/** The quota of the current period and what of it is used, at most 10 s ago. Throws AppError `forbidden`. */
export async function getQuotaStanding(ctx: TenantContext): Promise<QuotaStanding> {
  authorize(ctx, 'usage:read');
  return readStanding(ctx.tenant.id);
}

/** What everybody of the tenant is to be told of its quota; null while there is nothing to tell. Throws AppError `forbidden`. */
export async function findQuotaNotice(ctx: TenantContext): Promise<QuotaNotice | null> {
  authorize(ctx, 'tenant:read');
  const { state, limit, from, used, planName, periodEnd } = await readStanding(ctx.tenant.id);
  return state === 'open' || limit === null ? null : { state, limit, from, used, planName, periodEnd };
}

async function readStanding(tenantId: string): Promise<QuotaStanding> {
  const [{ planName, quota }, { period, values }] = await Promise.all([
    readQuota(pool('platform').db, tenantId),
    cachedUsage(tenantId),
  ]);
  const used = values['trace.count'];
  const over = quota.included === null ? 0 : Math.max(0, used - quota.included);
  return {
    ...quota,
    ...{ planName, used, over, cost: quota.per1000 === null ? 0 : costOf(over, quota.per1000) },
    state: stateOf(quota, used),
    periodStart: period.start.toISOString(),
    periodEnd: period.end.toISOString(),
  };
}
