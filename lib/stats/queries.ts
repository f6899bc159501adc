import { type SQL, sql } from 'drizzle-orm';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import type { TenantContext } from '@/lib/tenancy/context';
import { trafficLights } from '@/lib/traces/schema';
import { closedRows, type RolledUp, readRolledUp } from '@/lib/usage/rolled-up';
import { type BinRow, LATENCY_GAMMA, periodBounds, toOverview, toTimeseries } from './rules';
import type { Overview, OverviewFilter, WireStats, WireTimeseries } from './schema';

const DAY_MS = 86_400_000;

const averaged = { latency: 'latency_ms' } as Record<string, string>;
for (const score of ['grounding', 'helpfulness', 'safety', 'overall']) averaged[score] = `${score}_score`;

/** What a rollup has beside volume, tokens and latencies, and how it is made of the traces. */
const added = [
  ...Object.entries(averaged).flatMap(([name, column]) => [
    { name: `${name}_sum`, from: `coalesce(sum(${column}), 0)` },
    { name: `${name}_count`, from: `count(${column})` },
  ]),
  ...trafficLights.map((light) => ({
    name: light,
    from: `count(*) filter (where traffic_light = '${light}')`,
  })),
];
export const addedColumns: readonly string[] = added.map(({ name }) => name);
/** `names` summed up, each under its own name. */
export function summed(names: readonly string[]): SQL {
  return sql.raw(
    names.map((name) => `sum(${name})${name.endsWith('_sum') ? '' : '::int'} as ${name}`).join(', '),
  );
}

/**
 * Traces of the tenant by hour, project and model, counted from the traces themselves: what a rollup of those hours
 * holds. `from` inclusive, `until` exclusive.
 */
export function hourRows(tenantId: string, from: SQL, until: SQL): SQL {
  return sql`
    select hour, project, model,
      sum(n)::int as trace_count, sum(errors)::int as error_count,
      sum(tokens_in)::bigint as tokens_in, sum(tokens_out)::bigint as tokens_out,
      coalesce(jsonb_object_agg(bucket, n) filter (where bucket is not null), '{}') as latencies,
      ${summed(addedColumns)}
    from (
      select date_trunc('hour', received_at, 'UTC') as hour, project, coalesce(model, '') as model,
        case when latency_ms is null then null else ceil(ln(greatest(latency_ms, 1)) / ln(${LATENCY_GAMMA}::float8))::int end as bucket,
        count(*) as n, count(error) as errors, coalesce(sum(tokens_in), 0) as tokens_in, coalesce(sum(tokens_out), 0) as tokens_out,
        ${sql.raw(added.map(({ name, from }) => `${from} as ${name}`).join(', '))}
      from traces
      where tenant_id = ${tenantId} and received_at >= ${from} and received_at < ${until}
      group by 1, 2, 3, 4
    ) as buckets
    group by hour, project, model`;
}

/** The same by day, added up from the rollups of their hours. Both bounds begin a UTC day. */
export function dayRows(tenantId: string, from: SQL, until: SQL): SQL {
  return sql`
    with hours as (
      select date_trunc('day', hour, 'UTC') as day, trace_rollups.* from trace_rollups
      where tenant_id = ${tenantId} and hour >= ${from} and hour < ${until}
    ), counted as (
      select day, project, model, jsonb_object_agg(bucket, n) as latencies
      from (
        select day, project, model, bucket, sum(n::bigint) as n
        from hours, jsonb_each_text(latencies) as counts (bucket, n) group by 1, 2, 3, 4
      ) as buckets
      group by 1, 2, 3
    )
    select totals.*, coalesce(latencies, '{}') as latencies
    from (
      select day, project, model, ${summed(['trace_count', 'error_count'])},
        sum(tokens_in)::bigint as tokens_in, sum(tokens_out)::bigint as tokens_out, ${summed(addedColumns)}
      from hours group by day, project, model
    ) as totals left join counted using (day, project, model)`;
}

type Row = {
  bin: string;
  model: string;
  trace_count: number;
  error_count: number;
  tokens_in: number;
  tokens_out: number;
  latencies: BinRow['latencies'];
} & BinRow['lights'];

/**
 * Volume, errors, traffic lights, latency, tokens and models over a period. Closed hours come from the rollup, what is later
 * from the traces: exact to the last committed trace, whether or not the rollup has kept up.
 */
export async function getOverview(
  ctx: TenantContext,
  filter: OverviewFilter,
  now = new Date(),
): Promise<Overview> {
  authorize(ctx, 'traces:read');
  const { from, binMs } = periodBounds(filter.period, now);
  const id = ctx.tenant.id;
  const start = sql`${from.toISOString()}::timestamptz`;
  const rows = await withTenant(ctx, async (db) => {
    const rolledUp = await readRolledUp(db, id);
    const sums = ['trace_count', 'error_count', 'tokens_in', 'tokens_out', ...trafficLights];
    const columns = sql.raw(['model', 'latencies', ...sums].join(', '));
    const summedUp = sql.raw(sums.map((name) => `sum(${name})::float8 as ${name}`).join(', '));
    const by = binMs % DAY_MS === 0 ? 'day' : 'hour';
    const bin = sql`date_bin(make_interval(secs => ${binMs / 1_000}), hour, ${start})`;
    // The counts of latencies are many: added up here and not there, and sent as one value for each bar and model.
    return db.execute<Row>(sql`
      select ${bin}::text as bin, model, ${summedUp}, json_agg(latencies) as latencies
      from (
        ${closedRows(id, { columns, from: start, rolledUp, by })}
        union all
        select hour, ${columns} from (${hourRows(id, sql`greatest(${start}, ${rolledUp.hours})`, sql`'infinity'`)}) as live
      ) as hours
      group by 1, 2`);
  });
  return toOverview(filter.period, now, rows.map(toBinRow));
}

function toBinRow(row: Row): BinRow {
  return {
    at: new Date(row.bin),
    model: row.model,
    traceCount: row.trace_count,
    errorCount: row.error_count,
    tokensIn: row.tokens_in,
    tokensOut: row.tokens_out,
    lights: { green: row.green, amber: row.amber, red: row.red },
    latencies: row.latencies,
  };
}

const average = (name: string) => sql.raw(`sum(${name}_sum) / nullif(sum(${name}_count), 0)`);

/** What is summed up from `start` on: what is closed from the rollups, what is later from the traces. */
function sumsSince(tenantId: string, start: SQL, by: 'hour' | 'day', rolledUp: RolledUp): SQL {
  const columns = sql.raw(['trace_count', 'error_count', ...addedColumns].join(', '));
  return sql`
    ${closedRows(tenantId, { columns, from: start, rolledUp, by })}
    union all
    select hour, ${columns} from (${hourRows(tenantId, sql`greatest(${start}, ${rolledUp.hours})`, sql`'infinity'`)}) as live`;
}

/**
 * The workspace in figures, over all its traces: exact to the last committed one, but for changes to closed hours, which
 * take until the next sweep. Averages are over the traces that have the value, null where none has. Throws AppError
 * `forbidden`.
 */
export async function getStats(ctx: TenantContext, now = new Date()): Promise<WireStats> {
  authorize(ctx, 'traces:read');
  const today = sql`${`${now.toISOString().slice(0, 10)}T00:00:00Z`}::timestamptz`;
  const [row] = await withTenant(ctx, async (db) => {
    const rolledUp = await readRolledUp(db, ctx.tenant.id);
    return db.execute<Omit<WireStats, 'traffic_light'> & WireStats['traffic_light']>(sql`
      select coalesce(sum(trace_count), 0)::float8 as total_traces,
        coalesce(sum(trace_count) filter (where hour >= ${today}), 0)::float8 as traces_today,
        coalesce(sum(error_count)::float8 / nullif(sum(trace_count), 0), 0)::float8 as error_rate,
        ${average('latency')} as avg_latency_ms, ${average('grounding')} as avg_grounding_score,
        ${average('helpfulness')} as avg_helpfulness_score, ${average('safety')} as avg_safety_score,
        coalesce(sum(green), 0)::float8 as green, coalesce(sum(amber), 0)::float8 as amber, coalesce(sum(red), 0)::float8 as red
      from (${sumsSince(ctx.tenant.id, sql`'-infinity'::timestamptz`, 'day', rolledUp)}) as hours`);
  });
  if (!row) throw new Error('a sum has no row');
  const { green, amber, red, ...rest } = row;
  return { ...rest, traffic_light: { green, amber, red } };
}

/** The last `hours` hours one by one, the current one last; hours without traces are there, with zeros. Throws AppError `forbidden`. */
export async function getTimeseries(
  ctx: TenantContext,
  hours: number,
  now = new Date(),
): Promise<WireTimeseries['timeseries']> {
  authorize(ctx, 'traces:read');
  const empty = toTimeseries([], hours, now);
  const start = sql`${empty[0]?.hour ?? now.toISOString()}::timestamptz`;
  const rows = await withTenant(ctx, async (db) => {
    const rolledUp = await readRolledUp(db, ctx.tenant.id);
    return db.execute<WireTimeseries['timeseries'][number]>(sql`
      select to_char(hour at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"') as hour, sum(trace_count)::float8 as trace_count,
        sum(error_count)::float8 as error_count, ${average('latency')} as avg_latency_ms, ${average('overall')} as avg_score,
        sum(green)::float8 as green, sum(amber)::float8 as amber, sum(red)::float8 as red
      from (${sumsSince(ctx.tenant.id, start, 'hour', rolledUp)}) as hours group by 1`);
  });
  return toTimeseries(rows, hours, now);
}
