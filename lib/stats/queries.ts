import { type SQL, sql } from 'drizzle-orm';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import type { TenantContext } from '@/lib/tenancy/context';
import { type HourRow, LATENCY_GAMMA, periodBounds, toOverview } from './rules';
import type { Overview, OverviewFilter } from './schema';

/**
 * Traces of the tenant by hour, project and model, counted from the traces themselves: what a rollup of those hours
 * holds. `from` inclusive, `until` exclusive.
 */
export function hourRows(tenantId: string, from: SQL, until: SQL): SQL {
  return sql`
    select hour, project, model,
      sum(n)::int as trace_count, sum(errors)::int as error_count,
      sum(tokens_in)::bigint as tokens_in, sum(tokens_out)::bigint as tokens_out,
      coalesce(jsonb_object_agg(bucket, n) filter (where bucket is not null), '{}') as latencies
    from (
      select date_trunc('hour', received_at, 'UTC') as hour, project, coalesce(model, '') as model,
        case when latency_ms is null then null else ceil(ln(greatest(latency_ms, 1)) / ln(${LATENCY_GAMMA}::float8))::int end as bucket,
        count(*) as n, count(error) as errors, coalesce(sum(tokens_in), 0) as tokens_in, coalesce(sum(tokens_out), 0) as tokens_out
      from traces
      where tenant_id = ${tenantId} and received_at >= ${from} and received_at < ${until}
      group by 1, 2, 3, 4
    ) as buckets
    group by hour, project, model`;
}

type Row = {
  hour: string;
  model: string;
  trace_count: number;
  error_count: number;
  tokens_in: string;
  tokens_out: string;
  latencies: HourRow['latencies'];
};

/**
 * Volume, errors, latency, tokens and models over a period. Closed hours come from the rollup, what is later from the
 * traces: exact to the last committed trace, whether or not the rollup has kept up.
 */
export async function getOverview(
  ctx: TenantContext,
  filter: OverviewFilter,
  now = new Date(),
): Promise<Overview> {
  authorize(ctx, 'traces:read');
  const { from } = periodBounds(filter.period, now);
  const id = ctx.tenant.id;
  const start = sql`${from.toISOString()}::timestamptz`;
  const rows = await withTenant(ctx, (db) =>
    db.execute<Row>(sql`
      with progress as (
        select greatest(${start}, coalesce((select rolled_until from stats_progress where tenant_id = ${id}), '-infinity')) as until
      )
      select hour::text, model, trace_count, error_count, tokens_in, tokens_out, latencies
      from trace_rollups where tenant_id = ${id} and hour >= ${start} and hour < (select until from progress)
      union all
      select hour::text, model, trace_count, error_count, tokens_in, tokens_out, latencies
      from (${hourRows(id, sql`(select until from progress)`, sql`'infinity'`)}) as live`),
  );
  return toOverview(filter.period, now, rows.map(toHourRow));
}

function toHourRow(row: Row): HourRow {
  return {
    hour: new Date(row.hour),
    model: row.model,
    traceCount: row.trace_count,
    errorCount: row.error_count,
    tokensIn: Number(row.tokens_in),
    tokensOut: Number(row.tokens_out),
    latencies: row.latencies,
  };
}
