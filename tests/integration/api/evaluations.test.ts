import { and, eq, sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { POST } from '@/app/api/v1/evaluations/route';
import { evaluations } from '@/db/schema/evaluations';
import { usageDeltas } from '@/db/schema/usage';
import { withPlatform, withTenant } from '@/db/tenant';
import { evaluationsReceipt } from '@/lib/evaluations/schema';
import { deleteTraces, ingestTraces } from '@/lib/traces/mutations';
import { findTrace } from '@/lib/traces/queries';
import {
  makeKey,
  makePerson,
  makeTenant,
  type TestKey,
  type TestTenant,
  unique,
} from '@/tests/support/factories';
import { call, readError, type Sent } from '@/tests/support/requests';

let tenant: TestTenant;
let other: TestTenant;
let judge: TestKey;

beforeAll(async () => {
  [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
  judge = await makeKey(tenant, { scopes: ['evaluations:write'] });
});

const send = (body: unknown, given: Partial<Sent> = {}) =>
  call(POST, {
    method: 'POST',
    path: '/api/v1/evaluations',
    host: tenant.host,
    key: judge.key,
    body,
    ...given,
  });

const rowsOf = (traceId: string, of: TestTenant = tenant) =>
  withTenant(of.ctx, (db) =>
    db
      .select()
      .from(evaluations)
      .where(and(eq(evaluations.tenantId, of.id), eq(evaluations.traceId, traceId)))
      .orderBy(evaluations.id),
  );

const scoresOf = async (traceId: string, of: TestTenant = tenant) =>
  (await findTrace(of.ctx, traceId))?.scores;

async function makeTrace(of: TestTenant = tenant): Promise<string> {
  const traceId = `t-${unique()}`;
  await ingestTraces(of.firstKey.ctx, [{ traceId }]);
  return traceId;
}

describe('POST /api/v1/evaluations', () => {
  test('stores one with all its fields, and the trace’s score with it', async () => {
    const traceId = await makeTrace();
    const answer = await send({
      ...{ trace_id: traceId, id: 'a', score_type: 'grounding', score: 0.25, confidence: 0.5, more: 1 },
      ...{ explanation: 'Not in any chunk.', metadata: { chunks: [1] } },
      ...{ evaluator_id: 'nli', evaluator_version: '2' },
    });
    expect(answer.status).toBe(201);
    expect(evaluationsReceipt.strict().parse(answer.body)).toMatchObject({
      accepted: [{ trace_id: traceId, id: 'a' }],
      rejected: [],
    });
    expect(await rowsOf(traceId)).toMatchObject([
      {
        ...{ id: 'a', scoreType: 'grounding', score: 0.25, confidence: 0.5 },
        ...{ explanation: 'Not in any chunk.', metadata: { chunks: [1] } },
        ...{ evaluatorId: 'nli', evaluatorVersion: '2' },
      },
    ]);
    expect(await scoresOf(traceId)).toEqual({
      grounding: 0.25,
      helpfulness: null,
      safety: null,
      overall: null,
    });
  });

  test('updates the fields that came when an id is sent again', async () => {
    const traceId = await makeTrace();
    const sent = { trace_id: traceId, id: 'a', score_type: 'safety' };
    await send({ ...sent, score: 0.1, explanation: 'Rude.' });
    await send({ ...sent, score: 1, explanation: null });
    expect(await rowsOf(traceId)).toMatchObject([{ score: 1, explanation: 'Rude.' }]);
    expect(await scoresOf(traceId)).toMatchObject({ safety: 1 });
  });

  test('keeps other types beside the trace’s own scores, and a later one wins', async () => {
    const traceId = await makeTrace();
    await send({ trace_id: traceId, id: 'z', score_type: 'overall', score: 0.2 });
    await send({ trace_id: traceId, id: 'b', score_type: 'overall', score: 0.7 });
    await send({ trace_id: traceId, score_type: 'tone', score: 0.9 });
    expect(await rowsOf(traceId)).toHaveLength(3);
    expect(await scoresOf(traceId)).toMatchObject({ overall: 0.7, grounding: null });
  });

  test('takes a batch, each for itself', async () => {
    const traceId = await makeTrace();
    const good = { trace_id: traceId, id: 'good', score_type: 'helpfulness', score: 0.5 };
    const answer = await send({
      evaluations: [good, { ...good, score: 2 }, 'x', { ...good, id: 'last', trace_id: '' }],
    });
    expect(answer.status).toBe(207);
    expect(answer.body).toMatchObject({
      accepted: [{ trace_id: traceId, id: 'good' }],
      rejected: [
        { index: 1, trace_id: traceId, issues: [{ path: 'score', message: 'expected at most 1' }] },
        { index: 2, trace_id: null, issues: [{ path: '' }] },
        { index: 3, trace_id: null, issues: [{ path: 'trace_id' }] },
      ],
    });
    expect(await scoresOf(traceId)).toMatchObject({ helpfulness: 0.5 });
    expect(await send({ evaluations: [{ ...good, score: -1 }] })).toMatchObject({
      status: 422,
      body: { accepted: [], rejected: [{ index: 0 }] },
    });
  });

  test('counts one that stands in a batch twice once, with the later fields', async () => {
    const traceId = await makeTrace();
    const sent = { trace_id: traceId, id: 'a', score_type: 'overall' };
    const answer = await send({
      evaluations: [
        { ...sent, score: 0, explanation: 'first' },
        { ...sent, score: 1 },
      ],
    });
    expect(answer).toMatchObject({ status: 201, body: { accepted: [{ id: 'a' }, { id: 'a' }] } });
    expect(await rowsOf(traceId)).toMatchObject([{ score: 1, explanation: 'first' }]);
  });

  test.each([
    [{ trace_id: 'x', score_type: 'safety' }, 'score'],
    [{ trace_id: 'x', score_type: 'safety', score: 1.01 }, 'score'],
    [{ trace_id: 'x', score_type: 'safety', score: '1' }, 'score'],
    [{ trace_id: 'x', score: 1 }, 'score_type'],
    [{ score_type: 'safety', score: 1 }, 'trace_id'],
    [{ trace_id: 'x'.repeat(201), score_type: 'safety', score: 1 }, 'trace_id'],
    [{ trace_id: 'x', score_type: 'safety', score: 1, confidence: 7 }, 'confidence'],
    [{ trace_id: 'x', score_type: 'safety', score: 1, metadata: [] }, 'metadata'],
    [{ trace_id: 'x', score_type: 'safety', score: 1, explanation: 'x'.repeat(10_001) }, 'explanation'],
    [{ evaluations: [] }, 'evaluations'],
    [{ evaluations: 'x' }, 'evaluations'],
    [{ evaluations: Array(1001).fill(1) }, 'evaluations'],
    [{}, 'trace_id'],
    [[], ''],
  ])('refuses %j as a whole, naming the field', async (body, path) => {
    const answer = readError(await send(body));
    expect(answer).toMatchObject({
      status: 422,
      issues: expect.arrayContaining([expect.objectContaining({ path })]),
    });
  });

  test('stores what PostgreSQL has no place for as the mark for it', async () => {
    const traceId = await makeTrace();
    const body = `{"trace_id":"${traceId}","id":"a","score_type":"x","score":1,"explanation":"a\\u0000b\\ud800","metadata":{"k\\u0000":"\\udc00"}}`;
    expect((await send(body, { headers: { 'content-type': 'application/json' } })).status).toBe(201);
    expect(await rowsOf(traceId)).toMatchObject([{ explanation: 'a\uFFFDb\uFFFD' }]);
  });

  test('may come before its trace, which then takes its scores', async () => {
    const traceId = `t-${unique()}`;
    expect((await send({ trace_id: traceId, score_type: 'grounding', score: 0.75 })).status).toBe(201);
    await ingestTraces(tenant.firstKey.ctx, [{ traceId }]);
    expect(await scoresOf(traceId)).toMatchObject({ grounding: 0.75 });
  });

  test('loses no score when trace and evaluation come at the same moment', async () => {
    const ids = Array.from({ length: 40 }, () => `t-${unique()}`);
    await Promise.all(
      ids.flatMap((traceId) => [
        ingestTraces(tenant.firstKey.ctx, [{ traceId }]),
        send({ trace_id: traceId, score_type: 'safety', score: 0.5 }),
      ]),
    );
    const scores = await Promise.all(ids.map((traceId) => scoresOf(traceId)));
    expect(scores.map((score) => score?.safety)).toEqual(ids.map(() => 0.5));
  });

  test('rejects one of a trace that was deleted, and leaves nothing of it', async () => {
    const traceId = await makeTrace();
    await Promise.all([
      deleteTraces(tenant.firstKey.ctx, [traceId]),
      ...Array.from({ length: 5 }, () => send({ trace_id: traceId, score_type: 'safety', score: 0.5 })),
    ]);
    expect(await send({ trace_id: traceId, score_type: 'safety', score: 0.5 })).toMatchObject({
      status: 422,
      body: { rejected: [{ index: 0, trace_id: traceId, issues: [{ path: 'trace_id' }] }] },
    });
    expect(await rowsOf(traceId)).toEqual([]);
  });

  test('touches nothing of another tenant', async () => {
    const traceId = await makeTrace(other);
    expect((await send({ trace_id: traceId, score_type: 'safety', score: 0 })).status).toBe(201);
    expect(await scoresOf(traceId, other)).toMatchObject({ safety: null });
    expect(await rowsOf(traceId, other)).toEqual([]);
  });

  test('is counted as a request of the key, and bills nothing', async () => {
    const key = await makeKey(tenant, { scopes: ['evaluations:write'] });
    await send({ trace_id: 'counted', score_type: 'safety', score: 0.5 }, { key: key.key });
    const deltas = await withPlatform((db) =>
      db
        .select({
          requests: usageDeltas.apiRequests,
          traces: usageDeltas.traceCount,
          bytes: usageDeltas.storageBytes,
        })
        .from(usageDeltas)
        .where(and(eq(usageDeltas.tenantId, tenant.id), eq(usageDeltas.keyId, key.keyId))),
    );
    expect(deltas).toEqual([{ requests: 1, traces: 0, bytes: 0 }]);
  });

  test('is for analysts and keys with its scope', async () => {
    const viewer = await makePerson(tenant, 'viewer');
    const body = { trace_id: 'x', score_type: 'safety', score: 0.5 };
    const as = { key: undefined, headers: { cookie: viewer.cookie, origin: `http://${tenant.host}` } };
    expect(readError(await send(body, as)).status).toBe(403);
    const reader = await makeKey(tenant, { scopes: ['traces:read'] });
    expect(readError(await send(body, { key: reader.key })).status).toBe(403);
  });

  test('has the rollup of a closed hour written anew', async () => {
    const traceId = `t-${unique()}`;
    await ingestTraces(tenant.ctx, [{ traceId, receivedAt: new Date(Date.now() - 30 * 3_600_000) }]);
    const notes = () =>
      withTenant(tenant.ctx, (db) =>
        db.execute<{ n: number }>(sql`select count(*)::int as n from stats_dirty_hours`),
      );
    const [before] = await notes();
    await send({ trace_id: traceId, id: 'a', score_type: 'safety', score: 0.5 });
    await send({ trace_id: traceId, id: 'a', score_type: 'safety', score: 0.5 }); // changes nothing
    const [after] = await notes();
    expect((after?.n ?? 0) - (before?.n ?? 0)).toBe(1);
  });
});
