import { desc, eq, type SQL, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { executePrepared } from '@/db/prepared';
import { meteringRuns, usageMeters, usagePeriods } from '@/db/schema/metering';
import { withTenant } from '@/db/tenant';
import { authorize, authorizePlatform } from '@/lib/auth/authorize';
import { groupBy } from '@/lib/group-by';
import type { PlatformActor, TenantContext } from '@/lib/tenancy/context';
import { getEntitlements } from '@/lib/tenants/queries';
import {
  aggregate,
  bucketOf,
  HOUR_MS,
  hoursOf,
  includedOf,
  isMetric,
  lastPeriods,
  periodAt,
  project,
  type Span,
  type StoredPeriod,
  toHour,
  toUsageMonth,
  toValues,
} from './rules';
import {
  type CurrentUsage,
  type Granularity,
  type HistoryQuery,
  type MeteringRun,
  type MetricId,
  type MetricValues,
  metricIds,
  metrics,
  type RecordsQuery,
  type UsageMonth,
  type UsageRecord,
} from './schema';

/** Quotas are checked against figures of this age at the most. */
const CACHED_MS = 10_000;
/** Tenants whose figures are held in memory. */
const CACHED_TENANTS = 10_000;

const counters = metricIds.filter((id) => metrics[id].kind === 'counter');
/** The sum of each counter's column, under the column's name. */
const SUMS = sql.raw(
  counters
    .map((id) => metrics[id].column)
    .map((column) => `coalesce(sum(d.${column}), 0)::bigint as ${column}`)
    .join(', '),
);
/** A row for each counter out of the columns of `counted`. */
const COUNTER_ROWS = sql.raw(counters.map((id) => `('${id}', c.${metrics[id].column})`).join(', '));

/**
 * What tenants used in each hour, counted from what there is: common table expressions that follow one named `spans` (tenant_id,
 * first, until: from which hour to before which) and end in `said` (tenant_id, hour, metric, value). A level of storage is
 * that of the record before `first` and what was added since.
 */
export const hourValues: SQL = sql`
    hours as materialized (
      select s.tenant_id, h.hour from spans s,
        generate_series(s.first, s.until - interval '1 hour', interval '1 hour') as h(hour)
    ), counted as materialized (
      select h.tenant_id, h.hour, c.* from hours h cross join lateral (
        select ${SUMS}, coalesce(sum(d.storage_bytes), 0)::bigint as storage_bytes from usage_deltas d
          where d.tenant_id = h.tenant_id and d.recorded_at >= h.hour and d.recorded_at < h.hour + interval '1 hour') as c
    ), stored as (
      select c.tenant_id, c.hour, (coalesce((select r.value from usage_records r
            where r.tenant_id = c.tenant_id and r.metric = 'storage.bytes' and r.hour = s.first - interval '1 hour'), 0)
          + sum(c.storage_bytes) over (partition by c.tenant_id order by c.hour))::bigint as value
      from counted c join spans s using (tenant_id)
    ), seated as (
      -- Membership only grows where an interval begins: the peak is at one of these moments, or at the hour's beginning.
      select h.tenant_id, h.hour, max(p.members) as value from hours h cross join lateral (
        select (select count(*) from membership_intervals i where i.tenant_id = h.tenant_id
            and i.began_at <= at.moment and (i.ended_at is null or i.ended_at > at.moment)) as members
        from (select h.hour union all select b.began_at from membership_intervals b
          where b.tenant_id = h.tenant_id and b.began_at > h.hour and b.began_at < h.hour + interval '1 hour') as at(moment)) as p
      group by 1, 2
    ), said as (
      select c.tenant_id, c.hour, v.metric, v.value from counted c cross join lateral (values ${COUNTER_ROWS}) as v(metric, value)
      union all select tenant_id, hour, 'storage.bytes', value from stored
      union all select tenant_id, hour, 'seat.count', value from seated
    )`;

/** Another time than the database's. For tests. */
export type Clock = { now?: Date };

/** What the tenant used in its current period, the open hour included. Throws AppError `forbidden`. */
export async function getUsage(ctx: TenantContext, { now }: Clock = {}): Promise<CurrentUsage> {
  authorize(ctx, 'usage:read');
  const [entitlements, read] = await Promise.all([
    getEntitlements(pool('platform').db, ctx.tenant.id),
    withTenant(ctx, async (db) => {
      const state = await readState(db, ctx.tenant.id, now);
      const period = periodAt(state.period, state.now);
      const open = await readOpenHours(db, ctx.tenant.id, state);
      const [values = toValues()] = await sumSpans(db, ctx.tenant.id, [period], open);
      return { state, period, values, open };
    }),
  ]);
  const { state, period, values, open } = read;
  return {
    ...toUsageMonth(period, values),
    plan: entitlements.planName,
    as_of: state.now.toISOString(),
    closed_until: state.closedUntil?.toISOString() ?? null,
    metrics: metricIds.map((metric) => {
      const included = includedOf(metric, entitlements);
      const { name, unit, kind, billed } = metrics[metric];
      return {
        ...{ metric, name, unit, kind, billed: billed !== null, value: values[metric], included },
        current: kind === 'gauge' ? (open.filter((hour) => hour.metric === metric).at(-1)?.value ?? 0) : null,
        over: included === null ? 0 : Math.max(0, values[metric] - included),
        projected: project(metric, values[metric], period, state.now),
        resets_at: period.end.toISOString(),
      };
    }),
  };
}

/** The current period and those before it, the newest first. Throws AppError `forbidden`. */
export async function listUsageHistory(
  ctx: TenantContext,
  { months }: HistoryQuery,
  { now }: Clock = {},
): Promise<UsageMonth[]> {
  authorize(ctx, 'usage:read');
  return withTenant(ctx, async (db) => {
    const state = await readState(db, ctx.tenant.id, now);
    const periods = lastPeriods(state.period, state.now, months);
    const values = await sumSpans(db, ctx.tenant.id, periods, await readOpenHours(db, ctx.tenant.id, state));
    return periods.map((period, index) => toUsageMonth(period, values[index] ?? toValues()));
  });
}

/** Records by hour, day or month (UTC), oldest first; what is not closed yet is counted live. Throws AppError `forbidden`. */
export async function listUsageRecords(
  ctx: TenantContext,
  { metric, from, to, granularity }: Omit<RecordsQuery, 'format'>,
  { now }: Clock = {},
): Promise<UsageRecord[]> {
  authorize(ctx, 'usage:read');
  const start = bucketOf(granularity, from).start;
  const end = bucketOf(granularity, new Date(to.getTime() - 1)).end;
  return withTenant(ctx, async (db) => {
    const state = await readState(db, ctx.tenant.id, now);
    const open = await readOpenHours(db, ctx.tenant.id, state);
    const closed = await readBuckets(db, ctx.tenant.id, { metric, start, end, granularity });
    const live = open
      .filter(({ hour }) => hour >= start && hour < end)
      .filter((one) => one.value !== 0 && (metric === undefined || one.metric === metric))
      .map((one) => ({ ...one, start: bucketOf(granularity, one.hour).start, revision: 0 }));
    const buckets = groupBy([...closed, ...live], (one) => `${one.start.toISOString()} ${one.metric}`);
    return [...buckets.values()]
      .flatMap((parts): UsageRecord[] => {
        const [first] = parts;
        if (!first) return [];
        const bucket = bucketOf(granularity, first.start);
        return [
          {
            metric: first.metric,
            from: bucket.start.toISOString(),
            to: bucket.end.toISOString(),
            value: aggregate(
              first.metric,
              parts.map(({ value }) => value),
            ),
            revision: Math.max(...parts.map(({ revision }) => revision)),
            is_open: state.closedUntil === null || bucket.end > state.closedUntil,
          },
        ];
      })
      .sort((a, b) => compare(a.from, b.from) || metricIds.indexOf(a.metric) - metricIds.indexOf(b.metric));
  });
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The tenant's values of its current period. Figures of one tenant are read once for all who ask within ten seconds, unless
 * somebody takes none that are so old.
 */
export async function cachedUsage(
  tenantId: string,
  maxAgeMs = CACHED_MS,
): Promise<{ period: Span; values: MetricValues }> {
  const known = cache().get(tenantId);
  if (known && Date.now() - known.readAt < maxAgeMs) return known.usage;
  const usage = withTenant({ tenant: { id: tenantId } }, async (db) => {
    const state = await readState(db, tenantId);
    const period = periodAt(state.period, state.now);
    const [values = toValues()] = await sumSpans(
      db,
      tenantId,
      [period],
      await readOpenHours(db, tenantId, state),
    );
    return { period, values };
  });
  cache().delete(tenantId);
  cache().set(tenantId, { usage, readAt: Date.now() });
  const [oldest] = cache().keys();
  if (cache().size > CACHED_TENANTS && oldest !== undefined) cache().delete(oldest);
  // Who asks next tries again.
  usage.catch(() => {
    if (cache().get(tenantId)?.usage === usage) cache().delete(tenantId);
  });
  return usage;
}

type Cached = Map<string, { usage: Promise<{ period: Span; values: MetricValues }>; readAt: number }>;

// Both of the process's bundles ask.
const CACHE = Symbol.for('ragtoolkit.usage-cache');
const globals = globalThis as { [CACHE]?: Cached };

function cache(): Cached {
  globals[CACHE] ??= new Map();
  return globals[CACHE];
}

/** The last runs of the tick and the reconciliation, the newest first. Throws AppError `forbidden` for anybody else. */
export async function listMeteringRuns(by: PlatformActor, limit = 50): Promise<MeteringRun[]> {
  authorizePlatform(by);
  const rows = await pool('platform')
    .db.select()
    .from(meteringRuns)
    .orderBy(desc(meteringRuns.startedAt))
    .limit(limit);
  return rows.map(toWireRun);
}

/** How the meters stand: hours that are due and not closed, the age of the oldest, and the tenants that fail. */
export type MeteringState = {
  openHours: number;
  /** Seconds since the oldest open hour was due; 0 when there is none. */
  lagSeconds: number;
  failing: {
    tenantId: string;
    slug: string;
    failures: number;
    failedAt: string | null;
    error: string | null;
  }[];
};

/** How the meters of all tenants stand. Throws AppError `forbidden` for anybody but the system or an operator. */
export async function getMeteringState(by: PlatformActor): Promise<MeteringState> {
  authorizePlatform(by);
  const { db } = pool('platform');
  const [state] = await db.execute<{ open: number; lag: number }>(sql`
    select coalesce(sum(extract(epoch from due.until - closed_until) / 3600), 0)::float8 as open,
      coalesce(extract(epoch from now() - interval '65 minutes' - min(closed_until)), 0)::float8 as lag
    from usage_meters, (select date_trunc('hour', now() - interval '5 minutes', 'UTC') as until) as due
    where closed_until < due.until`);
  const failing = await db.execute<{
    id: string;
    slug: string;
    failures: number;
    at: string;
    error: string;
  }>(sql`
    select m.tenant_id as id, t.slug, m.failures, m.failed_at::text as at, m.error
      from usage_meters m join tenants t on t.id = m.tenant_id where m.failures > 0 order by m.failed_at desc limit 100`);
  return {
    openHours: state?.open ?? 0,
    lagSeconds: Math.max(0, Math.round(state?.lag ?? 0)),
    failing: failing.map(({ id, at, ...row }) => ({
      ...row,
      tenantId: id,
      failedAt: at ? new Date(at).toISOString() : null,
    })),
  };
}

/** A run as the API tells it. */
export function toWireRun(row: typeof meteringRuns.$inferSelect): MeteringRun {
  const { id, kind, trigger, startedAt, finishedAt, tenants, hours, revisions, traces, seats, errors } = row;
  return {
    ...{ id, kind, trigger, tenants, hours, revisions, traces, seats, errors },
    started_at: startedAt.toISOString(),
    finished_at: finishedAt?.toISOString() ?? null,
    duration_ms: finishedAt ? finishedAt.getTime() - startedAt.getTime() : null,
    tenants_total: row.tenantsTotal,
    failures: row.failures.map(({ tenantId, message }) => ({ tenant_id: tenantId, message })),
  };
}

/** What one hour came to of one metric. */
export type HourValue = { metric: MetricId; hour: Date; value: number };

/** What is known before anything is summed. `closedUntil` is null for a tenant that no tick has seen yet. */
export type MeterState = { now: Date; closedUntil: Date | null; period: StoredPeriod | null };

/** What is known of a tenant's meter, by its own clock unless told; inside the caller's transaction. */
export async function readState(db: Db, tenantId: string, now?: Date): Promise<MeterState> {
  const [row] = await db
    .select({
      now: sql<string>`now()`,
      closedUntil: usageMeters.closedUntil,
      periodStart: usagePeriods.periodStart,
      periodEnd: usagePeriods.periodEnd,
      anchor: usagePeriods.anchor,
    })
    .from(sql`(select ${tenantId}::uuid as id) as own`)
    .leftJoin(usageMeters, eq(usageMeters.tenantId, sql`own.id`))
    .leftJoin(usagePeriods, eq(usagePeriods.tenantId, sql`own.id`));
  if (!row) throw new Error('one row was asked for');
  const { closedUntil, periodStart, periodEnd, anchor } = row;
  const period = periodStart && periodEnd ? { periodStart, periodEnd, anchor } : null;
  return { now: now ?? new Date(row.now), closedUntil, period };
}

/** Every hour that is not closed, oldest first, zeros included. */
export async function readOpenHours(
  db: Db,
  tenantId: string,
  { now, closedUntil }: MeterState,
): Promise<HourValue[]> {
  const first = closedUntil
    ? sql`${closedUntil.toISOString()}::timestamptz`
    : sql`date_trunc('hour', least(${now.toISOString()}::timestamptz,
        (select min(recorded_at) from usage_deltas where tenant_id = ${tenantId}),
        (select min(began_at) from membership_intervals where tenant_id = ${tenantId})), 'UTC')`;
  const until = new Date(toHour(now).getTime() + HOUR_MS);
  return countHours(db, tenantId, first, until);
}

/** Hours of a tenant as the tick would count them now, whatever is recorded of them; inside the caller's transaction. */
export function recountHours(db: Db, tenantId: string, { start, end }: Span): Promise<HourValue[]> {
  return countHours(db, tenantId, sql`${start.toISOString()}::timestamptz`, end);
}

async function countHours(db: Db, tenantId: string, first: SQL, until: Date): Promise<HourValue[]> {
  const rows = await executePrepared<{ metric: MetricId; hour: string; value: string }>(
    db,
    sql`
    with spans as materialized (
      select ${tenantId}::uuid as tenant_id, ${first} as first, ${until.toISOString()}::timestamptz as until
    ), ${hourValues}
    select metric, hour::text, value::text from said order by hour`,
  );
  return rows.map(({ metric, hour, value }) => ({ metric, hour: new Date(hour), value: Number(value) }));
}

/** What each span comes to: its records, and of the open hours those that begin in it. */
async function sumSpans(
  db: Db,
  tenantId: string,
  spans: readonly Span[],
  open: readonly HourValue[],
): Promise<MetricValues[]> {
  const hours = spans.map(hoursOf);
  const sent = hours.map(({ start, end }, place) => ({ place, start, end }));
  const rows = await executePrepared<{ place: number; metric: string; total: string; peak: string }>(
    db,
    sql`
    select s.place, m.metric, r.total::text, r.peak::text
    from json_to_recordset(${JSON.stringify(sent)}::text::json) as s(place int, start timestamptz, "end" timestamptz)
      cross join json_array_elements_text(${JSON.stringify(metricIds)}::text::json) as m(metric)
      cross join lateral (
        select sum(r.value) as total, max(r.value) as peak from usage_records r
          where r.tenant_id = ${tenantId} and r.metric = m.metric and r.hour >= s.start and r.hour < s."end") as r
    where r.total is not null`,
  );
  return hours.map(({ start, end }, place) => {
    const values = toValues();
    const parts: { metric: string; value: number }[] = [
      ...rows
        .filter((row) => row.place === place)
        .map(({ metric, total, peak }) => ({ metric, value: Number(isGauge(metric) ? peak : total) })),
      ...open.filter(({ hour }) => hour >= start && hour < end),
    ];
    for (const [metric, of] of groupBy(parts, (part) => part.metric))
      if (isMetric(metric))
        values[metric] = aggregate(
          metric,
          of.map(({ value }) => value),
        );
    return values;
  });
}

const isGauge = (metric: string) => isMetric(metric) && metrics[metric].kind === 'gauge';

async function readBuckets(
  db: Db,
  tenantId: string,
  { metric, start, end, granularity }: Span & { metric: MetricId | undefined; granularity: Granularity },
): Promise<(Omit<HourValue, 'hour'> & { start: Date; revision: number })[]> {
  const rows = await db.execute<{
    metric: string;
    start: string;
    total: string;
    peak: string;
    revision: number;
  }>(sql`
    select m.metric, r.start::text, r.total::text, r.peak::text, r.revision
    from json_array_elements_text(${JSON.stringify(metric ? [metric] : metricIds)}::text::json) as m(metric)
      cross join lateral (
        select date_trunc(${granularity}, hour, 'UTC') as start, sum(value) as total, max(value) as peak, max(revision) as revision
          from usage_records where tenant_id = ${tenantId} and metric = m.metric
            and hour >= ${start.toISOString()}::timestamptz and hour < ${end.toISOString()}::timestamptz
          group by 1) as r`);
  return rows.flatMap((row) =>
    isMetric(row.metric)
      ? [
          {
            metric: row.metric,
            start: new Date(row.start),
            value: Number(isGauge(row.metric) ? row.peak : row.total),
            revision: row.revision,
          },
        ]
      : [],
  );
}
