import { describe, expect, test } from 'vitest';
import type { TenantContext } from '@/lib/tenancy/context';
import {
  countDeliveries,
  type Delivery,
  type Item,
  refusalsOf,
  toRow,
  usageOf,
} from '@/lib/trace-ingest/rules';
import type { IngestResult } from '@/lib/trace-ingest/schema';
import type { Refusal } from '@/lib/usage/deliveries';

const KEY = '00000000-0000-4000-8000-000000000001';
const OTHER = '00000000-0000-4000-8000-000000000002';

function delivery(keyId: string | null, ids: string[], given: Partial<Delivery> = {}): Delivery {
  const actor = keyId ? { kind: 'api-key', keyId, name: 'Key' } : { kind: 'system', name: 'test' };
  return {
    ctx: { tenant: { id: 'tenant' }, actor, requestId: `req_${keyId}` } as unknown as TenantContext,
    batch: ids.map((traceId) => ({ traceId, tokensIn: 3, tokensOut: 2 })),
    sizes: ids.map(() => 10),
    repeats: new Map(),
    refused: [],
    results: new Map(),
    isCounted: false,
    ...given,
  };
}

const itemsOf = (...deliveries: Delivery[]): Item[] =>
  deliveries.flatMap((one) => one.batch.map((trace) => ({ delivery: one, trace, bytes: 10 })));

function byId(items: readonly Item[]): Map<string, Item[]> {
  const found = new Map<string, Item[]>();
  for (const item of items) found.set(item.trace.traceId, [...(found.get(item.trace.traceId) ?? []), item]);
  return found;
}

const become = (statuses: Record<string, IngestResult['status']>): Map<string, IngestResult> =>
  new Map(
    Object.entries(statuses).map(([traceId, status]) => [
      traceId,
      status === 'refused'
        ? { traceId, status, refusal: { code: 'limit_exceeded', issues: [] } }
        : { traceId, status },
    ]),
  );
const unreadable: Refusal = { traceId: null, code: 'invalid_input', issues: [] };

describe('usageOf', () => {
  test('bills a new trace to whoever sent it first, and each request once', () => {
    const [first, second] = [delivery(KEY, ['a', 'b']), delivery(OTHER, ['a'])];
    const items = itemsOf(first, second);
    const rows = ['a', 'b'].map((id) =>
      toRow({ traceId: id, tokensIn: 3, tokensOut: 2 }, byId(items).get(id) ?? []),
    );
    expect(usageOf(items, rows, [])).toEqual([
      expect.objectContaining({ keyId: KEY, traceCount: 2, tokensIn: 6, tokensOut: 4, apiRequests: 1 }),
      expect.objectContaining({ keyId: OTHER, traceCount: 0, storageBytes: 0, apiRequests: 1 }),
    ]);
  });

  test('bills an update nothing but its bytes, and a request that was counted before not again', () => {
    const items = itemsOf(delivery(KEY, ['a'], { isCounted: true }));
    const row = toRow({ traceId: 'a' }, items);
    const update = { row, project: 'p', storageBytes: -4, receivedAt: new Date(0) };
    expect(usageOf(items, [], [update])).toEqual([
      expect.objectContaining({ keyId: KEY, project: 'p', traceCount: 0, storageBytes: -4, apiRequests: 0 }),
    ]);
  });

  test('counts no request of the system', () => {
    const items = itemsOf(delivery(null, ['a']));
    const [delta, ...others] = usageOf(items, [toRow({ traceId: 'a' }, items)], []);
    expect(others).toEqual([]);
    expect(delta).toMatchObject({ keyId: null, traceCount: 1, apiRequests: 0 });
  });
});

describe('countDeliveries', () => {
  test('says of all that came that it was stored, updated or refused', () => {
    const first = delivery(KEY, ['a', 'b', 'c'], {
      repeats: new Map([['a', 3]]),
      refused: [unreadable, unreadable],
    });
    const second = delivery(OTHER, ['a', 'c']);
    const counts = countDeliveries(
      byId(itemsOf(first, second)),
      become({ a: 'created', b: 'updated', c: 'refused' }),
    );
    expect(counts.get(KEY)).toEqual({ received: 7, stored: 1, updated: 3, refused: 3 });
    expect(counts.get(OTHER)).toEqual({ received: 2, stored: 0, updated: 1, refused: 1 });
  });

  test('counts what was refused of a request once, though it takes two transactions', () => {
    const counted = delivery(KEY, ['a'], { refused: [unreadable], isCounted: true });
    const counts = countDeliveries(byId(itemsOf(counted)), become({ a: 'created' }));
    expect(counts.get(KEY)).toEqual({ received: 1, stored: 1, updated: 0, refused: 0 });
  });

  test('keeps no ledger for who has no key', () => {
    expect(countDeliveries(byId(itemsOf(delivery(null, ['a']))), become({ a: 'created' })).size).toBe(0);
  });
});

describe('refusalsOf', () => {
  test('names the key and the request of each, those before first', () => {
    const sent = delivery(KEY, ['a', 'b'], { refused: [unreadable] });
    const found = refusalsOf(byId(itemsOf(sent)), become({ a: 'created', b: 'refused' }));
    expect(found).toMatchObject([
      { keyId: KEY, requestId: `req_${KEY}`, traceId: null, code: 'invalid_input' },
      { keyId: KEY, requestId: `req_${KEY}`, traceId: 'b', code: 'limit_exceeded' },
    ]);
  });
});
