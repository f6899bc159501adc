import { type SQL, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import { newRequestId } from '@/lib/ids';
import { logError } from '@/lib/log';
import type { TenantContext } from '@/lib/tenancy/context';
import { findTenantById } from '@/lib/tenancy/directory';
import { addedColumns, dayRows, hourRows } from './queries';

/** An hour is closed this long after its end: transactions that began within it have committed by then. */
const GRACE = sql.raw(`interval '5 minutes'`);
const COLUMNS = sql.raw(
  [
    ...['project', 'model', 'trace_count', 'error_count', 'tokens_in', 'tokens_out', 'latencies'],
    ...addedColumns,
  ].join(', '),
);
/** Hours, and days, written in one transaction at the most. */
const HOURS_AT_ONCE = 48;
const DAYS_AT_ONCE = 62;

/**
 * Rolls up the tenant's closed hours and days: those since the last time, and earlier ones in which a trace was changed.
 * Safe to run at any time, by several processes at once; answers how many hours were written.
 */
export async function rollUpHours(ctx: TenantContext): Promise<number> {
  authorize(ctx, 'traces:read');
  let written = 0;
  for (;;) {
    const step = await withTenant(ctx, (db) => rollUpSome(db, ctx));
    written += step.hours;
    if (step.done) return written;
  }
}

/** Rolls up every tenant that has something to. One that fails is logged and does not hold up the others. */
export async function rollUpAllTenants(): Promise<void> {
  for (const id of await listTenantsToRollUp()) {
    try {
      const tenant = await findTenantById(id);
      if (tenant)
        await rollUpHours({ tenant, actor: { kind: 'system', name: 'rollup' }, requestId: newRequestId() });
    } catch (error) {
      logError(error, `rollup of tenant ${id} failed`);
    }
  }
}

/** Tenants with a trace in a closed hour that is not rolled up yet, with a changed hour, or with a closed day to write. */
async function listTenantsToRollUp(): Promise<string[]> {
  const rows = await pool('platform').db.execute<{ id: string }>(sql`
    select t.id from tenants t left join stats_progress p on p.tenant_id = t.id
    where t.status = 'active' and (
      p.days_until is distinct from date_trunc('day', p.rolled_until, 'UTC')
      or exists (
        select 1 from usage_deltas d
        where d.tenant_id = t.id
          and d.recorded_at >= coalesce(p.rolled_until, '-infinity')
          and d.recorded_at < date_trunc('hour', now() - ${GRACE}, 'UTC')
      )
      or exists (select 1 from stats_dirty_hours h where h.tenant_id = t.id))`);
  return rows.map((row) => row.id);
}

async function rollUpSome(db: Db, ctx: TenantContext): Promise<{ hours: number; done: boolean }> {
  const id = ctx.tenant.id;
  const [lock] = await db.execute<{ got: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${`rollup ${id}`}, 0)) as got`,
  );
  if (!lock?.got) return { hours: 0, done: true }; // another process is at it

  const [span] = await db.execute<{ from: string | null; boundary: string }>(sql`
    select date_trunc('hour', min(received_at), 'UTC')::text as from, date_trunc('hour', now() - ${GRACE}, 'UTC')::text as boundary
    from traces
    where tenant_id = ${id}
      and received_at >= coalesce((select rolled_until from stats_progress where tenant_id = ${id}), '-infinity')`);
  if (!span) return { hours: 0, done: true };

  // The notes go first, in this transaction: a change that commits after this leaves one for the next sweep.
  const changed = await db.execute<{ hour: string; day: string | null }>(sql`
    with taken as (delete from stats_dirty_hours where tenant_id = ${id} returning hour),
      progress as (select rolled_until, days_until from stats_progress where tenant_id = ${id})
    select distinct hour::text, case when hour < days_until then date_trunc('day', hour, 'UTC')::text end as day
    from taken, progress where hour < rolled_until`);
  for (const { hour } of changed) {
    const start = sql`${hour}::timestamptz`;
    await write(db, id, 'hour', { from: start, until: sql`${start} + interval '1 hour'` });
  }
  for (const day of new Set(changed.flatMap(({ day }) => day ?? []))) {
    const start = sql`${day}::timestamptz`;
    await write(db, id, 'day', { from: start, until: sql`${start} + interval '24 hours'` });
  }

  const from = sql`${span.from ?? span.boundary}::timestamptz`;
  const [until] = await db.execute<{ until: string; last: boolean; hours: number }>(sql`
    with target as (select least(${span.boundary}::timestamptz, ${from} + make_interval(hours => ${HOURS_AT_ONCE})) as until)
    select until::text, until >= ${span.boundary}::timestamptz as last,
      greatest(0, extract(epoch from until - ${from}) / 3600)::int as hours
    from target`);
  if (!until) return { hours: changed.length, done: true };
  await write(db, id, 'hour', { from, until: sql`${until.until}::timestamptz` });
  await db.execute(sql`
    insert into stats_progress (tenant_id, rolled_until) values (${id}, ${until.until}::timestamptz)
    on conflict (tenant_id) do update set rolled_until = greatest(stats_progress.rolled_until, excluded.rolled_until)`);
  const areDaysDone = await rollUpDays(db, id);
  return { hours: changed.length + until.hours, done: until.last && areDaysDone };
}

/** Writes the days whose hours are all closed and that are not written yet, some at a time. Answers whether these were all. */
async function rollUpDays(db: Db, tenantId: string): Promise<boolean> {
  const [span] = await db.execute<{ from: string; until: string; last: boolean }>(sql`
    with progress as (
      select days_until, date_trunc('day', rolled_until, 'UTC') as target from stats_progress where tenant_id = ${tenantId}
    ), bounds as (
      select target, coalesce(days_until, '-infinity') as from, least(target, coalesce(
          days_until, (select date_trunc('day', min(hour), 'UTC') from trace_rollups where tenant_id = ${tenantId}), target
        ) + make_interval(hours => ${24 * DAYS_AT_ONCE})) as until
      from progress
    )
    select "from"::text, until::text, until >= target as last from bounds where "from" < target`);
  if (!span) return true;
  const until = sql`${span.until}::timestamptz`;
  await write(db, tenantId, 'day', { from: sql`${span.from}::timestamptz`, until });
  await db.execute(sql`update stats_progress set days_until = ${until} where tenant_id = ${tenantId}`);
  return span.last;
}

/** From `from`, inclusive, to `until`, exclusive. */
type Span = { from: SQL; until: SQL };

const rollups = {
  hour: { table: sql.raw('trace_rollups'), rows: hourRows },
  day: { table: sql.raw('trace_rollup_days'), rows: dayRows },
} as const;

/** Writes the rollups of whole hours anew from the traces, or of whole days from their hours. */
async function write(
  db: Db,
  tenantId: string,
  unit: keyof typeof rollups,
  { from, until }: Span,
): Promise<void> {
  const { table, rows } = rollups[unit];
  const at = sql.raw(unit);
  await db.execute(
    sql`delete from ${table} where tenant_id = ${tenantId} and ${at} >= ${from} and ${at} < ${until}`,
  );
  await db.execute(sql`
    insert into ${table} (tenant_id, ${at}, ${COLUMNS})
    select ${tenantId}::uuid, ${at}, ${COLUMNS} from (${rows(tenantId, from, until)}) as written`);
}
