import { gzipSync } from 'node:zlib';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GET as getDeliveries } from '@/app/api/v1/deliveries/route';
import { DELETE, GET, PATCH } from '@/app/api/v1/traces/[traceId]/route';
import { POST as postBatch } from '@/app/api/v1/traces/batch/route';
import { POST as postTrace } from '@/app/api/v1/traces/route';
import { traces } from '@/db/schema/traces';
import { withTenant } from '@/db/tenant';
import { deliveryReport } from '@/lib/deliveries/schema';
import { deletedReceipt, traceBatchReceipt, traceReceipt } from '@/lib/trace-ingest/schema';
import { wireTrace } from '@/lib/traces/schema';
import { flushRefused } from '@/lib/usage/refusals';
import { makeKey, makePerson, makeTenant, type TestTenant } from '@/tests/support/factories';
import { call, readError, type Sent } from '@/tests/support/requests';

let tenant: TestTenant;
beforeEach(async () => {
  tenant = await makeTenant();
});

const request = (given: Partial<Sent> & { path: string }): Sent => ({
  host: tenant.host,
  key: tenant.firstKey.key,
  ...given,
});
const post = (body: unknown, given: Partial<Sent> = {}) =>
  call(postBatch, request({ method: 'POST', path: '/api/v1/traces/batch', body, ...given }));
const one = (
  handler: typeof GET,
  method: 'GET' | 'PATCH' | 'DELETE',
  traceId: string,
  given: Partial<Sent> = {},
) => call(handler, request({ method, path: '/api/v1/traces/x', params: { traceId }, ...given }));
const single = (body: unknown, given: Partial<Sent> = {}) =>
  call(postTrace, request({ method: 'POST', path: '/api/v1/traces', body, ...given }));
const stored = () => withTenant(tenant.ctx, (db) => db.select().from(traces).orderBy(traces.traceId));

async function ledger(query = '') {
  await flushRefused();
  const answer = await call(getDeliveries, request({ path: `/api/v1/deliveries${query}` }));
  return deliveryReport.strict().parse(answer.body);
}

describe('POST /api/v1/traces/batch', () => {
  test('stores all and answers 201 with their ids', async () => {
    const answer = await post({ traces: [{ trace_id: 'b', user_input: 'q' }, { trace_id: 'a' }] });
    expect(answer.status).toBe(201);
    const receipt = traceBatchReceipt.strict().parse(answer.body);
    expect(receipt).toEqual({
      ...{ accepted: ['a', 'b'], rejected: [], warnings: [] },
      request_id: answer.headers.get('x-request-id'),
    });
    expect(await stored()).toMatchObject([{ traceId: 'a' }, { traceId: 'b', question: 'q' }]);
  });

  test('is harmless when it is sent again', async () => {
    const body = { traces: [{ trace_id: 'a', user_input: 'q', tokens_in: 5 }, { trace_id: 'b' }] };
    const [first, second] = [await post(body), await post(body)];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(await stored()).toHaveLength(2);
    expect((await ledger()).deliveries).toMatchObject([{ received: 4, stored: 2, updated: 2, refused: 0 }]);
  });

  test('stores the good ones of a mixed batch and says what is wrong with each of the others', async () => {
    const text = `{"traces": [
      {"trace_id": "good", "user_input": "q"},
      {"trace_id": "negative", "tokens_in": -1},
      {"trace_id": "nan", "response_latency_ms": NaN},
      {"trace_id": "scores", "retrieved_chunks": ["a"], "retrieval_scores": [0.1, 0.2]},
      {"trace_id": "score-nan", "retrieved_chunks": [{"text": "a", "score": -Infinity}]},
      {"user_input": "no id"},
      7,
      null,
      {"trace_id": "also-good", "metadata": {"x": NaN}}
    ]}`;
    const answer = await post(text);
    expect(answer.status).toBe(207);
    const { accepted, rejected } = traceBatchReceipt.strict().parse(answer.body);
    expect(accepted).toEqual(['also-good', 'good']);
    expect(rejected.map(({ index, trace_id, issues }) => [index, trace_id, issues[0]?.path])).toEqual([
      [1, 'negative', 'tokens_in'],
      [2, 'nan', 'response_latency_ms'],
      [3, 'scores', 'retrieval_scores'],
      [4, 'score-nan', 'retrieved_chunks[0].score'],
      [5, null, 'trace_id'],
      [6, null, ''],
      [7, null, ''],
    ]);
    for (const { issues } of rejected) expect(issues[0]?.message).toMatch(/expected/i);
    expect((await stored()).map(({ traceId }) => traceId)).toEqual(['also-good', 'good']);
    const report = await ledger();
    expect(report.deliveries).toMatchObject([{ received: 9, stored: 2, updated: 0, refused: 7 }]);
    expect(report.refusals.map(({ trace_id }) => trace_id)).toEqual([
      null,
      null,
      null,
      'score-nan',
      'scores',
      'nan',
      'negative',
    ]);
    expect(new Set(report.refusals.map(({ request_id }) => request_id))).toEqual(
      new Set([answer.headers.get('x-request-id')]),
    );
  });

  test('answers 422 when none can be stored, in the same shape', async () => {
    const answer = await post({ traces: [{ trace_id: 'a', tokens_in: -1 }] });
    expect(answer.status).toBe(422);
    expect(traceBatchReceipt.strict().parse(answer.body)).toMatchObject({
      accepted: [],
      rejected: [{ index: 0, trace_id: 'a' }],
    });
    expect((await ledger()).deliveries).toMatchObject([{ received: 1, refused: 1 }]);
  });

  test('takes an id that is there twice as one, whose later fields win, and says so', async () => {
    const answer = await post({
      traces: [
        { trace_id: 'a', user_input: 'q', model_output: 'old' },
        { trace_id: 'b' },
        { trace_id: 'a', model_output: 'new' },
      ],
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      accepted: ['a', 'b'],
      warnings: [
        {
          index: 0,
          trace_id: 'a',
          issues: [{ path: 'trace_id', message: expect.stringContaining('index 2') }],
        },
      ],
    });
    expect((await stored())[0]).toMatchObject({ question: 'q', answer: 'new' });
  });

  test('keeps impossible times, and says so', async () => {
    const ahead = new Date(Date.now() + 90_000_000).toISOString();
    const answer = await post({
      traces: [
        { trace_id: 'old', timestamp: 0 },
        { trace_id: 'ahead', timestamp: ahead },
        { trace_id: 'fine', timestamp: Date.now() / 1_000 + 3_600 },
      ],
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      warnings: [
        { index: 0, trace_id: 'old', issues: [{ path: 'timestamp' }] },
        { index: 1, trace_id: 'ahead', issues: [{ path: 'timestamp' }] },
      ],
    });
    expect((await stored()).find(({ traceId }) => traceId === 'old')?.startedAt).toEqual(new Date(0));
    const alone = await single({ trace_id: 'alone', timestamp: ahead });
    expect(traceReceipt.strict().parse(alone.body).warnings).toMatchObject([{ path: 'timestamp' }]);
  });

  test.each([
    [{}, 'traces'],
    [{ traces: [] }, 'traces'],
    [{ traces: {} }, 'traces'],
    [[], ''],
    [{ traces: Array.from({ length: 1_001 }, (_, i) => ({ trace_id: `${i}` })) }, 'traces'],
  ])('refuses %.40j as a whole', async (body, path) => {
    const error = readError(await post(JSON.stringify(body)));
    expect(error).toMatchObject({ status: 422, code: 'invalid_input', issues: [{ path }] });
    expect((await ledger()).deliveries).toMatchObject([{ received: 1, refused: 1 }]);
    expect(await stored()).toEqual([]);
  });

  test('takes a thousand traces, compressed', async () => {
    const body = JSON.stringify({
      traces: Array.from({ length: 1_000 }, (_, i) => ({ trace_id: `t${i}`, user_input: 'x'.repeat(1_000) })),
    });
    const answer = await post(gzipSync(body), { headers: { 'content-encoding': 'gzip' } });
    expect(answer.status).toBe(201);
    expect(await stored()).toHaveLength(1_000);
  });

  test('takes 20 MiB and refuses more, compressed or not', async () => {
    const body = (size: number) => {
      const rest = '{"traces":[{"trace_id":"a","user_input":"';
      return `${rest}${'x'.repeat(size - rest.length - 4)}"}]}`;
    };
    const limit = 20 * 1024 * 1024;
    const gzip = { headers: { 'content-encoding': 'gzip' } };
    expect((await post(gzipSync(body(limit), { level: 1 }), gzip)).status).toBe(201);
    expect(readError(await post(gzipSync(body(limit + 1), { level: 1 }), gzip)).status).toBe(413);
    expect(readError(await post(body(limit + 1))).status).toBe(413);
    expect((await ledger()).refusals).toMatchObject([
      { code: 'payload_too_large', trace_id: null },
      { code: 'payload_too_large' },
    ]);
  }, 60_000);

  test('is for those who may send traces, and counts nothing for others', async () => {
    const { cookie } = await makePerson(tenant, 'viewer');
    const as = { key: undefined, headers: { cookie, origin: `http://${tenant.host}` } };
    expect(readError(await post({ traces: [{ trace_id: 'a' }] }, as)).status).toBe(403);
    expect(readError(await post({ traces: [{ trace_id: 'a' }] }, { key: 'rtk_x' })).status).toBe(401);
    expect((await ledger()).deliveries).toEqual([]);
  });
});

describe('POST /api/v1/traces', () => {
  test('takes gzip, and refuses other encodings and bombs', async () => {
    const gzip = { 'content-encoding': 'gzip' };
    expect((await single(gzipSync('{"trace_id":"a"}'), { headers: gzip })).status).toBe(201);
    expect(readError(await single('x', { headers: { 'content-encoding': 'br' } }))).toMatchObject({
      status: 415,
    });
    expect(readError(await single(gzipSync(Buffer.alloc(50_000_000)), { headers: gzip }))).toMatchObject({
      status: 413,
    });
    expect(readError(await single('not gzip', { headers: gzip }))).toMatchObject({
      status: 422,
      code: 'invalid_body',
    });
    expect((await ledger()).deliveries).toMatchObject([{ received: 4, stored: 1, updated: 0, refused: 3 }]);
  });
});

describe('PATCH /api/v1/traces/{id}', () => {
  test('replaces what is named and leaves the rest', async () => {
    await single({ trace_id: 'a', user_input: 'q', model_output: 'old', metadata: { x: 1 } });
    const answer = await one(PATCH, 'PATCH', 'a', {
      body: { model_output: 'new', trace_id: 'other', user_input: null },
    });
    expect(traceReceipt.strict().parse(answer.body)).toEqual({ trace_id: 'a', status: 'updated' });
    const read = wireTrace.strict().parse((await one(GET, 'GET', 'a')).body);
    expect(read).toMatchObject({ user_input: 'q', model_output: 'new', metadata: { x: 1 } });
    expect(await stored()).toHaveLength(1);
  });

  test('answers 404 for what is not there, 422 for what is wrong, and 403 to who may not', async () => {
    const other = await makeTenant();
    await call(postTrace, {
      method: 'POST',
      path: '/',
      host: other.host,
      key: other.firstKey.key,
      body: { trace_id: 'theirs' },
    });
    for (const id of ['nothing', 'theirs', 'nul\u0000'])
      expect(readError(await one(PATCH, 'PATCH', id, { body: { error: 'x' } })).status).toBe(404);
    await single({ trace_id: 'a' });
    expect(readError(await one(PATCH, 'PATCH', 'a', { body: { tokens_in: -1 } }))).toMatchObject({
      status: 422,
      issues: [{ path: 'tokens_in' }],
    });
    const { cookie } = await makePerson(tenant, 'viewer');
    const as = { key: undefined, headers: { cookie, origin: `http://${tenant.host}` } };
    expect(readError(await one(PATCH, 'PATCH', 'a', { body: { error: 'x' }, ...as })).status).toBe(403);
  });
});

describe('DELETE /api/v1/traces/{id}', () => {
  test('deletes it once, and answers a late retry with 409', async () => {
    await single({ trace_id: 'a' });
    const answer = await one(DELETE, 'DELETE', 'a');
    expect(answer.status).toBe(200);
    expect(deletedReceipt.strict().parse(answer.body)).toEqual({ trace_id: 'a', status: 'deleted' });
    expect(readError(await one(DELETE, 'DELETE', 'a')).status).toBe(404);
    expect(readError(await one(GET, 'GET', 'a')).status).toBe(404);
    expect(readError(await single({ trace_id: 'a' }))).toMatchObject({
      status: 409,
      code: 'conflict',
      issues: [{ path: 'trace_id' }],
    });
    expect((await post({ traces: [{ trace_id: 'a' }, { trace_id: 'b' }] })).body).toMatchObject({
      accepted: ['b'],
      rejected: [{ index: 0, trace_id: 'a', issues: [{ path: 'trace_id' }] }],
    });
  });
});

describe('GET /api/v1/deliveries', () => {
  let other: TestTenant;
  beforeAll(async () => {
    other = await makeTenant();
  });

  test('tells keys and tenants apart', async () => {
    const second = await makeKey(tenant);
    await single({ trace_id: 'a' });
    await single({ trace_id: 'b' }, { key: second.key });
    await single({ trace_id: 'b', tokens_in: -1 }, { key: second.key });
    const all = await ledger();
    expect(all.deliveries).toHaveLength(2);
    const own = await ledger(`?key=${second.keyId}`);
    expect(own.deliveries).toMatchObject([
      { key_id: second.keyId, received: 2, stored: 1, updated: 0, refused: 1 },
    ]);
    expect(own.refusals).toMatchObject([
      { key_id: second.keyId, code: 'invalid_input', issues: [{ path: 'tokens_in' }] },
    ]);
    expect((await ledger(`?key=${other.firstKey.keyId}`)).deliveries).toEqual([]);
  });

  test('reads whole hours of a period', async () => {
    await single({ trace_id: 'a' });
    const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    expect((await ledger(`?from=${at(0)}`)).deliveries).toHaveLength(1);
    expect((await ledger(`?from=${at(-5)}&to=${at(-2)}`)).deliveries).toEqual([]);
  });

  test.each([
    ['from=yesterday', 'from'],
    ['from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'from'],
    ['from=2020-01-01T00:00:00Z', 'from'],
    ['key=x', 'key'],
  ])('refuses %s', async (query, path) => {
    const answer = await call(getDeliveries, request({ path: `/api/v1/deliveries?${query}` }));
    expect(readError(answer)).toMatchObject({ status: 422, issues: [{ path }] });
  });
});
