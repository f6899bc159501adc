import { and, eq, gte, lt, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { usageDeltas } from '@/db/schema/usage';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import { AppError } from '@/lib/errors';
import { explainUsage, getUsage, listUsageHistory, listUsageRecords } from '@/lib/metering/queries';
import { aggregate, hoursOf, type Span } from '@/lib/metering/rules';
import { type ExplainQuery, type MetricId, metrics, type UsageExplanation } from '@/lib/metering/schema';
import type { TenantContext } from '@/lib/tenancy/context';
import { readQuota } from '@/lib/workflows/quotas/queries';
import { toStanding } from '@/lib/workflows/quotas/rules';
import { dayOf, toBreakdown, toDays, toHoursOf } from './rules';
import type { UsageBreakdown, UsageFilter, UsageReport } from './schema';

const MONTHS = 12;

/** Everything that the page of usage shows. Throws AppError `forbidden`. */
export async function getUsageReport(ctx: TenantContext, filter: UsageFilter): Promise<UsageReport> {
  authorize(ctx, 'usage:read');
  const { metric } = filter;
  const [usage, quota, history] = await Promise.all([
    getUsage(ctx),
    readQuota(pool('platform').db, ctx.tenant.id),
    listUsageHistory(ctx, { months: MONTHS }),
  ]);
  const now = new Date(usage.as_of);
  const asked = filter.period === undefined ? now : new Date(filter.period);
  const month =
    history.find((one) => new Date(one.period_start) <= asked && asked < new Date(one.period_end)) ?? usage;
  const period = { start: new Date(month.period_start), end: new Date(month.period_end) };
  const [records, parts] = await Promise.all([
    listUsageRecords(ctx, { metric, granularity: 'hour', from: period.start, to: period.end }),
    readBreakdown(ctx, metric, hoursOf(period)),
  ]);
  const days = toDays(metric, records, period, now);
  const day = dayOf(filter.day, days, now);
  return {
    ...{ history, metric, days, day, ...parts },
    standing: toStanding(quota, {
      used: usage.trace_count,
      period: { start: new Date(usage.period_start), end: new Date(usage.period_end) },
    }),
    metrics: usage.metrics,
    asOf: usage.as_of,
    isEmpty: history.every((one) => one.trace_count === 0 && one.api_requests === 0),
    period: {
      from: month.period_start,
      to: month.period_end,
      isCurrent: month.period_start === usage.period_start,
    },
    total: aggregate(
      metric,
      days.map(({ value }) => value),
    ),
    hours: toHoursOf(metric, records, { day, period, now }),
  };
}

/** What an hour's number is made of, or null for an hour that has not begun. Throws AppError `forbidden`. */
export async function findExplanation(
  ctx: TenantContext,
  query: ExplainQuery,
): Promise<UsageExplanation | null> {
  authorize(ctx, 'usage:read');
  try {
    return await explainUsage(ctx, query);
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  }
}

type Breakdowns = { byKey: UsageBreakdown | null; byProject: UsageBreakdown | null };

/** By key and by project: what they added in the period, or of storage what they hold now. */
async function readBreakdown(
  ctx: TenantContext,
  metric: MetricId,
  { start, end }: Span,
): Promise<Breakdowns> {
  const { column, kind } = metrics[metric];
  if (column === null) return { byKey: null, byProject: null };
  const tenantId = ctx.tenant.id;
  const own =
    kind === 'gauge'
      ? and(eq(usageDeltas.tenantId, tenantId), lt(usageDeltas.recordedAt, end))
      : and(
          eq(usageDeltas.tenantId, tenantId),
          gte(usageDeltas.recordedAt, start),
          lt(usageDeltas.recordedAt, end),
        );
  const value = sql<number>`sum(${sql.raw(column)})::float8`;
  const rows = await withTenant(ctx, (db) => {
    // Added up before the keys' names are looked for: a month has many commits and few keys.
    const sums = db
      .select({ keyId: usageDeltas.keyId, project: usageDeltas.project, value: value.as('value') })
      .from(usageDeltas)
      .where(own)
      .groupBy(usageDeltas.keyId, usageDeltas.project)
      .as('sums');
    return db
      .select({ keyId: sums.keyId, name: apiKeys.name, project: sums.project, value: sums.value })
      .from(sums)
      .leftJoin(apiKeys, and(eq(apiKeys.tenantId, tenantId), eq(apiKeys.id, sums.keyId)));
  });
  const byKey = new Map<string | null, { id: string | null; name: string | null; value: number }>();
  const byProject = new Map<string, { id: string; name: string; value: number }>();
  for (const { keyId, name, project, value: added } of rows) {
    byKey.set(keyId, { id: keyId, name, value: (byKey.get(keyId)?.value ?? 0) + added });
    byProject.set(project, {
      ...{ id: project, name: project },
      value: (byProject.get(project)?.value ?? 0) + added,
    });
  }
  return { byKey: toBreakdown([...byKey.values()]), byProject: toBreakdown([...byProject.values()]) };
}
