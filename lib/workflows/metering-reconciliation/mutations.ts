import { and, eq, isNull, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { meteringFindings, meteringRuns } from '@/db/schema/metering';
import { withPlatform, withTenant } from '@/db/tenant';
import { emitPlatform } from '@/lib/audit/emit-platform';
import { authorizeOperator, authorizePlatform } from '@/lib/auth/authorize';
import { AppError } from '@/lib/errors';
import { newId } from '@/lib/ids';
import { logError } from '@/lib/log';
import { queueMail } from '@/lib/mail/outbox';
import { meteringDriftMail } from '@/lib/mail/templates';
import { runTick, sweepMetering } from '@/lib/metering/mutations';
import { toWireRun } from '@/lib/metering/queries';
import type { CheckName, MeteringRun, MetricId, Trigger } from '@/lib/metering/schema';
import { actAs, type OperatorContext, type PlatformActor } from '@/lib/tenancy/context';
import { findTenantById } from '@/lib/tenancy/directory';
import {
  compareProvider,
  compareRecords,
  compareSeats,
  compareStorage,
  listOperatorAddresses,
} from './queries';
import { type Difference, describe } from './rules';

/** So far back everything is counted again: as long as the ids of deleted traces are kept. */
const HOURS = 48;
const HOUR_MS = 3_600_000;
/** Differences that a mail tells of one by one. */
const TOLD = 20;

/** What runs now and then beside the tick: the tick itself where it is due, and once a day the rest. */
export async function runMeteringJobs(by: PlatformActor, trigger: Trigger): Promise<MeteringRun | null> {
  const run = await runTick(by, { trigger });
  if (await claimNight()) {
    await sweepMetering();
    await reconcile(by, { trigger });
  }
  return run;
}

/** Of all processes that ask within a day, one is told yes: the first after 03:00 UTC. */
async function claimNight(): Promise<boolean> {
  return withPlatform(async (db) => {
    const [lock] = await db.execute<{ got: boolean }>(
      sql`select pg_try_advisory_xact_lock(hashtextextended('metering night', 0)) as got`,
    );
    if (!lock?.got) return false;
    const claimed = await db.execute(sql`
      insert into usage_nights (night)
        select (now() at time zone 'UTC' - interval '3 hours')::date on conflict do nothing returning night`);
    return claimed.length > 0;
  });
}

/**
 * Counts the last 48 hours of every tenant again, from its deltas, its traces and the ids of deleted ones, and compares the
 * records, the outbox and the payment provider. Differences are stored, told to the operators once, and corrected by
 * nobody, but for the level of storage, which is set right by a delta that says so. Throws AppError `forbidden` for anybody but the
 * system or an operator; a tenant that fails is noted in the run and does not hold up the others.
 */
export async function reconcile(
  by: PlatformActor,
  { trigger, now, only }: { trigger: Trigger; now?: Date; only?: readonly string[] },
): Promise<MeteringRun> {
  authorizePlatform(by);
  // What committed late is no difference: it is counted first.
  await runTick(by, { trigger, late: true, ...(only ? { only } : {}), ...(now ? { now } : {}) });
  const { db } = pool('platform');
  const states = (await listTenants(db)).filter(({ id }) => !only || only.includes(id));
  const run = newId();
  await db
    .insert(meteringRuns)
    .values({ id: run, kind: 'reconciliation', trigger, tenantsTotal: states.length });
  for (const state of states) {
    try {
      const { hours, found } = await reconcileTenant(by, state, { trigger, now });
      await db.execute(sql`
        update metering_runs set tenants = tenants + 1, hours = hours + ${hours}, revisions = revisions + ${found} where id = ${run}`);
    } catch (error) {
      logError(error, `reconciliation of tenant ${state.id} failed`);
      const failure = JSON.stringify([{ tenantId: state.id, message: String(error).slice(0, 200) }]);
      await db.execute(sql`
        update metering_runs set tenants = tenants + 1, errors = errors + 1, failures = failures || ${failure}::jsonb where id = ${run}`);
    }
  }
  await tellOperators();
  const [row] = await db
    .update(meteringRuns)
    .set({ finishedAt: sql`clock_timestamp()` })
    .where(eq(meteringRuns.id, run))
    .returning();
  if (!row) throw new Error('a run is gone while it ran');
  return toWireRun(row);
}

/**
 * Closes every open hour now, as an operator, of one tenant or of all: those that failed too, and what was added late. Throws
 * AppError `forbidden`, `not_found` for a tenant that is not there.
 */
export async function runMetering(
  ctx: OperatorContext,
  { tenantId }: { tenantId?: string | undefined } = {},
): Promise<MeteringRun> {
  authorizeOperator(ctx);
  if (tenantId !== undefined && !(await findTenantById(tenantId)))
    throw new AppError('not_found', 'There is no such workspace.');
  const run = await runTick(actAs(ctx), { trigger: 'operator', ...(tenantId ? { only: [tenantId] } : {}) });
  if (!run) throw new Error('a run by hand leaves a row');
  const { id, tenants, hours, revisions, errors } = run;
  await withPlatform((db) =>
    emitPlatform(db, ctx, {
      ...{ action: 'metering.run', target: { kind: 'metering_run', id } },
      after: { tenants, hours, revisions, errors, ...(tenantId ? { tenantId } : {}) },
    }),
  );
  return run;
}

/** Says that a difference is dealt with, as an operator. Throws AppError `forbidden`, `not_found`. */
export async function resolveFinding(
  ctx: OperatorContext,
  input: { tenantId: string; id: string; reason: string },
): Promise<void> {
  authorizeOperator(ctx);
  await withPlatform(async (db) => {
    const finding = await markResolved(db, input);
    const { checkName, metric, hour, expected, found } = finding;
    await emitPlatform(db, ctx, {
      ...{ action: 'metering.resolve', target: { kind: 'tenant', id: input.tenantId }, reason: input.reason },
      before: { check: checkName, metric, hour: hour.toISOString(), expected, found },
    });
  });
}

async function markResolved(db: Db, input: { tenantId: string; id: string }) {
  if (!/^\d{1,18}$/.test(input.id)) throw new AppError('not_found', 'There is no such difference.');
  const [resolved] = await db
    .update(meteringFindings)
    .set({ resolvedAt: sql`now()` })
    .where(
      and(
        eq(meteringFindings.tenantId, input.tenantId),
        eq(meteringFindings.id, BigInt(input.id)),
        isNull(meteringFindings.resolvedAt),
      ),
    )
    .returning();
  if (!resolved) throw new AppError('not_found', 'There is no such difference, or it is resolved.');
  return resolved;
}

type TenantState = { id: string; closedUntil: Date; createdAt: Date };

async function listTenants(db: Db): Promise<TenantState[]> {
  const rows = await db.execute<{ id: string; closed: string; created: string }>(sql`
    select m.tenant_id as id, m.closed_until::text as closed, t.created_at::text as created
    from usage_meters m join tenants t on t.id = m.tenant_id
      where t.delete_after is null or t.delete_after > now() order by 1`);
  return rows.map(({ id, closed, created }) => ({
    id,
    closedUntil: new Date(closed),
    createdAt: new Date(created),
  }));
}

async function reconcileTenant(
  by: PlatformActor,
  { id, closedUntil, createdAt }: TenantState,
  { trigger, now }: { trigger: Trigger; now: Date | undefined },
): Promise<{ hours: number; found: number }> {
  const end = closedUntil;
  const begin = Math.max(end.getTime() - HOURS * HOUR_MS, 0);
  const span = { start: new Date(begin), end };
  const hour = new Date(end.getTime() - HOUR_MS);
  const compare = () => withTenant({ tenant: { id } }, (db) => compareRecords(db, id, span, createdAt));
  let records = await compare();
  if (records.length > 0) {
    // Something may have committed late since: once it is counted, what remains is a difference.
    await runTick(by, { trigger, late: true, only: [id], ...(now ? { now } : {}) });
    records = await compare();
  }
  const seats = await withPlatform((db) => compareSeats(db, id, hour));
  const storage = await withTenant({ tenant: { id } }, async (db) => {
    const found = await compareStorage(db, id, hour);
    for (const { expected, found: meter } of found)
      await db.execute(sql`
        insert into usage_deltas (tenant_id, project, storage_bytes, commits) values (${id}, '', ${expected - meter}, 0)`);
    return found;
  });
  const provider = await compareProvider(id, span);
  const differences = [...records, ...seats, ...storage, ...provider];
  await storeFindings(id, span.start, differences);
  return { hours: Math.round((end.getTime() - begin) / HOUR_MS), found: differences.length };
}

/** Notes what was found, and as resolved what was found before and is gone. What is out of sight stays as it is. */
async function storeFindings(tenantId: string, since: Date, found: readonly Difference[]): Promise<void> {
  const sent = found.map(({ check, metric, hour, expected, found: is }) => ({
    ...{ check, metric, hour, expected, found: is },
  }));
  await withPlatform(async (db) => {
    // Whoever erases the tenant has taken the meter away first.
    const [meter] = await db.execute(
      sql`select from usage_meters where tenant_id = ${tenantId} for key share`,
    );
    if (!meter) return;
    await db.execute(sql`
      with seen as (
        select * from json_to_recordset(${JSON.stringify(sent)}::text::json)
          as s("check" text, metric text, hour timestamptz, expected bigint, found bigint)
      ), gone as (
        update metering_findings f set resolved_at = now() where f.tenant_id = ${tenantId} and f.resolved_at is null
          and f.hour >= ${since.toISOString()}::timestamptz and not exists (
            select from seen s where s."check" = f.check_name and s.metric = f.metric and s.hour = f.hour)
      )
      insert into metering_findings as f (tenant_id, check_name, metric, hour, expected, found)
        select ${tenantId}::uuid, "check", metric, hour, expected, found from seen order by 2, 3, 4
        on conflict (tenant_id, check_name, metric, hour) do update set expected = excluded.expected, found = excluded.found,
          last_seen_at = now(), resolved_at = null,
          mailed_at = case when f.resolved_at is null and f.found = excluded.found and f.expected = excluded.expected
            then f.mailed_at end`);
  });
}

/** One mail to each operator about everything that none was told of yet. */
async function tellOperators(): Promise<void> {
  await withPlatform(async (db) => {
    const rows = await db.execute<{
      slug: string;
      check: CheckName;
      metric: MetricId;
      hour: string;
      expected: string;
      found: string;
    }>(sql`
      with untold as (
        update metering_findings set mailed_at = now() where mailed_at is null and resolved_at is null returning *)
      select t.slug, u.check_name as check, u.metric, u.hour::text, u.expected::text, u.found::text
        from untold u join tenants t on t.id = u.tenant_id order by t.slug, u.hour`);
    if (rows.length === 0) return;
    const lines = rows
      .slice(0, TOLD)
      .map(({ slug, hour, expected, found, ...row }) =>
        describe({ ...row, hour: new Date(hour), expected: Number(expected), found: Number(found) }, slug),
      );
    for (const address of await listOperatorAddresses(db))
      await queueMail(db, meteringDriftMail(address, { count: rows.length, lines }));
  });
}
