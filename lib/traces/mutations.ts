import { performance } from 'node:perf_hooks';
import { and, eq, getTableColumns, inArray, is, SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { Db } from '@/db/client';
import { executePrepared } from '@/db/prepared';
import { traceTombstones } from '@/db/schema/deliveries';
import { evaluations } from '@/db/schema/evaluations';
import { feedback } from '@/db/schema/feedback';
import { spans } from '@/db/schema/spans';
import { traces, traceWords, traceWordsPending } from '@/db/schema/traces';
import { withPlatform, withTenant } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import { authorize } from '@/lib/auth/authorize';
import { AppError, type Issue } from '@/lib/errors';
import { groupBy } from '@/lib/group-by';
import { newRequestId } from '@/lib/ids';
import { GroupCommit } from '@/lib/ingest/queue';
import { logError } from '@/lib/log';
import type { TenantContext } from '@/lib/tenancy/context';
import { findTenantById } from '@/lib/tenancy/directory';
import { refusalOfNewTraces } from '@/lib/tenancy/quota';
import { noteRequestCounted } from '@/lib/usage/api-requests';
import { noteChangedHours } from '@/lib/usage/changed-hours';
import { type DeliveryCounts, type KeyRefusal, type Refusal, writeDeliveries } from '@/lib/usage/deliveries';
import { type KeyUsageDelta, sumDeltas, writeKeyUsageDeltas, writeUsageDeltas } from '@/lib/usage/deltas';
import { noteRefused } from '@/lib/usage/refusals';
import {
  byteSize,
  lightFrom,
  mergeById,
  mergeTraces,
  readBatch,
  type TraceInput,
  toTraceInput,
  warningsOf,
} from './rules';
import type { TraceBatchReceipt, TraceBody, TraceReceipt, TraceRefusalCode } from './schema';

/** What became of a trace: first stored now, stored before and updated, or refused by the database, and why. */
export type IngestResult = {
  traceId: string;
  status: 'created' | 'updated' | 'refused';
  /** Why it was refused. */
  refusal?: { code: TraceRefusalCode; issues: readonly Issue[] };
};

/** So long is a deleted trace's id not taken again. */
const TOMBSTONE_HOURS = 48;

/** What is said of whatever comes for a trace that was deleted. */
export const DELETED = `belongs to a trace that was deleted less than ${TOMBSTONE_HOURS} hours ago`;

/**
 * Bounds of what waits in memory. A trace is some 4 kB and is held about four times over (text, values, row, message), so
 * that the whole is a few hundred MB at the worst; 1,000 traces in a transaction take the database some 100 ms.
 */
const MB = 1_000_000;
const limits = {
  tenant: { traces: 5_000, bytes: 32 * MB },
  all: { traces: 20_000, bytes: 96 * MB },
  group: { traces: 1_000, bytes: 8 * MB },
  // Of the 10 connections of a tenant's requests: the others stay free for reading.
  writers: 4,
};

/** What one call of `ingestTraces` brought, on its way through the group commit. */
type Delivery = {
  ctx: TenantContext;
  batch: readonly TraceInput[];
  /** The logical size of each, in bytes. */
  sizes: readonly number[];
  /** How often an id stood in the call, where that is more than once. */
  repeats: ReadonlyMap<string, number>;
  /** What of the same request was refused before. */
  refused: readonly Refusal[];
  results: Map<string, IngestResult>;
  /** Whether a transaction has counted the request and what was refused of it before. */
  isCounted: boolean;
};

/** One trace of a delivery. */
type Item = { delivery: Delivery; trace: TraceInput; bytes: number };

// Requests come through server.ts's bundle and through Next's: both add to the same queues.
const QUEUE = Symbol.for('ragtoolkit.ingest-queue');
const globals = globalThis as { [QUEUE]?: GroupCommit<Delivery, IngestResult[]> };

function queue(): GroupCommit<Delivery, IngestResult[]> {
  globals[QUEUE] ??= new GroupCommit(limits, (_tenantId, deliveries) => writeGroup(deliveries));
  return globals[QUEUE];
}

/**
 * Stores traces, with the usage they add and their line in the delivery ledger, in one transaction that requests of the
 * same tenant share: when this returns, what is not `refused` is committed. A trace sent again updates the stored one field
 * by field and is not billed again; one that was deleted in the last two days is refused, as is each that is new once the
 * quota is used up, unless the system brings it. One result for each id, sorted.
 * `refused` is what the same request brought and was refused before: the ledger counts it in the same transaction.
 * Throws AppError `forbidden`, and `unavailable` when more is waiting than may.
 */
export async function ingestTraces(
  ctx: TenantContext,
  sent: readonly TraceInput[],
  refused: readonly Refusal[] = [],
): Promise<IngestResult[]> {
  authorize(ctx, 'traces:write');
  if (sent.length === 0) {
    for (const refusal of refused) noteRefused(ctx, refusal, [refusal.traceId]);
    return [];
  }
  const batch = mergeById(ctx.actor.kind === 'system' ? sent : sent.map(withoutTime));
  const repeats = batch.length < sent.length ? countRepeats(sent) : new Map<string, number>();
  const sizes = batch.map(byteSize);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const delivery = { ctx, batch, sizes, repeats, refused, results: new Map(), isCounted: false };
  try {
    const results = await queue().add(ctx.tenant.id, delivery, { traces: batch.length, bytes });
    if (delivery.isCounted && keyOf(ctx)) noteRequestCounted();
    return results;
  } catch (error) {
    const code = error instanceof AppError ? error.code : 'unavailable';
    const lost = sent.filter(({ traceId }) => !delivery.results.has(traceId));
    noteRefused(
      ctx,
      { code, issues: [] },
      lost.map(({ traceId }) => traceId),
    );
    if (!delivery.isCounted) for (const refusal of refused) noteRefused(ctx, refusal, [refusal.traceId]);
    throw error;
  }
}

/**
 * Stores one trace as a client sent it. Throws what `ingestTraces` does, and the reason where the trace is refused: AppError
 * `conflict` when it was deleted in the last two days, `limit_exceeded` when it is new and the quota is used up,
 * `invalid_input` when the database cannot hold it.
 */
export async function ingestTrace(ctx: TenantContext, body: TraceBody): Promise<TraceReceipt> {
  authorize(ctx, 'traces:write');
  const warnings = warningsOf(body, new Date());
  const [result] = await ingestTraces(ctx, [toTraceInput(body)]);
  if (!result || result.status === 'refused') {
    const { code = 'invalid_input', issues = [] } = result?.refusal ?? {};
    if (code === 'limit_exceeded') throw new AppError(code, issues[0]?.message);
    throw new AppError(code, code === 'conflict' ? 'This trace was deleted.' : undefined, [...issues]);
  }
  return { trace_id: body.trace_id, status: result.status, ...(warnings.length > 0 ? { warnings } : {}) };
}

/**
 * Stores a batch as a client sent it: each trace is checked for itself, and stored whole or not at all. Of an id that stands
 * there twice the later fields win. Throws what `ingestTraces` does.
 */
export async function ingestBatch(
  ctx: TenantContext,
  traces: readonly unknown[],
): Promise<TraceBatchReceipt> {
  authorize(ctx, 'traces:write');
  const { valid, rejected, warnings } = readBatch(traces, new Date());
  const refused = rejected.map(({ trace_id, issues }) => ({
    traceId: trace_id,
    code: 'invalid_input' as const,
    issues,
  }));
  const results = await ingestTraces(
    ctx,
    valid.map(({ trace }) => trace),
    refused,
  );
  const byId = new Map(results.map((result) => [result.traceId, result]));
  const late = valid.flatMap(({ index, trace: { traceId } }) => {
    const refusal = byId.get(traceId)?.refusal;
    return refusal ? [{ index, trace_id: traceId, code: refusal.code, issues: [...refusal.issues] }] : [];
  });
  return {
    accepted: results.filter(({ status }) => status !== 'refused').map(({ traceId }) => traceId),
    rejected: [...rejected, ...late].sort((a, b) => a.index - b.index),
    warnings,
    request_id: ctx.requestId,
  };
}

/** What waits in this process to be stored, in traces, bytes of their JSON and tenants. */
export function ingestLoad(): { traces: number; bytes: number; tenants: number } {
  return { ...queue().load };
}

/** Finishes what was accepted and refuses what comes after. Once, when the process is about to stop. */
export async function drainIngest(): Promise<void> {
  await queue().drain();
}

/** When a trace was received is for the database to say; the system alone stores traces of the past. */
function withoutTime({ receivedAt, ...trace }: TraceInput): TraceInput {
  return trace;
}

function countRepeats(sent: readonly TraceInput[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { traceId } of sent) counts.set(traceId, (counts.get(traceId) ?? 0) + 1);
  return counts;
}

/** Writes the deliveries of one tenant. Answers their results, or the error of one that could not be written whole. */
async function writeGroup(deliveries: readonly Delivery[]): Promise<(IngestResult[] | Error)[]> {
  const items = deliveries.flatMap((delivery) =>
    delivery.batch.map((trace, index) => ({ delivery, trace, bytes: delivery.sizes[index] ?? 0 })),
  );
  let failure: Error | undefined;
  try {
    await writeItems(items);
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  }
  return deliveries.map(({ batch, results }) => {
    const found = batch.map(({ traceId }) => results.get(traceId));
    return found.every((result) => result !== undefined)
      ? found
      : (failure ?? new Error('a trace was neither stored nor refused'));
  });
}

/**
 * Commits items together. When the database refuses what they say, halves are tried, in order, until the one that it
 * refuses stands alone. Throws what is not about the traces: a database that is away, for example.
 */
async function writeItems(items: readonly Item[]): Promise<void> {
  try {
    await retryDeadlock(() => commitItems(items));
  } catch (error) {
    if (!isAboutData(error)) throw error;
    const [only, ...others] = items;
    if (only && others.length === 0) return refuseAlone(only);
    const middle = Math.ceil(items.length / 2);
    await writeItems(items.slice(0, middle));
    await writeItems(items.slice(middle));
  }
}

function refuseAlone({ delivery, trace: { traceId } }: Item): void {
  const issues = [{ path: '', message: 'cannot be stored: the database refuses a value of this trace' }];
  const refusal = { code: 'invalid_input', issues } as const;
  delivery.results.set(traceId, { traceId, status: 'refused', refusal });
  noteRefused(delivery.ctx, refusal, Array(delivery.repeats.get(traceId) ?? 1).fill(traceId));
}

/** Data exceptions, broken constraints, and values larger than something holds: sent again, they fail again. */
function isAboutData(error: unknown): boolean {
  return /^(22|23|54)/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return String((cause as { code?: unknown } | null)?.code ?? '');
}

/** Two processes that write the same traces take locks in the same order; a trace being deleted may still cross them. */
async function retryDeadlock(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (codeOf(error) !== '40P01') throw error;
    await work();
  }
}

/** One transaction: the rows, what they add to the meters, their line in the ledger. Results count once it is committed. */
async function commitItems(items: readonly Item[]): Promise<void> {
  const [first] = items;
  if (!first) return;
  const { tenant } = first.delivery.ctx;
  const byId = groupBy(items, ({ trace }) => trace.traceId);
  const merged = mergeById(items.map(({ trace }) => trace)).map((trace) =>
    toRow(trace, byId.get(trace.traceId)),
  );

  const closed = refusalOfNewTraces(tenant.id);

  const outcome = await withTenant({ tenant }, async (db) => {
    const shut = closed === null ? none : await findShutOut(db, tenant.id, merged, byId);
    const open = shut.size === 0 ? merged : merged.filter(({ trace }) => !shut.has(trace.traceId));
    const { created, deleted, scored, known } = await insertNew(db, tenant.id, open);
    const { updates, gone } = await updateKnown(db, tenant.id, known);
    // What is deleted between the two statements comes here once more, and is seen to be deleted.
    const again = await insertNew(db, tenant.id, gone);
    for (const traceId of again.created) created.add(traceId);
    for (const traceId of again.deleted) deleted.add(traceId);
    for (const traceId of again.scored) scored.add(traceId);
    const added = open.filter(({ trace }) => created.has(trace.traceId));
    const results = new Map(
      merged.map(({ trace: { traceId } }) => {
        const result =
          closed !== null && shut.has(traceId)
            ? shutOut(traceId, closed)
            : resultOf(traceId, created, deleted);
        return [traceId, result] as const;
      }),
    );
    const changed = [...updates.map(({ receivedAt }) => receivedAt), ...added.flatMap(toPast)];
    await Promise.all([
      applyScores(db, tenant.id, [...scored]),
      noteWords(
        db,
        tenant.id,
        open.map(({ trace }) => trace.traceId),
      ),
      writeKeyUsageDeltas(db, tenant.id, usageOf(items, added, updates)),
      writeDeliveries(db, tenant.id, countDeliveries(byId, results), refusalsOf(byId, results)),
      noteChangedHours(db, { tenant }, changed),
    ]);
    return results;
  });

  for (const [traceId, result] of outcome) {
    // Of several that sent the same new trace at once, the first has made it.
    for (const [index, { delivery }] of (byId.get(traceId) ?? []).entries())
      delivery.results.set(
        traceId,
        index > 0 && result.status === 'created' ? { ...result, status: 'updated' } : result,
      );
  }
  for (const { delivery } of items) delivery.isCounted = true;
}

/** A trace as one row: what all items of its id say, and the key of the first and of the last of them. */
type Row = { trace: TraceInput; bytes: number; firstKey: string | null; lastKey: string | null };

function toRow(trace: TraceInput, items: readonly Item[] = []): Row {
  const keys = items.map(({ delivery }) => keyOf(delivery.ctx));
  const [only, second] = items;
  const bytes = only && !second ? only.bytes : byteSize(trace);
  return { trace, bytes, firstKey: keys[0] ?? null, lastKey: keys.at(-1) ?? null };
}

function keyOf({ actor }: TenantContext): string | null {
  return actor.kind === 'api-key' ? actor.keyId : null;
}

function toPast({ trace }: Row): Date[] {
  return trace.receivedAt ? [trace.receivedAt] : [];
}

function resultOf(traceId: string, created: Set<string>, deleted: Set<string>): IngestResult {
  if (!deleted.has(traceId)) return { traceId, status: created.has(traceId) ? 'created' : 'updated' };
  return {
    traceId,
    status: 'refused',
    refusal: { code: 'conflict', issues: [{ path: 'trace_id', message: DELETED }] },
  };
}

const none: ReadonlySet<string> = new Set();

/** The result of a new trace that a used-up quota keeps out. */
function shutOut(traceId: string, reason: string): IngestResult {
  const issues = [{ path: '', message: reason }];
  return { traceId, status: 'refused', refusal: { code: 'limit_exceeded', issues } };
}

/** Which of the rows are not stored when no new ones may be: those that are not there yet, and that the system does not bring. */
async function findShutOut(
  db: Db,
  tenantId: string,
  rows: readonly Row[],
  byId: ReadonlyMap<string, readonly Item[]>,
): Promise<Set<string>> {
  const ids = rows.map(({ trace }) => trace.traceId);
  const stored = await findStored(db, tenantId, ids);
  const isSystem = ({ delivery }: Item) => delivery.ctx.actor.kind === 'system';
  return new Set(ids.filter((id) => !stored.has(id) && !(byId.get(id) ?? []).some(isSystem)));
}

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
async function insertNew(
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

/** Notes, inside the caller's transaction, that the words of these traces are to be filed. */
export async function noteWords(db: Db, tenantId: string, traceIds: readonly string[]): Promise<void> {
  if (traceIds.length === 0) return;
  await executePrepared(
    db,
    sql`
    insert into trace_words_pending (tenant_id, trace_ids)
      select ${tenantId}::uuid, array(select json_array_elements_text(${JSON.stringify(traceIds)}::text::json))`,
  );
}

/** What updating a stored trace changed: its size, and the hour that it counts in. */
type Update = { row: Row; project: string; storageBytes: number; receivedAt: Date };

/** Merges what was sent into what is stored, under lock; answers the change of their size. */
async function updateKnown(
  db: Db,
  tenantId: string,
  known: readonly Row[],
): Promise<{ updates: Update[]; gone: Row[] }> {
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
  const updates: Update[] = [];
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

/** What a transaction adds to the meters: rows that are new for the key that made them, and each request once. */
function usageOf(items: readonly Item[], added: readonly Row[], updates: readonly Update[]): KeyUsageDelta[] {
  const deltas = sumDeltas([
    ...added.map(({ trace, bytes, firstKey }) => ({
      keyId: firstKey,
      recordedAt: trace.receivedAt,
      project: trace.project ?? 'default',
      traceCount: 1,
      tokensIn: trace.tokensIn ?? 0,
      tokensOut: trace.tokensOut ?? 0,
      storageBytes: bytes,
      apiRequests: 0,
    })),
    ...updates.map(({ row, project, storageBytes }) => ({
      ...{ keyId: row.lastKey, project, storageBytes },
      ...{ traceCount: 0, tokensIn: 0, tokensOut: 0, apiRequests: 0 },
    })),
  ]);
  const requests = new Set(items.map(({ delivery }) => delivery).filter(({ isCounted }) => !isCounted));
  for (const { ctx, batch } of requests) {
    const keyId = keyOf(ctx);
    if (keyId === null) continue;
    let delta = deltas.find((one) => one.keyId === keyId);
    if (!delta) {
      const project = batch[0]?.project ?? 'default';
      delta = { keyId, project, traceCount: 0, tokensIn: 0, tokensOut: 0, storageBytes: 0, apiRequests: 0 };
      deltas.push(delta);
    }
    delta.apiRequests += 1;
  }
  return deltas;
}

/** What became of each key's traces: of those with one id the first was stored, the others updated it. */
function countDeliveries(
  byId: ReadonlyMap<string, readonly Item[]>,
  results: ReadonlyMap<string, IngestResult>,
): Map<string, DeliveryCounts> {
  const counts = new Map<string, DeliveryCounts>();
  const of = (keyId: string) => {
    const found = counts.get(keyId) ?? { received: 0, stored: 0, updated: 0, refused: 0 };
    counts.set(keyId, found);
    return found;
  };
  const requests = new Set<Delivery>();
  for (const [traceId, items] of byId) {
    const status = results.get(traceId)?.status;
    for (const [index, { delivery }] of items.entries()) {
      requests.add(delivery);
      const keyId = keyOf(delivery.ctx);
      if (keyId === null) continue;
      const times = delivery.repeats.get(traceId) ?? 1;
      const count = of(keyId);
      const isNew = index === 0 && status === 'created' ? 1 : 0;
      count.received += times;
      if (status === 'refused') count.refused += times;
      else {
        count.stored += isNew;
        count.updated += times - isNew;
      }
    }
  }
  for (const { ctx, refused, isCounted } of requests) {
    const keyId = keyOf(ctx);
    if (keyId === null || isCounted) continue;
    of(keyId).received += refused.length;
    of(keyId).refused += refused.length;
  }
  return counts;
}

/** The reasons of what this transaction refuses, and of what its requests were refused before. */
function refusalsOf(
  byId: ReadonlyMap<string, readonly Item[]>,
  results: ReadonlyMap<string, IngestResult>,
): KeyRefusal[] {
  const at = new Date();
  const toRefusal = ({ ctx }: Delivery, refusal: Refusal): KeyRefusal[] => {
    const keyId = keyOf(ctx);
    return keyId === null ? [] : [{ ...refusal, keyId, requestId: ctx.requestId, at }];
  };
  const requests = new Set([...byId.values()].flat().map(({ delivery }) => delivery));
  const before = [...requests]
    .filter(({ isCounted }) => !isCounted)
    .flatMap((delivery) => delivery.refused.flatMap((refusal) => toRefusal(delivery, refusal)));
  const now = [...results.values()].flatMap(({ traceId, refusal }) =>
    refusal
      ? (byId.get(traceId) ?? []).flatMap(({ delivery }) => toRefusal(delivery, { traceId, ...refusal }))
      : [],
  );
  return [...before, ...now];
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
  const row = { ...toRow({ ...fields, traceId }), lastKey: keyOf(ctx) };
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

/** Notes all traces of the tenant that have no words yet, such as those of an archive. Throws AppError `forbidden`. */
export async function noteUnfiledWords(ctx: TenantContext): Promise<void> {
  authorize(ctx, 'traces:write');
  await withTenant(ctx, (db) =>
    db.execute(sql`
      insert into trace_words_pending (tenant_id, trace_ids)
        select ${ctx.tenant.id}::uuid, array_agg(trace_id) from (
          select trace_id, (row_number() over (order by received_at desc) - 1) / ${FILED_AT_ONCE} as part from traces t
            where tenant_id = ${ctx.tenant.id}
              and not exists (select from trace_words w where w.tenant_id = t.tenant_id and w.trace_id = t.trace_id)
        ) as numbered group by part`),
  );
}

/** Traces whose words are filed in one transaction, and in one sweep of a tenant: filing yields to what comes in. */
const FILED_AT_ONCE = 100;
const FILED_IN_A_SWEEP = 500;
/** Of all tenants together in a sweep while the process is busy, and the share of its time from which on it is. */
const FILED_WHILE_BUSY = 100;
const BUSY = 0.7;
/** So much of a trace's text can be searched: a tsvector holds 1 MB. */
const SEARCHED_CHARACTERS = 100_000;

let utilization = performance.eventLoopUtilization();

/**
 * Files words of every tenant that has some to be filed: fewer while the process is busy, since filing a trace's words costs
 * the database more than storing it. One that fails is logged and does not hold up the others.
 */
export async function fileAllWords(): Promise<void> {
  const now = performance.eventLoopUtilization();
  const isBusy = performance.eventLoopUtilization(now, utilization).utilization > BUSY;
  utilization = now;
  const rows = await withPlatform((db) =>
    db.selectDistinct({ id: traceWordsPending.tenantId }).from(traceWordsPending),
  );
  const most = isBusy ? Math.ceil(FILED_WHILE_BUSY / Math.max(1, rows.length)) : FILED_IN_A_SWEEP;
  for (const { id } of rows) {
    try {
      const tenant = await findTenantById(id);
      const ctx = { actor: { kind: 'system', name: 'words' }, requestId: newRequestId() } as const;
      if (tenant?.status === 'active') await fileWords({ tenant, ...ctx }, most);
    } catch (error) {
      logError(error, `filing the words of tenant ${id} failed`);
    }
  }
}

/**
 * Makes traces that were written found by their words: up to `most` of them, those first noted first; answers how many notes
 * were done. Safe to run at any time, by several processes at once. Throws AppError `forbidden`.
 */
export async function fileWords(ctx: TenantContext, most = FILED_IN_A_SWEEP): Promise<number> {
  authorize(ctx, 'traces:write');
  let filed = 0;
  while (filed < most) {
    const done = await withTenant(ctx, (db) =>
      fileSome(db, ctx.tenant.id, Math.min(FILED_AT_ONCE, most - filed)),
    );
    if (done === 0) break;
    filed += done;
  }
  return filed;
}

/**
 * Takes the oldest notes out, as many as a transaction should file, and files what they name; who comes second to a note leaves
 * it to the first. A note larger than that is cut, and the rest noted anew. The traces are locked: one that is being changed or
 * deleted is read after that, and one that is changed later leaves another note.
 */
async function fileSome(db: Db, tenantId: string, most: number): Promise<number> {
  const notes = await executePrepared<{ ids: string[] }>(
    db,
    sql`
    with oldest as (
      select id, sum(cardinality(trace_ids)) over (order by id) - cardinality(trace_ids) as before from (
        select id, trace_ids from trace_words_pending where tenant_id = ${tenantId} order by id limit ${most}) as first)
    delete from trace_words_pending where tenant_id = ${tenantId}
      and id in (select id from oldest where before < ${most})
    returning trace_ids as ids`,
  );
  const ids = notes.flatMap((note) => note.ids);
  const now = [...new Set(ids.slice(0, most))];
  await noteWords(db, tenantId, ids.slice(most));
  if (now.length === 0) return 0;
  // In JSON a line's end is two characters, of which the second would be taken for the next word's first.
  const chunks = sql.raw(
    String.raw`replace(replace(jsonb_path_query_array(chunks, '$[*].text')::text, '\n', ' '), '\t', ' ')`,
  );
  await db.execute(sql`
    with text as materialized (
      select trace_id, left(concat_ws(' ', question, answer, ${chunks}), ${SEARCHED_CHARACTERS}) as said from traces
        where tenant_id = ${tenantId} and trace_id in (select json_array_elements_text(${JSON.stringify(now)}::text::json))
        order by trace_id for key share)
    insert into trace_words (tenant_id, trace_id, words) select ${tenantId}::uuid, trace_id, to_tsvector('simple', said) from text
      on conflict (tenant_id, trace_id) do update set words = excluded.words`);
  return now.length;
}
