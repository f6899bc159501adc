import type { Issue } from '@/lib/errors';
import { toIssues } from '@/lib/http/issues';
import { keyIdOf, type TenantContext } from '@/lib/tenancy/context';
import { byteSize, DELETED, oddTime, type Row, type RowUpdate, type TraceInput } from '@/lib/traces/rules';
import { MAX_LABEL } from '@/lib/traces/schema';
import type { DeliveryCounts, KeyRefusal, Refusal } from '@/lib/usage/deliveries';
import { type KeyUsageDelta, sumDeltas } from '@/lib/usage/sum-deltas';
import { type IngestResult, type TraceBatchReceipt, type TraceBody, traceBody } from './schema';

/** The body of the API as the trace to store. A chunk's own score goes before the parallel list. */
export function toTraceInput(body: TraceBody): TraceInput {
  return { traceId: body.trace_id, ...toTraceFields(body) };
}

/** The same without the id. */
export function toTraceFields(body: Omit<TraceBody, 'trace_id'>): Omit<TraceInput, 'traceId' | 'receivedAt'> {
  const scores = body.retrieval_scores ?? [];
  return {
    startedAt: body.timestamp ?? undefined,
    project: body.project ?? undefined,
    question: body.user_input ?? undefined,
    answer: body.model_output ?? undefined,
    model: body.model_name || undefined, // an empty name is none
    latencyMs: body.response_latency_ms ?? undefined,
    tokensIn: body.tokens_in ?? undefined,
    tokensOut: body.tokens_out ?? undefined,
    error: body.error || undefined, // clients send an empty one for "no error"
    userId: toLabel(body.metadata?.user_id),
    sessionId: toLabel(body.metadata?.session_id),
    chunks: body.retrieved_chunks?.map((chunk, index) => ({
      ...chunk,
      score: chunk.score ?? scores[index] ?? undefined,
    })),
    prompts: body.prompts ?? undefined,
    metadata: body.metadata ?? undefined,
  };
}

/** What a client should be told of a trace that is stored all the same. */
export function warningsOf(body: TraceBody, now: Date): Issue[] {
  const odd = body.timestamp ? oddTime(body.timestamp, now) : null;
  return [
    ...(odd ? [{ path: 'timestamp', message: odd }] : []),
    ...((body.retrieval_scores ?? []).length > 0 && !body.retrieved_chunks
      ? [{ path: 'retrieval_scores', message: 'belongs to no retrieved_chunks; not kept' }]
      : []),
  ];
}

type BatchItem = TraceBatchReceipt['warnings'][number];
type RejectedItem = TraceBatchReceipt['rejected'][number];

/** The traces of a batch that can be read, with their places; of the others what is wrong, and of all what is odd. */
export function readBatch(
  traces: readonly unknown[],
  now: Date,
): { valid: { index: number; trace: TraceInput }[]; rejected: RejectedItem[]; warnings: BatchItem[] } {
  const valid: { index: number; trace: TraceInput }[] = [];
  const rejected: RejectedItem[] = [];
  const warnings: BatchItem[] = [];
  const lastOf = new Map<string, number>();
  for (const [index, sent] of traces.entries()) {
    const read = traceBody.safeParse(sent);
    if (!read.success) {
      const issues = toIssues(read.error);
      rejected.push({ index, trace_id: idOf(sent), code: 'invalid_input', issues });
      continue;
    }
    const trace_id = read.data.trace_id;
    const issues = warningsOf(read.data, now);
    if (issues.length > 0) warnings.push({ index, trace_id, issues });
    const earlier = lastOf.get(trace_id);
    if (earlier !== undefined) {
      const message = `is at index ${index} as well: the fields there win`;
      warnings.push({ index: earlier, trace_id, issues: [{ path: 'trace_id', message }] });
    }
    lastOf.set(trace_id, index);
    valid.push({ index, trace: toTraceInput(read.data) });
  }
  return { valid, rejected, warnings };
}

/** The id of a trace that cannot be read as a whole, where it has one. */
function idOf(sent: unknown): string | null {
  const id = typeof sent === 'object' && sent !== null && 'trace_id' in sent ? sent.trace_id : null;
  return typeof id === 'string' && id !== '' ? id.slice(0, MAX_LABEL).toWellFormed() : null;
}

/**
 * The status of the answer to a batch: 201 when all is stored, 207 when some is, and when nothing is 422, or 403 where all
 * that is wrong with it is that the quota is used up.
 */
export function statusOfBatch({ accepted, rejected }: TraceBatchReceipt): 201 | 207 | 403 | 422 {
  if (rejected.length === 0) return 201;
  if (accepted.length > 0) return 207;
  return rejected.every(({ code }) => code === 'limit_exceeded') ? 403 : 422;
}

/** An id out of free-form metadata, as far as the indexed column takes it. */
function toLabel(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return String(value).slice(0, MAX_LABEL).toWellFormed() || undefined;
}

/** What one call of `ingestTraces` brought, on its way through the group commit. */
export type Delivery = {
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
export type Item = { delivery: Delivery; trace: TraceInput; bytes: number };

/** The row that the items of one id come to. */
export function toRow(trace: TraceInput, items: readonly Item[]): Row {
  const keys = items.map(({ delivery }) => keyIdOf(delivery.ctx));
  const [only, second] = items;
  const bytes = only && !second ? only.bytes : byteSize(trace);
  return { trace, bytes, firstKey: keys[0] ?? null, lastKey: keys.at(-1) ?? null };
}

/** How often each id stands in what was sent. */
export function countRepeats(sent: readonly TraceInput[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { traceId } of sent) counts.set(traceId, (counts.get(traceId) ?? 0) + 1);
  return counts;
}

/** What became of a trace that was written, or found to be deleted. */
export function resultOf(traceId: string, created: Set<string>, deleted: Set<string>): IngestResult {
  if (!deleted.has(traceId)) return { traceId, status: created.has(traceId) ? 'created' : 'updated' };
  return {
    traceId,
    status: 'refused',
    refusal: { code: 'conflict', issues: [{ path: 'trace_id', message: DELETED }] },
  };
}

/** The result of a new trace that a used-up quota keeps out. */
export function shutOut(traceId: string, reason: string): IngestResult {
  const issues = [{ path: '', message: reason }];
  return { traceId, status: 'refused', refusal: { code: 'limit_exceeded', issues } };
}

/** What a transaction adds to the meters: rows that are new for the key that made them, and each request once. */
export function usageOf(
  items: readonly Item[],
  added: readonly Row[],
  updates: readonly RowUpdate[],
): KeyUsageDelta[] {
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
    const keyId = keyIdOf(ctx);
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
export function countDeliveries(
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
      const keyId = keyIdOf(delivery.ctx);
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
    const keyId = keyIdOf(ctx);
    if (keyId === null || isCounted) continue;
    of(keyId).received += refused.length;
    of(keyId).refused += refused.length;
  }
  return counts;
}

/** The reasons of what this transaction refuses, and of what its requests were refused before. */
export function refusalsOf(
  byId: ReadonlyMap<string, readonly Item[]>,
  results: ReadonlyMap<string, IngestResult>,
): KeyRefusal[] {
  const at = new Date();
  const toRefusal = ({ ctx }: Delivery, refusal: Refusal): KeyRefusal[] => {
    const keyId = keyIdOf(ctx);
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
