import { sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import { AppError } from '@/lib/errors';
import { getUsage, listUsageHistory, listUsageRecords } from '@/lib/metering/queries';
import { aggregate, hoursOf, type Span } from '@/lib/metering/rules';
import { type ExplainQuery, type MetricId, metrics, type UsageExplanation } from '@/lib/metering/schema';
import { explainUsage } from '@/lib/metering-explain/queries';
import type { TenantContext } from '@/lib/tenancy/context';
import { readQuota } from '@/lib/workflows/quotas/queries';
import { toStanding } from '@/lib/workflows/quotas/rules';
import { dayOf, toBreakdown, toDays, toHoursOf } from './rules';
import { MOST_PARTS, type UsageBreakdown, type UsageFilter, type UsageReport } from './schema';

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

type Part = { isKey: boolean; id: string | null; name: string | null; value: number; total: number };
type Breakdowns = { byKey: UsageBreakdown | null; byProject: UsageBreakdown | null };

/** By key and by project: what they added in the period, or of storage what they hold now. */
async function readBreakdown(
  ctx: TenantContext,
  metric: MetricId,
  { start, end }: Span,
): Promise<Breakdowns> {
  const { column, kind } = metrics[metric];
  if (column === null) return { byKey: null, byProject: null };
  const since = kind === 'gauge' ? sql`` : sql`and recorded_at >= ${start.toISOString()}::timestamptz`;
  // Projects are named by whoever sends: there may be any number, and no more is read of them than is shown.
  const rows = await withTenant(ctx, (db) =>
    db.execute<Part>(sql`
      with sums as (
        select key_id, project, grouping(project) = 1 as "isKey", sum(${sql.raw(column)})::float8 as value from usage_deltas
          where tenant_id = ${ctx.tenant.id} and recorded_at < ${end.toISOString()}::timestamptz ${since}
          group by grouping sets ((key_id), (project))
      ), ranked as (
        select *, sum(value) over (partition by "isKey") as total,
            row_number() over (partition by "isKey" order by value desc, key_id, project) as place
          from sums where value <> 0
      )
      select r."isKey", coalesce(r.key_id::text, r.project) as id, coalesce(k.name, r.project) as name, r.value, r.total
        from ranked r left join api_keys k on k.tenant_id = ${ctx.tenant.id} and k.id = r.key_id
        where r.place <= ${MOST_PARTS} order by r.place`),
  );
  const told = (isKey: boolean) => {
    const parts = rows.filter((row) => row.isKey === isKey);
    return toBreakdown(
      parts.map(({ id, name, value }) => ({ id, name, value })),
      parts[0]?.total ?? 0,
    );
  };
  return { byKey: told(true), byProject: told(false) };
}
