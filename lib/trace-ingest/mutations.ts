import type { Db } from '@/db/client';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import { AppError } from '@/lib/errors';
import { groupBy } from '@/lib/group-by';
import { GroupCommit } from '@/lib/ingest/queue';
import { keyIdOf, type TenantContext } from '@/lib/tenancy/context';
import { refusalOfNewTraces } from '@/lib/tenancy/quota';
import { applyScores, findStored, insertNew, updateKnown } from '@/lib/traces/mutations';
import { byteSize, mergeById, type Row, type TraceInput } from '@/lib/traces/rules';
import { noteRequestCounted } from '@/lib/usage/api-requests';
import { noteChangedHours } from '@/lib/usage/changed-hours';
import { type Refusal, writeDeliveries } from '@/lib/usage/deliveries';
import { writeKeyUsageDeltas } from '@/lib/usage/deltas';
import { noteRefused } from '@/lib/usage/refusals';
import { noteWords } from '@/lib/words/mutations';
import {
  countDeliveries,
  countRepeats,
  type Delivery,
  type Item,
  readBatch,
  refusalsOf,
  resultOf,
  shutOut,
  toRow,
  toTraceInput,
  usageOf,
  warningsOf,
} from './rules';
import type { IngestResult, TraceBatchReceipt, TraceBody, TraceReceipt } from './schema';

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
    if (delivery.isCounted && keyIdOf(ctx)) noteRequestCounted();
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
    toRow(trace, byId.get(trace.traceId) ?? []),
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
    const changed = [
      ...updates.map(({ receivedAt }) => receivedAt),
      ...added.flatMap(({ trace }) => trace.receivedAt ?? []),
    ];
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

const none: ReadonlySet<string> = new Set();

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
