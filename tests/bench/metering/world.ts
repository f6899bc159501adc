import { sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { withOwner } from '@/db/tenant';

/** Rows of tenants and members: the tick reads control tables alone, so that a tenant needs no schema to be metered. */
export async function fillTenants(tenants: number, members: number): Promise<void> {
  await withOwner(async (db) => {
    await db.execute(sql`
      insert into tenants (id, slug, name, created_at)
        select gen_random_uuid(), 'meter-' || n, 'Bench', now() from generate_series(1, ${tenants}::int) n`);
    await db.execute(sql`
      insert into membership_intervals (tenant_id, user_id, began_at)
        select id, gen_random_uuid(), now() - interval '200 days' from tenants, generate_series(1, ${members}::int)
        where slug like 'meter-%'`);
  });
}

/** Gives each of these tenants so many batches in each of the last whole hours, in the order in which they would have come. */
export async function fillBatches(hours: number, batches: number): Promise<void> {
  await withOwner((db) =>
    db.execute(sql`
      insert into usage_deltas (tenant_id, recorded_at, key_id, project, trace_count, tokens_in, tokens_out, api_requests, storage_bytes)
        select t.id, date_trunc('hour', now(), 'UTC') - make_interval(hours => h)
            + make_interval(secs => 3599.0 * b / ${batches}), t.id, 'default', 50, 12000, 6000, 1, 200000
        from generate_series(1, ${batches}::int) b, generate_series(${hours}::int, 1, -1) h, tenants t
        where t.slug like 'meter-%' order by h desc, b`),
  );
  await analyze();
}

/** Takes everything away again that was used and counted. */
export async function forgetUsage(): Promise<void> {
  await pool('owner').sql.unsafe(
    'TRUNCATE usage_deltas, usage_records, usage_outbox, usage_meters, metering_runs',
  );
}

/** What autovacuum does where rows do not come all at once. */
export async function analyze(): Promise<void> {
  await pool('owner').sql.unsafe('VACUUM ANALYZE usage_deltas, tenants, membership_intervals, usage_records');
}

/** A sum over the same rows in one plain query, which nobody could do without: the baseline of the tick. */
export async function sumPlainly(): Promise<void> {
  await pool('platform').db.execute(sql`
    select tenant_id, date_trunc('hour', recorded_at, 'UTC'), sum(trace_count), sum(tokens_in), sum(tokens_out),
      sum(api_requests), sum(storage_bytes), sum(evaluation_count) from usage_deltas group by 1, 2`);
}

/** Whether the records of traces add up to what was put there. */
export async function assertCounted(traces: number): Promise<void> {
  const [row] = await pool('platform').db.execute<{ sum: string }>(
    sql`select coalesce(sum(value), 0)::text as sum from usage_records where metric = 'trace.count'`,
  );
  if (Number(row?.sum) !== traces) throw new Error(`${row?.sum} traces were counted instead of ${traces}`);
}
