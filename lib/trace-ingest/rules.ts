import { keyIdOf, type TenantContext } from '@/lib/tenancy/context';
import { byteSize, DELETED, type Row, type RowUpdate, type TraceInput } from '@/lib/traces/rules';
import type { DeliveryCounts, KeyRefusal, Refusal } from '@/lib/usage/deliveries';
import { type KeyUsageDelta, sumDeltas } from '@/lib/usage/sum-deltas';
import type { IngestResult } from './schema';

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
