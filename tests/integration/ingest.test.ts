import { ne, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { traces } from '@/db/schema/traces';
import { usageDeltas } from '@/db/schema/usage';
import { withTenant } from '@/db/tenant';
import type { TenantContext } from '@/lib/tenancy/context';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import type { TraceInput } from '@/lib/traces/rules';
import { makePerson, makeTenant, type TestTenant } from '@/tests/support/factories';

let tenant: TestTenant;
let ctx: TenantContext;

// Sums are over all that a tenant ever sent, so each test has a tenant of its own.
beforeEach(async () => {
  tenant = await makeTenant();
  ctx = tenant.firstKey.ctx;
});

const read = (of: TestTenant = tenant) =>
  withTenant(of.ctx, (db) => db.select().from(traces).orderBy(traces.traceId));
/** Of traces: those of memberships name no project. */
const deltas = (of: TestTenant = tenant) =>
  withTenant(of.ctx, (db) =>
    db.select().from(usageDeltas).where(ne(usageDeltas.project, '')).orderBy(usageDeltas.id),
  );

async function readOne(traceId: string) {
  const row = (await read()).find((one) => one.traceId === traceId);
  if (!row) throw new Error(`no trace ${traceId}`);
  return row;
}

async function billed(of: TestTenant = tenant) {
  const [sums] = await withTenant(of.ctx, (db) =>
    db.execute<{ traces: number; storage: number; requests: number; in: number; out: number }>(sql`
      select sum(trace_count)::int as traces, sum(storage_bytes)::int as storage, sum(api_requests)::int as requests,
        sum(tokens_in)::int as in, sum(tokens_out)::int as out from usage_deltas`),
  );
  return sums;
}

const storedBytes = async () => (await read()).reduce((sum, row) => sum + row.byteSize, 0);

describe('ingestTraces', () => {
  test('stores every field of a trace', async () => {
    const trace: TraceInput = {
      traceId: 'whole',
      startedAt: new Date('2026-01-02T03:04:05.678Z'),
      project: 'p',
      question: 'q',
      answer: 'a',
      model: 'm',
      latencyMs: 1.5,
      tokensIn: 412,
      tokensOut: 18,
      error: 'e',
      userId: 'u',
      sessionId: 's',
      chunks: [{ text: 't', source: 's', score: 0.5, metadata: { deep: [1, { a: null }] } }, { text: 'u' }],
      prompts: ['one', 'two'],
      metadata: { any: { thing: [true, null, 1.5, 'ä'] } },
    };
    expect(await ingestTraces(ctx, [trace])).toEqual([{ traceId: 'whole', status: 'created' }]);
    expect(await readOne('whole')).toMatchObject({
      ...trace,
      tenantId: tenant.id,
      keyId: tenant.firstKey.keyId,
      groundingScore: null,
      trafficLight: null,
    });
  });

  test('fills what was not sent', async () => {
    await ingestTraces(ctx, [{ traceId: 'bare' }]);
    const row = await readOne('bare');
    expect(row).toMatchObject({
      project: 'default',
      question: null,
      chunks: null,
      metadata: null,
      tokensIn: null,
    });
    expect(row.startedAt).toEqual(row.receivedAt);
    expect(Math.abs(Date.now() - row.receivedAt.getTime())).toBeLessThan(60_000);
  });

  test('updates a trace that is sent again, field by field', async () => {
    await ingestTraces(ctx, [
      { traceId: 'a', question: 'q', answer: 'old', metadata: { a: 1 }, project: 'p' },
    ]);
    expect(await ingestTraces(ctx, [{ traceId: 'a', answer: 'new', metadata: { b: 2 } }])).toEqual([
      { traceId: 'a', status: 'updated' },
    ]);
    expect(await readOne('a')).toMatchObject({
      question: 'q',
      answer: 'new',
      metadata: { b: 2 },
      project: 'p',
    });
  });

  test('never changes when a trace was received, nor by which key', async () => {
    await ingestTraces(ctx, [{ traceId: 'a', startedAt: new Date('2020-01-01') }]);
    const first = await readOne('a');
    const { ctx: person } = await makePerson(tenant, 'analyst');
    await ingestTraces(person, [{ traceId: 'a', answer: 'x', receivedAt: new Date('2019-01-01') }]);
    const second = await readOne('a');
    expect(second.receivedAt).toEqual(first.receivedAt);
    expect(second.startedAt).toEqual(first.startedAt);
    expect(second.keyId).toBe(tenant.firstKey.keyId);
    expect(second.updatedAt.getTime()).toBeGreaterThanOrEqual(first.updatedAt.getTime());
  });

  test('lets nobody but the system say when a trace was received', async () => {
    const receivedAt = new Date('2019-01-01T00:00:00Z');
    const { ctx: person } = await makePerson(tenant, 'admin');
    await ingestTraces(ctx, [{ traceId: 'by-key', receivedAt }]);
    await ingestTraces(person, [{ traceId: 'by-person', receivedAt }]);
    await ingestTraces(tenant.ctx, [{ traceId: 'by-system', receivedAt }]);
    const years = Object.fromEntries(
      (await read()).map((row) => [row.traceId, row.receivedAt.getUTCFullYear()]),
    );
    const now = new Date().getUTCFullYear();
    expect(years).toEqual({ 'by-key': now, 'by-person': now, 'by-system': 2019 });
  });

  test('stores a trace that is twice in one request once', async () => {
    const results = await ingestTraces(ctx, [
      { traceId: 'b', question: 'q' },
      { traceId: 'a' },
      { traceId: 'b', answer: 'o' },
    ]);
    expect(results).toEqual([
      { traceId: 'a', status: 'created' },
      { traceId: 'b', status: 'created' },
    ]);
    expect(await readOne('b')).toMatchObject({ question: 'q', answer: 'o' });
    expect(await billed()).toMatchObject({ traces: 2 });
  });

  test('tells created from updated within one request', async () => {
    await ingestTraces(ctx, [{ traceId: 'known' }]);
    expect(await ingestTraces(ctx, [{ traceId: 'known' }, { traceId: 'new' }])).toEqual([
      { traceId: 'known', status: 'updated' },
      { traceId: 'new', status: 'created' },
    ]);
  });

  test('takes nothing for nothing', async () => {
    expect(await ingestTraces(ctx, [])).toEqual([]);
    expect(await deltas()).toEqual([]);
  });

  test('gives each tenant its own trace of the same id', async () => {
    const other = await makeTenant();
    await ingestTraces(ctx, [{ traceId: 'same', question: 'mine' }]);
    expect(await ingestTraces(other.firstKey.ctx, [{ traceId: 'same', question: 'theirs' }])).toEqual([
      { traceId: 'same', status: 'created' },
    ]);
    expect((await read()).map((row) => row.question)).toEqual(['mine']);
    expect((await read(other)).map((row) => row.question)).toEqual(['theirs']);
  });

  test('is not for viewers, nor for keys that only read', async () => {
    const { ctx: viewer } = await makePerson(tenant, 'viewer');
    const reader = {
      ...ctx,
      actor: { kind: 'api-key', keyId: tenant.firstKey.keyId, scopes: ['traces:read'], creatorRole: null },
    } as const;
    for (const actor of [viewer, reader])
      await expect(ingestTraces(actor, [{ traceId: 'x' }])).rejects.toMatchObject({ code: 'forbidden' });
    expect(await read()).toEqual([]);
    expect(await deltas()).toEqual([]);
  });
});

describe('usage_deltas', () => {
  test('count one row per project of a request, for its key, and the request on the first', async () => {
    await ingestTraces(ctx, [
      { traceId: 'a', project: 'p', tokensIn: 1, tokensOut: 10 },
      { traceId: 'b', project: 'p', tokensIn: 2, tokensOut: 20 },
      { traceId: 'c', project: 'q', tokensIn: 4 },
      { traceId: 'd' },
    ]);
    const rows = (await deltas()).map(({ project, keyId, traceCount, tokensIn, tokensOut, apiRequests }) => ({
      project,
      keyId,
      traceCount,
      tokensIn,
      tokensOut,
      apiRequests,
    }));
    const { keyId } = tenant.firstKey;
    expect(rows).toEqual([
      { project: 'p', keyId, traceCount: 2, tokensIn: 3, tokensOut: 30, apiRequests: 1 },
      { project: 'q', keyId, traceCount: 1, tokensIn: 4, tokensOut: 0, apiRequests: 0 },
      { project: 'default', keyId, traceCount: 1, tokensIn: 0, tokensOut: 0, apiRequests: 0 },
    ]);
    for (const { recordedAt } of await deltas())
      expect(Math.abs(Date.now() - recordedAt.getTime())).toBeLessThan(60_000);
  });

  test('count no API request for what a person or the system sends', async () => {
    await ingestTraces(tenant.admin.ctx, [{ traceId: 'a' }]);
    await ingestTraces(tenant.ctx, [{ traceId: 'b' }]);
    expect(await billed()).toMatchObject({ traces: 2, requests: 0 });
  });

  test('bill a trace once, however often it is sent again', async () => {
    const trace = { traceId: 'a', question: 'q', tokensIn: 100, tokensOut: 10 };
    for (let i = 0; i < 5; i++) await ingestTraces(ctx, [trace]);
    expect(await billed()).toMatchObject({ traces: 1, in: 100, out: 10 });
  });

  test('bill no storage for a trace that is sent again unchanged', async () => {
    const trace: TraceInput = {
      traceId: 'a',
      question: 'q',
      chunks: [{ text: 't' }],
      metadata: { b: 1, a: [1.5, 1e21, 5e-324, -0, 'ä😀'] },
    };
    await ingestTraces(ctx, [trace]);
    const first = await billed();
    await ingestTraces(ctx, [trace]);
    expect((await billed())?.storage).toBe(first?.storage);
  });

  test('add up to the bytes that are stored, which may become fewer', async () => {
    await ingestTraces(ctx, [{ traceId: 'a', answer: 'x'.repeat(1000) }]);
    expect((await billed())?.storage).toBe(await storedBytes());
    await ingestTraces(ctx, [{ traceId: 'a', answer: 'x'.repeat(3000), project: 'other' }, { traceId: 'b' }]);
    expect((await billed())?.storage).toBe(await storedBytes());
    await ingestTraces(ctx, [{ traceId: 'a', answer: 'x' }]);
    const last = (await deltas()).at(-1);
    expect(last?.storageBytes).toBe(-2999);
    expect((await billed())?.storage).toBe(await storedBytes());
  });

  test('count the size in bytes of UTF-8', async () => {
    await ingestTraces(ctx, [
      { traceId: 'a', answer: 'e'.repeat(100) },
      { traceId: 'b', answer: '€'.repeat(100) },
    ]);
    const [plain, wide] = await read();
    expect((wide?.byteSize ?? 0) - (plain?.byteSize ?? 0)).toBe(200);
  });
});

describe('ingestTraces at the same time', () => {
  test('stores and bills one trace that 20 send at once, once', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => ingestTraces(ctx, [{ traceId: 'same', answer: `answer ${i}` }])),
    );
    expect(results.flat().filter(({ status }) => status === 'created')).toHaveLength(1);
    expect(await read()).toHaveLength(1);
    expect(await billed()).toMatchObject({ traces: 1, requests: 20 });
    expect((await billed())?.storage).toBe(await storedBytes());
  });

  test('loses no field where two send different ones at once', async () => {
    await ingestTraces(ctx, [{ traceId: 'same' }]);
    await Promise.all([
      ingestTraces(ctx, [{ traceId: 'same', question: 'q' }]),
      ingestTraces(ctx, [{ traceId: 'same', answer: 'a' }]),
      ingestTraces(ctx, [{ traceId: 'same', error: 'e' }]),
    ]);
    expect(await readOne('same')).toMatchObject({ question: 'q', answer: 'a', error: 'e' });
  });

  test('never waits in a circle where requests name the same traces in other orders', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    const orders = Array.from({ length: 24 }, (_, i) => (i % 2 ? ids : [...ids].reverse()));
    await Promise.all(
      orders.map((order, i) =>
        ingestTraces(
          ctx,
          order.map((traceId) => ({ traceId, answer: `${i}` })),
        ),
      ),
    );
    expect(await read()).toHaveLength(6);
    expect(await billed()).toMatchObject({ traces: 6 });
    expect((await billed())?.storage).toBe(await storedBytes());
  });
});

describe('ingestTraces that fails', () => {
  // A database that refuses to write is not the traces' fault: nothing is tried apart, and nothing is half there.
  test('leaves neither rows nor deltas', async () => {
    const { sql: owner } = pool('owner');
    await ingestTraces(ctx, [{ traceId: 'before', answer: 'old' }]);
    const [rows, meter] = [await read(), await deltas()];
    await owner.unsafe(`alter table t_${tenant.id.replaceAll('-', '')}.traces rename to hidden`);
    try {
      await expect(
        ingestTraces(ctx, [{ traceId: 'before', answer: 'new' }, { traceId: 'fine' }]),
      ).rejects.toMatchObject({ cause: { code: '42P01' } });
    } finally {
      await owner.unsafe(`alter table t_${tenant.id.replaceAll('-', '')}.hidden rename to traces`);
    }
    expect(await read()).toEqual(rows);
    expect(await deltas()).toEqual(meter);
    expect(await ingestTraces(ctx, [{ traceId: 'fine' }])).toMatchObject([{ status: 'created' }]);
  });
});
