import { readFileSync } from 'node:fs';
import { and, eq, sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { POST } from '@/app/api/v1/evaluations/route';
import { pool } from '@/db/client';
import { evaluations } from '@/db/schema/evaluations';
import { usageDeltas } from '@/db/schema/usage';
import { withPlatform, withTenant } from '@/db/tenant';
import { writeEvaluations } from '@/lib/evaluations/mutations';
import { evaluationsReceipt } from '@/lib/evaluations/schema';
import { tenantSchemaName, toTenantId } from '@/lib/ids';
import { getStats } from '@/lib/stats/queries';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { deleteTraces } from '@/lib/traces/mutations';
import { findTrace } from '@/lib/traces/queries';
import { lightOf } from '@/lib/traces/rules';
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

describe('the traffic light', () => {
  const lightOfTrace = async (traceId: string) => (await findTrace(tenant.ctx, traceId))?.trafficLight;
  const judgeIt = (traceId: string, score_type: string, score: number) =>
    send({ trace_id: traceId, id: score_type, score_type, score });

  test('is of the overall score, and of grounding where there is none', async () => {
    const traceId = await makeTrace();
    expect(await lightOfTrace(traceId)).toBeNull();
    await judgeIt(traceId, 'safety', 0);
    expect(await lightOfTrace(traceId)).toBeNull();
    await judgeIt(traceId, 'grounding', 0.5);
    expect(await lightOfTrace(traceId)).toBe('amber');
    await judgeIt(traceId, 'overall', 0.49);
    expect(await lightOfTrace(traceId)).toBe('red');
    await judgeIt(traceId, 'grounding', 1);
    expect(await lightOfTrace(traceId)).toBe('red');
    await judgeIt(traceId, 'overall', 0.75);
    expect(await lightOfTrace(traceId)).toBe('green');
  });

  test('is there when the scores came before the trace, and counts in the statistics', async () => {
    const fresh = await makeTenant();
    const traceIds = Array.from({ length: 3 }, () => `t-${unique()}`);
    const scores = [0.9, 0.6, 0.1];
    await writeEvaluations(
      fresh.ctx,
      traceIds.map((trace_id, i) => ({ trace_id, score_type: 'overall', score: scores[i] })),
    );
    await ingestTraces(
      fresh.ctx,
      traceIds.map((traceId) => ({ traceId })),
    );
    expect((await getStats(fresh.ctx)).traffic_light).toEqual({ green: 1, amber: 1, red: 1 });
  });

  test('is what the rule says, for whatever score', async () => {
    const fresh = await makeTenant();
    const given = [0, 0.25, 0.4999, 0.5, 0.500001, 0.7499999, 0.75, 0.999, 1];
    const sent = given.map((score, i) => ({ trace_id: `t-${i}`, score_type: 'grounding', score }));
    await ingestTraces(
      fresh.ctx,
      sent.map(({ trace_id: traceId }) => ({ traceId })),
    );
    await writeEvaluations(fresh.ctx, sent);
    for (const { trace_id, score } of sent)
      expect((await findTrace(fresh.ctx, trace_id))?.trafficLight).toBe(
        lightOf({ overall: null, grounding: score }),
      );
  });

  test('comes by the migration to traces that have had scores before, once, and their hours are counted anew', async () => {
    const fresh = await makeTenant();
    const traceIds = ['a', 'b', 'c', 'd'];
    await ingestTraces(
      fresh.ctx,
      traceIds.map((traceId) => ({ traceId })),
    );
    await pool('owner').db.execute(sql`
      update all_tenants.traces set
          overall_score = case trace_id when 'a' then 0.8 when 'd' then 0.9 end,
          grounding_score = case trace_id when 'b' then 0.6 when 'a' then 0 end,
          traffic_light = case trace_id when 'd' then 'red' end
        where tenant_id = ${fresh.id}::uuid`);
    const text = readFileSync('db/migrations/0015_traffic_light.sql', 'utf8')
      .replaceAll('{schema}', tenantSchemaName(toTenantId(fresh.id)))
      .replaceAll('{tenant_id}', `'${fresh.id}'`);
    for (let i = 0; i < 2; i++) await pool('owner').sql.unsafe(text);
    const lights = await Promise.all(
      traceIds.map(async (id) => (await findTrace(fresh.ctx, id))?.trafficLight),
    );
    expect(lights).toEqual(['green', 'amber', null, 'red']);
    const hours = await pool('owner').db.execute(
      sql`select hour from stats_dirty_hours where tenant_id = ${fresh.id}::uuid`,
    );
    expect(hours).toHaveLength(1);
  });
});

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

  test('is counted as a request of the key, once, with the bytes that it takes', async () => {
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
    expect(deltas).toEqual([{ requests: 1, traces: 0, bytes: expect.any(Number) }]);
    expect(deltas[0]?.bytes).toBeGreaterThan(0);
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
