import { eq, inArray, type SQL, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { meteringRuns, usageFlushes, usageMeters, usageNights } from '@/db/schema/metering';
import { withPlatform } from '@/db/tenant';
import { authorizePlatform } from '@/lib/auth/authorize';
import { newId } from '@/lib/ids';
import { logError } from '@/lib/log';
import type { PlatformActor } from '@/lib/tenancy/context';
import { hourValues, toWireRun } from './queries';
import { type MeteringRun, metricIds, metrics, type Trigger } from './schema';

/** An hour is closed this long after its end: nearly all transactions that began within it have committed by then. */
const GRACE = sql.raw(`interval '5 minutes'`);
/** Tenants of one transaction, and hours of each that it closes at the most. */
const TENANTS_AT_ONCE = 100;
const HOURS_AT_ONCE = 168;
/** Failures that a run tells of one by one. */
const FAILURES_TOLD = 100;
/** Deltas are kept as they were written for so many days, so that a number can be traced to its commits; then summed up. */
const DELTA_DAYS = 40;
const RUN_DAYS = 90;

/** What stands in the way of a step ends the run there, as a kill at that moment would. For tests. */
export type OnStep = (step: string) => void | Promise<void>;
type TickOptions = {
  trigger: Trigger;
  /** Another time than the database's. For tests. */
  now?: Date;
  /** Of these tenants alone. */
  only?: readonly string[];
  /** Also of tenants without an hour to close: what was added late to closed ones is counted at once. For an operator always. */
  late?: boolean;
  onStep?: OnStep;
};

class Interrupted extends Error {}

/**
 * Closes every open hour of every tenant, in order, and counts anew what was added to closed ones. Each tenant's records, the
 * outbox of differences and how far its meters are change in one transaction, so that this may be killed, repeated, and
 * run by several processes at once. A tenant that fails is noted in the run and in its meters, and does not hold up the
 * others. By timer, a run with nothing to close leaves nothing behind, and answers null; a tenant that failed waits longer each
 * time. Throws AppError `forbidden` for anybody but the system or an operator, and what the database throws when it is away.
 */
export async function runTick(
  by: PlatformActor,
  { trigger, now, only, late = trigger === 'operator', onStep = () => {} }: TickOptions,
): Promise<MeteringRun | null> {
  authorizePlatform(by);
  const step = async (name: string) => {
    try {
      await onStep(name);
    } catch (cause) {
      throw new Interrupted(name, { cause });
    }
  };
  const db = pool('platform').db;
  const clock = now ? sql`${now.toISOString()}::timestamptz` : sql`now()`;
  const boundary = sql`date_trunc('hour', ${clock} - ${GRACE}, 'UTC')`;
  await openMeters(db, only);
  await step('meters');
  const due = (
    await listDue(db, boundary, { late, patient: trigger === 'timer' || trigger === 'boot' })
  ).filter((id) => !only || only.includes(id));
  if (due.length === 0 && trigger === 'timer') return null;
  const run = newId();
  await db.insert(meteringRuns).values({ id: run, kind: 'tick', trigger, tenantsTotal: due.length });
  await step('begin');
  for (let from = 0; from < due.length; from += TENANTS_AT_ONCE)
    await closeTenants({ run, boundary, step }, due.slice(from, from + TENANTS_AT_ONCE));
  const [row] = await db
    .update(meteringRuns)
    .set({ finishedAt: sql`clock_timestamp()` })
    .where(eq(meteringRuns.id, run))
    .returning();
  await step('finish');
  if (!row) throw new Error('a run is gone while it ran');
  return toWireRun(row);
}

/** Tenants get their meters at the hour of their first use, or at that in which they were made. */
async function openMeters(db: Db, only?: readonly string[]): Promise<void> {
  const chosen = only ? sql`t.id in (select sent.id::uuid from ${idList(only)})` : sql`true`;
  await db.execute(sql`
    insert into usage_meters (tenant_id, closed_until)
      select t.id, date_trunc('hour', least(t.created_at,
          (select min(recorded_at) from usage_deltas d where d.tenant_id = t.id)), 'UTC')
      from tenants t where ${chosen} and not exists (select from usage_meters m where m.tenant_id = t.id)
        and (t.delete_after is null or t.delete_after > now()) order by t.id -- not of one that is being erased
      on conflict do nothing`);
}

/**
 * Tenants with an hour to close, or all where `late`. Those that have failed wait 2, 4, 8 … minutes, up to an hour, where
 * `patient`.
 */
async function listDue(
  db: Db,
  boundary: SQL,
  { late, patient }: { late: boolean; patient: boolean },
): Promise<string[]> {
  const wait = sql`make_interval(mins => least(60, 2 ^ least(failures, 6))::int)`;
  const rows = await db.execute<{ id: string }>(sql`
    select tenant_id as id from usage_meters
      where (closed_until < ${boundary} or ${late})
        and (${!patient} or failures = 0 or failed_at + ${wait} < now())
      order by tenant_id`);
  return rows.map((row) => row.id);
}

type Tick = { run: string; boundary: SQL; step: (name: string) => Promise<void> };

/** Moves the meters of tenants together. When that fails, halves are tried, until the one that fails stands alone. */
async function closeTenants(tick: Tick, tenantIds: readonly string[]): Promise<void> {
  try {
    for (;;) {
      const isDone = await closeSome(tick, tenantIds);
      await tick.step('commit');
      if (isDone) break;
    }
    await tick.step('tenants');
    await addToRun(tick.run, sql`tenants = tenants + ${tenantIds.length}`);
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    const [only, ...others] = tenantIds;
    if (only && others.length === 0) return noteFailure(tick.run, only, error);
    const middle = Math.ceil(tenantIds.length / 2);
    await closeTenants(tick, tenantIds.slice(0, middle));
    await closeTenants(tick, tenantIds.slice(middle));
  }
}

/** Throws when the database cannot even note it: then it is not the tenant that fails. */
async function noteFailure(run: string, tenantId: string, error: unknown): Promise<void> {
  logError(error, `metering of tenant ${tenantId} failed; it is tried again`);
  const message = messageOf(error).slice(0, 500);
  await withPlatform(async (db) => {
    await db
      .update(usageMeters)
      .set({ failures: sql`failures + 1`, failedAt: sql`now()`, error: message })
      .where(eq(usageMeters.tenantId, tenantId));
    const failure = JSON.stringify([{ tenantId, message }]);
    await db.execute(sql`
      update metering_runs set tenants = tenants + 1, errors = errors + 1,
          failures = case when errors < ${FAILURES_TOLD} then failures || ${failure}::jsonb else failures end
        where id = ${run}`);
  });
}

/** What the database says, and not the query that drizzle tells with it. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? messageOf(error.cause) : error.message;
}

async function addToRun(run: string, what: SQL): Promise<void> {
  await pool('platform').db.execute(sql`update metering_runs set ${what} where id = ${run}`);
}

/** One transaction: the next hours of these tenants. Whom another process is at is left to it. Answers whether all is done. */
async function closeSome({ run, boundary, step }: Tick, tenantIds: readonly string[]): Promise<boolean> {
  return withPlatform(async (db) => {
    const locked = await db
      .select({ id: usageMeters.tenantId })
      .from(usageMeters)
      .where(inArray(usageMeters.tenantId, [...tenantIds]))
      .orderBy(usageMeters.tenantId)
      .for('update', { skipLocked: true });
    await step('lock');
    if (locked.length === 0) return true;
    const [result] = await db.execute<Moved>(
      moveMeters(
        boundary,
        locked.map(({ id }) => id),
      ),
    );
    await step('count');
    if (!result) throw new Error('meters were moved without a word');
    const { hours, revisions, traces, seats } = result;
    await db.execute(sql`
      update metering_runs set hours = hours + ${hours}, revisions = revisions + ${revisions}, traces = traces + ${traces},
          seats = seats + ${seats}
        where id = ${run}`);
    await step('progress');
    return result.done;
  });
}

function idList(ids: readonly string[]): SQL {
  return sql`json_array_elements_text(${JSON.stringify(ids)}::text::json) as sent(id)`;
}

type Moved = { hours: number; revisions: number; traces: number; seats: number; done: boolean };

const reported = metricIds.filter((id) => metrics[id].billed === 'usage');

const REPORTED = sql.raw(reported.map((id) => `'${id}'`).join(', '));

/**
 * Everything about tenants whose meters are locked, in one statement and so at one moment. From the first hour that is open, or to
 * which something was added since it was closed, each hour is counted whole and anew; what differs from its record becomes the
 * next revision. What was added late is found by its id: ids up to `settled_id` have been looked at, and no transaction that
 * could still commit one of them is running. `seen_id` is the greatest id at some earlier tick and `seen_until` the first
 * transaction that had not begun then: once all before it have ended, ids up to `seen_id` are settled.
 */
function moveMeters(boundary: SQL, tenantIds: readonly string[]): SQL {
  return sql`
    with m as materialized (
      select tenant_id, closed_until, settled_id, seen_id, seen_until,
        greatest(closed_until, least(${boundary}, closed_until + make_interval(hours => ${HOURS_AT_ONCE}))) as until,
        coalesce((select max(d.id) from usage_deltas d where d.tenant_id = usage_meters.tenant_id), 0) as newest_id
      from usage_meters
      where tenant_id in (select sent.id::uuid from ${idList(tenantIds)})
    ), spans as materialized (
      select m.tenant_id, m.until, least(m.closed_until, (
          select date_trunc('hour', min(d.recorded_at), 'UTC') from usage_deltas d
            where d.tenant_id = m.tenant_id and d.id > m.settled_id and d.recorded_at < m.closed_until)) as first
      from m
    ), ${hourValues}, changed as materialized (
      select n.tenant_id, n.metric, n.hour, n.value, n.value - coalesce(r.value, 0) as delta,
        coalesce(r.revision, 0) + 1 as revision
      from said n left join usage_records r using (tenant_id, metric, hour)
      where n.value <> coalesce(r.value, 0)
    ), recorded as (
      insert into usage_records (tenant_id, metric, hour, value, revision)
        select tenant_id, metric, hour, value, revision from changed order by 1, 2, 3
        on conflict (tenant_id, metric, hour) do update
          set value = excluded.value, revision = excluded.revision, revised_at = now()
    ), reported as (
      insert into usage_outbox (tenant_id, metric, hour, revision, delta, identifier)
        select tenant_id, metric, hour, revision, delta,
          metric || ':' || tenant_id || ':' || to_char(hour at time zone 'UTC', 'YYYY-MM-DD"T"HH24') || ':r' || revision
        from changed where metric in (${REPORTED}) order by hour, tenant_id, metric
    ), moved as (
      update usage_meters u set closed_until = m.until, failures = 0, failed_at = null, error = null,
          settled_id = case when running.settled then m.seen_id else m.settled_id end,
          seen_id = case when running.settled then m.newest_id else m.seen_id end,
          seen_until = case when running.settled then running.next else m.seen_until end
        from m cross join lateral (
          -- A cluster that was restored counts its transactions anew: none of those before is running.
          select s.next, s.oldest >= m.seen_until or s.next < m.seen_until as settled from (
            select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest,
              pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next) as s) as running
        where u.tenant_id = m.tenant_id
    )
    select
      (select coalesce(sum(extract(epoch from until - closed_until) / 3600), 0)::int from m) as hours,
      (select count(*)::int from changed c join m using (tenant_id) where c.hour < m.closed_until) as revisions,
      (select coalesce(sum(delta), 0)::float8 from changed where metric = 'trace.count') as traces,
      (select coalesce(sum(value), 0)::float8 from seated s join m on s.tenant_id = m.tenant_id
        and s.hour = m.until - interval '1 hour' where m.until = ${boundary}) as seats,
      (select coalesce(bool_and(until >= ${boundary}), true) from m) as done`;
}

/** Sums up old deltas of every tenant and forgets old runs. A tenant that fails is logged and does not hold up the others. */
export async function sweepMetering(now?: Date): Promise<void> {
  const db = pool('platform').db;
  const clock = now ? sql`${now.toISOString()}::timestamptz` : sql`now()`;
  await db.delete(meteringRuns).where(sql`started_at < ${clock} - make_interval(days => ${RUN_DAYS})`);
  await db.delete(usageFlushes).where(sql`flushed_at < ${clock} - interval '1 day'`);
  await db.delete(usageNights).where(sql`night < (now() - make_interval(days => ${RUN_DAYS}))::date`);
  const rows = await db.execute<{ id: string }>(sql`
    select m.tenant_id as id from usage_meters m
      where exists (select from usage_deltas d where d.tenant_id = m.tenant_id
        and d.recorded_at >= coalesce(m.compacted_until, '-infinity') and d.recorded_at < ${compactUntil(clock)})`);
  for (const { id } of rows) {
    try {
      while (await compactSome(id, clock));
    } catch (error) {
      logError(error, `summing up the usage of tenant ${id} failed; it is tried again`);
    }
  }
}

function compactUntil(clock: SQL): SQL {
  return sql`date_trunc('day', ${clock} - make_interval(days => ${DELTA_DAYS}), 'UTC')`;
}

/**
 * Sums up one day of a tenant's old deltas: of those of an hour, key and project the first remains, with the sums of all. It keeps
 * its id, so nothing looks as if it had come late. Only what is closed; answers whether there may be more.
 */
async function compactSome(tenantId: string, clock: SQL): Promise<boolean> {
  return withPlatform(async (db) => {
    const [day] = await db.execute<{ from: string; until: string }>(sql`
      select f.from::text, least(f.from + interval '24 hours', m.closed_until, ${compactUntil(clock)})::text as until
      from usage_meters m cross join lateral (
        select date_trunc('day', min(d.recorded_at), 'UTC') as from from usage_deltas d
          where d.tenant_id = m.tenant_id and d.recorded_at >= coalesce(m.compacted_until, '-infinity')) as f
      where m.tenant_id = ${tenantId} and f.from < least(m.closed_until, ${compactUntil(clock)})
      for update of m`);
    if (!day) return false;
    await db.execute(sql`
      with old as materialized (
        select * from usage_deltas where tenant_id = ${tenantId}
          and recorded_at >= ${day.from}::timestamptz and recorded_at < ${day.until}::timestamptz
      ), sums as materialized (
        select min(id) as id, array_agg(id) as ids, sum(trace_count) as trace_count, sum(tokens_in) as tokens_in,
          sum(tokens_out) as tokens_out, sum(api_requests) as api_requests, sum(storage_bytes) as storage_bytes,
          sum(evaluation_count) as evaluation_count, sum(commits) as commits
        from old group by date_trunc('hour', recorded_at, 'UTC'), key_id, project having count(*) > 1
      ), kept as (
        update usage_deltas d set trace_count = s.trace_count, tokens_in = s.tokens_in, tokens_out = s.tokens_out,
            api_requests = s.api_requests, storage_bytes = s.storage_bytes, evaluation_count = s.evaluation_count,
            commits = s.commits
          from sums s where d.tenant_id = ${tenantId} and d.id = s.id
      )
      delete from usage_deltas d using (select s.id as kept, unnest(s.ids) as id from sums s) as gone
        where d.tenant_id = ${tenantId} and d.id = gone.id and gone.id <> gone.kept`);
    await db
      .update(usageMeters)
      .set({ compactedUntil: sql`${day.until}::timestamptz` })
      .where(eq(usageMeters.tenantId, tenantId));
    return true;
  });
}
