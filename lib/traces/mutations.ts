import { and, eq, getTableColumns, inArray, is, SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { Db } from '@/db/client';
import { executePrepared } from '@/db/prepared';
import { traceTombstones } from '@/db/schema/deliveries';
import { evaluations } from '@/db/schema/evaluations';
import { feedback } from '@/db/schema/feedback';
import { spans } from '@/db/schema/spans';
import { traces, traceWords } from '@/db/schema/traces';
import { withPlatform, withTenant } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import { authorize } from '@/lib/auth/authorize';
import { AppError } from '@/lib/errors';
import { groupBy } from '@/lib/group-by';
import { keyIdOf, type TenantContext } from '@/lib/tenancy/context';
import { noteChangedHours } from '@/lib/usage/changed-hours';
import { writeUsageDeltas } from '@/lib/usage/deltas';
import { noteWords } from '@/lib/words/mutations';
import {
  byteSize,
  lightFrom,
  mergeTraces,
  type Row,
  type RowUpdate,
  TOMBSTONE_HOURS,
  type TraceInput,
} from './rules';

/** Which of the traces are stored. */
export async function findStored(
  db: Db,
  tenantId: string,
  traceIds: readonly string[],
): Promise<Set<string>> {
  const rows = await executePrepared<{ id: string }>(
    db,
    sql`
    select trace_id as id from traces where tenant_id = ${tenantId}
      and trace_id in (select json_array_elements_text(${JSON.stringify(traceIds)}::text::json))`,
  );
  return new Set(rows.map((row) => row.id));
}

/** Columns that are not the client's: an update leaves them as they are. */
const ownColumns = [
  'tenantId',
  'traceId',
  'receivedAt',
  'updatedAt',
  'byteSize',
  'keyId',
  'groundingScore',
  'helpfulnessScore',
  'safetyScore',
  'overallScore',
  'trafficLight',
  'spanCount',
  'assembledUntilNs',
  'isPosted',
] as const;

const columns = Object.entries(getTableColumns(traces));
const clientColumns = columns.filter(([name]) => !(ownColumns as readonly string[]).includes(name));
const clientNames = new Set(['traceId', ...clientColumns.map(([name]) => name)]);

/**
 * Rows come as one JSON parameter, however many there are: the statements stay the same, and a thousand rows of 25 columns
 * are not 25,000 parameters. Each field has the name of its column. The texts are made once: drizzle would put hundreds of
 * pieces together for each transaction.
 */
const SENT = `::text::json) as sent(${columns
  .map(([name, column]) => `"${name}" ${column.getSQLType()}`)
  .join(', ')})`;

/** What a row gets in a column: what was sent, or the column's default. */
function sentOrDefault([name, column]: (typeof columns)[number]): string {
  if (column.default === undefined) return `sent."${name}"`;
  const value = is(column.default, SQL)
    ? new PgDialect().sqlToQuery(column.default).sql
    : `'${column.default}'`;
  return `coalesce(sent."${name}", ${value})`;
}

// The lock is taken before the first row: a join has no row before it has asked both sides.
const INSERT = {
  head: sql.raw(`insert into traces (${columns.map(([, column]) => `"${column.name}"`).join(', ')})
    select ${columns.map(sentOrDefault).join(', ')} from (select `),
  middle: sql.raw(' offset 0) as making, json_to_recordset('),
  tail: sql.raw(`${SENT} on conflict do nothing returning trace_id as id`),
};
const UPDATE = {
  head: sql.raw(
    `update traces set ${clientColumns
      .map(([name, column]) => `"${column.name}" = sent."${name}"`)
      .join(
        ', ',
      )}, is_posted = true, byte_size = sent."byteSize", updated_at = now() from json_to_recordset(`,
  ),
  tail: sql.raw(`${SENT} where traces.trace_id = sent."traceId" and traces.tenant_id = `),
};

/**
 * Inserts what is not there yet, with the database's `received_at`, after `lockNewTraces`. Answers the ids of rows that are
 * new, which of them have evaluations already, those that were deleted less than two days ago, which are not stored, and the
 * rows that are known.
 */
export async function insertNew(
  db: Db,
  tenantId: string,
  rows: readonly Row[],
): Promise<{ created: Set<string>; deleted: Set<string>; scored: Set<string>; known: Row[] }> {
  if (rows.length === 0) return { created: new Set(), deleted: new Set(), scored: new Set(), known: [] };
  const records = rows.map(({ trace, bytes, firstKey }) => ({
    ...trace,
    tenantId,
    byteSize: bytes,
    keyId: firstKey,
  }));
  const inserted = await executePrepared<{ id: string }>(
    db,
    sql`${INSERT.head}${lockOfNewTraces(tenantId, 'make')}${INSERT.middle}${JSON.stringify(records)}${INSERT.tail}`,
  );
  const created = new Set(inserted.map((row) => row.id));
  const { deleted, scored } = await findTold(db, tenantId, [...created]);
  await takeBack(db, tenantId, created, deleted);
  const known = rows.filter(({ trace }) => !created.has(trace.traceId) && !deleted.has(trace.traceId));
  return { created, deleted, scored, known };
}

/** Of traces that were inserted, those that were deleted less than two days ago, and those that have evaluations. */
async function findTold(
  db: Db,
  tenantId: string,
  traceIds: readonly string[],
): Promise<{ deleted: Set<string>; scored: Set<string> }> {
  if (traceIds.length === 0) return { deleted: new Set(), scored: new Set() };
  const ids = JSON.stringify(traceIds);
  const rows = await executePrepared<{ id: string; deleted: boolean }>(
    db,
    sql`
    select trace_id as id, true as deleted from trace_tombstones
      where tenant_id = ${tenantId} and deleted_at > now() - make_interval(hours => ${TOMBSTONE_HOURS})
        and trace_id in (select json_array_elements_text(${ids}::text::json))
    union all
    select distinct trace_id, false from evaluations
      where tenant_id = ${tenantId} and trace_id in (select json_array_elements_text(${ids}::text::json))`,
  );
  const idsWhere = (wanted: boolean) =>
    new Set(rows.filter(({ deleted }) => deleted === wanted).map(({ id }) => id));
  const deleted = idsWhere(true);
  const scored = idsWhere(false);
  for (const id of deleted) scored.delete(id);
  return { deleted, scored };
}

/**
 * Takes back what was inserted though it was deleted less than two days ago, and answers those ids; they leave `created`.
 * Asked after the insert, which has waited for a deletion under way: asked before, that one would be missed.
 */
export async function takeBackDeleted(db: Db, tenantId: string, created: Set<string>): Promise<Set<string>> {
  const deleted = await findDeleted(db, tenantId, [...created]);
  await takeBack(db, tenantId, created, deleted);
  return deleted;
}

async function takeBack(
  db: Db,
  tenantId: string,
  created: Set<string>,
  deleted: ReadonlySet<string>,
): Promise<void> {
  if (deleted.size === 0) return;
  await db.delete(traces).where(and(eq(traces.tenantId, tenantId), inArray(traces.traceId, [...deleted])));
  for (const traceId of deleted) created.delete(traceId);
}

/** Which of the traces were deleted less than two days ago. Asked after whatever waits for a deletion under way. */
export async function findDeleted(
  db: Db,
  tenantId: string,
  traceIds: readonly string[],
): Promise<Set<string>> {
  if (traceIds.length === 0) return new Set();
  const found = await db.execute<{ id: string }>(sql`
    select trace_id as id from trace_tombstones
    where tenant_id = ${tenantId} and deleted_at > now() - make_interval(hours => ${TOMBSTONE_HOURS})
      and trace_id in (select json_array_elements_text(${JSON.stringify(traceIds)}::text::json))`);
  return new Set(found.map((row) => row.id));
}

/**
 * A transaction that may make traces says `make`, before it locks any row; one that writes what belongs to a trace that is
 * not there says `hold back`, and sees every trace that was being made. Until both end they exclude each other: of a trace
 * and its evaluation that come at the same moment, the later sees the other.
 */
export async function lockNewTraces(db: Db, tenantId: string, as: 'make' | 'hold back'): Promise<void> {
  await executePrepared(db, sql`select ${lockOfNewTraces(tenantId, as)}`);
}

function lockOfNewTraces(tenantId: string, as: 'make' | 'hold back'): SQL {
  const lock = sql.raw(as === 'make' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock');
  return sql`${lock}(hashtextextended(${`new traces ${tenantId}`}, 0))`;
}

/**
 * Gives traces the scores that their evaluations say: of several of one type the newest, and of the same moment the one
 * with the greater id; and the traffic light of those scores (`lightOf`). A score of which there is no evaluation stays, and
 * so does a light without a score that gives one. Answers when the changed ones were received.
 */
export async function applyScores(db: Db, tenantId: string, traceIds: readonly string[]): Promise<Date[]> {
  if (traceIds.length === 0) return [];
  const rows = await db.execute<{ received_at: string }>(sql`
    update traces set grounding_score = said.grounding, helpfulness_score = said.helpfulness, safety_score = said.safety,
        overall_score = said.overall, traffic_light = ${light('said')}, updated_at = now()
      from (
        select t.trace_id, t.traffic_light,
          coalesce(e.grounding, t.grounding_score) as grounding, coalesce(e.helpfulness, t.helpfulness_score) as helpfulness,
          coalesce(e.safety, t.safety_score) as safety, coalesce(e.overall, t.overall_score) as overall
        from (
          select trace_id, max(score) filter (where score_type = 'grounding') as grounding,
            max(score) filter (where score_type = 'helpfulness') as helpfulness,
            max(score) filter (where score_type = 'safety') as safety, max(score) filter (where score_type = 'overall') as overall
          from (
            select distinct on (trace_id, score_type) trace_id, score_type, score from evaluations
              where tenant_id = ${tenantId} and score_type in ('grounding', 'helpfulness', 'safety', 'overall')
                and trace_id in (select json_array_elements_text(${JSON.stringify(traceIds)}::text::json))
              order by trace_id, score_type, created_at desc, id desc
          ) as newest group by trace_id
        ) as e join traces t on t.tenant_id = ${tenantId} and t.trace_id = e.trace_id
      ) as said
      where traces.tenant_id = ${tenantId} and traces.trace_id = said.trace_id
        and (traces.grounding_score, traces.helpfulness_score, traces.safety_score, traces.overall_score, traces.traffic_light)
          is distinct from (said.grounding, said.helpfulness, said.safety, said.overall, ${light('said')})
      returning traces.received_at::text`);
  return rows.map((row) => new Date(row.received_at));
}

/** `lightOf` in SQL, of the columns `overall` and `grounding` of a table; its `traffic_light` where neither is there. */
function light(table: string): SQL {
  const score = `coalesce(${table}.overall, ${table}.grounding)`;
  return sql.raw(
    `case when ${score} >= ${lightFrom.green} then 'green' when ${score} >= ${lightFrom.amber} then 'amber'
      when ${score} is not null then 'red' else ${table}.traffic_light end`,
  );
}

/** Merges what was sent into what is stored, under lock; answers the change of their size. */
export async function updateKnown(
  db: Db,
  tenantId: string,
  known: readonly Row[],
): Promise<{ updates: RowUpdate[]; gone: Row[] }> {
  if (known.length === 0) return { updates: [], gone: [] };
  const ids = known.map(({ trace }) => trace.traceId);
  const stored = await db
    .select()
    .from(traces)
    .where(and(eq(traces.tenantId, tenantId), inArray(traces.traceId, ids)))
    .orderBy(traces.traceId)
    .for('update');
  const byId = new Map(stored.map((row) => [row.traceId, row]));
  const records: object[] = [];
  const updates: RowUpdate[] = [];
  for (const row of known) {
    const before = byId.get(row.trace.traceId);
    if (!before) continue;
    const { receivedAt: _received, ...merged } = mergeTraces(toInput(before), row.trace);
    const size = byteSize(merged);
    records.push({ ...merged, byteSize: size });
    updates.push({
      row,
      project: merged.project ?? before.project,
      storageBytes: size - before.byteSize,
      receivedAt: before.receivedAt,
    });
  }
  if (records.length > 0)
    await db.execute(sql`${UPDATE.head}${JSON.stringify(records)}${UPDATE.tail}${tenantId}`);
  return { updates, gone: known.filter(({ trace }) => !byId.has(trace.traceId)) };
}

/** The client's part of a stored row. */
function toInput(row: typeof traces.$inferSelect): TraceInput {
  const sent = Object.entries(row)
    .filter(([name]) => clientNames.has(name))
    .map(([name, value]) => [name, value ?? undefined]);
  return Object.fromEntries(sent) as TraceInput;
}

/**
 * Changes fields of a stored trace; what is not named stays. Throws AppError `forbidden`, and `not_found` for an id that is
 * not this tenant's.
 */
export async function updateTrace(
  ctx: TenantContext,
  traceId: string,
  fields: Omit<TraceInput, 'traceId' | 'receivedAt'>,
): Promise<void> {
  authorize(ctx, 'traces:write');
  if (traceId.includes('\u0000')) throw noSuchTrace(); // PostgreSQL has no such text
  const trace = { ...fields, traceId };
  const row = { trace, bytes: byteSize(trace), firstKey: null, lastKey: keyIdOf(ctx) };
  await withTenant(ctx, async (db) => {
    const { updates } = await updateKnown(db, ctx.tenant.id, [row]);
    const [update] = updates;
    if (!update) throw noSuchTrace();
    const { project, storageBytes } = update;
    const delta = { project, storageBytes, traceCount: 0, tokensIn: 0, tokensOut: 0 };
    await writeUsageDeltas(db, ctx, [delta]);
    await noteWords(db, ctx.tenant.id, [traceId]);
    await noteChangedHours(db, ctx, [update.receivedAt]);
  });
}

/**
 * Deletes traces with their evaluations and feedback, in one transaction; answers the ids that were there. What they were
 * billed for stays billed, their storage no longer counts, and for two days the ids are not taken again. Throws AppError
 * `forbidden`.
 */
export async function deleteTraces(ctx: TenantContext, traceIds: readonly string[]): Promise<string[]> {
  authorize(ctx, 'traces:write');
  const ids = [...new Set(traceIds)].filter((id) => !id.includes('\u0000')).sort();
  if (ids.length === 0) return [];
  const { id: tenantId } = ctx.tenant;
  return withTenant(ctx, async (db) => {
    const own = and(eq(traces.tenantId, tenantId), inArray(traces.traceId, ids));
    const found = await db
      .select({
        traceId: traces.traceId,
        project: traces.project,
        bytes: traces.byteSize,
        receivedAt: traces.receivedAt,
      })
      .from(traces)
      .where(own)
      .orderBy(traces.traceId)
      .for('update');
    if (found.length === 0) return [];
    const gone = found.map(({ traceId }) => traceId);
    await db
      .insert(traceTombstones)
      .values(found.map(({ traceId, receivedAt }) => ({ tenantId, traceId, receivedAt })))
      .onConflictDoUpdate({
        target: [traceTombstones.tenantId, traceTombstones.traceId],
        set: { deletedAt: sql`now()`, receivedAt: sql`excluded.received_at` },
      });
    const bytesOf = new Map(found.map(({ traceId, bytes }) => [traceId, bytes]));
    for (const table of [spans, evaluations, feedback]) {
      const parts = await db
        .delete(table)
        .where(and(eq(table.tenantId, tenantId), inArray(table.traceId, gone)))
        .returning({ traceId: table.traceId, bytes: table.byteSize });
      for (const { traceId, bytes } of parts) bytesOf.set(traceId, (bytesOf.get(traceId) ?? 0) + bytes);
    }
    await db
      .delete(traceWords)
      .where(and(eq(traceWords.tenantId, tenantId), inArray(traceWords.traceId, gone)));
    await db.delete(traces).where(own);
    const byProject = groupBy(found, ({ project }) => project);
    const freed = [...byProject].map(([project, rows]) => ({
      project,
      storageBytes: -rows.reduce((sum, { traceId }) => sum + (bytesOf.get(traceId) ?? 0), 0),
      ...{ traceCount: 0, tokensIn: 0, tokensOut: 0 },
    }));
    await writeUsageDeltas(db, ctx, freed);
    await noteChangedHours(
      db,
      ctx,
      found.map(({ receivedAt }) => receivedAt),
    );
    const [only] = gone;
    await emit(db, ctx, {
      action: 'trace.delete',
      target: { kind: 'trace', id: gone.length === 1 && only ? only : `${gone.length} traces` },
      before: { traceIds: gone.slice(0, 100) },
    });
    return gone;
  });
}

/** What is thrown for an id that is not this tenant's. */
function noSuchTrace(): AppError {
  return new AppError('not_found', 'There is no trace with this id.');
}

/** Forgets the ids of traces that were deleted more than two days ago. */
export async function sweepTombstones(): Promise<void> {
  await withPlatform((db) =>
    db
      .delete(traceTombstones)
      .where(sql`${traceTombstones.deletedAt} < now() - make_interval(hours => ${TOMBSTONE_HOURS})`),
  );
}
