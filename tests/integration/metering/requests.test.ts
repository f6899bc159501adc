import { afterAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { POST as postEvaluations } from '@/app/api/v1/evaluations/route';
import { POST as postBatch } from '@/app/api/v1/traces/batch/route';
import { GET as listTraces, POST as postTrace } from '@/app/api/v1/traces/route';
import { pool } from '@/db/client';
import { revokeApiKey } from '@/lib/api-keys/mutations';
import { AppError } from '@/lib/errors';
import { endpoint } from '@/lib/http/endpoint';
import { flushApiRequests } from '@/lib/usage/api-requests';
import { makeKey, makeTenant, type TestTenant, unique } from '@/tests/support/factories';
import { call } from '@/tests/support/requests';
import { connectAsOwner } from './support';

const owner = connectAsOwner();
afterAll(() => owner.end());

const countOf = async (of: TestTenant) => {
  await flushApiRequests();
  const [row] =
    await owner`select coalesce(sum(api_requests), 0)::int as n from usage_deltas where tenant_id = ${of.id}`;
  return row?.n as number;
};
const to = (of: TestTenant, path = '/api/v1/traces') => ({ path, host: of.host, key: of.firstKey.key });
const asJudge = async (of: TestTenant) => ({
  ...to(of),
  method: 'POST' as const,
  key: (await makeKey(of, { scopes: ['evaluations:write'] })).key,
});
const about = { summary: 'Test', route: '/api/test', tag: 'Meta', limit: 'caller' } as const;
const failing = (code: 'conflict' | 'rate_limited' | 'unavailable' | 'internal') =>
  endpoint({
    ...about,
    permission: 'traces:read',
    response: z.object({}),
    handler: async () => {
      throw new AppError(code);
    },
  });

describe('api.requests', () => {
  test('counts reads once, and those that are refused for what they ask', async () => {
    const tenant = await makeTenant();
    await call(listTraces, to(tenant));
    await call(listTraces, to(tenant, '/api/v1/traces?size=1000'));
    await call(listTraces, {
      ...to(tenant),
      key: undefined as never,
      headers: { cookie: tenant.admin.cookie },
    });
    await call(failing('conflict'), to(tenant));
    expect(await countOf(tenant)).toBe(4);
    expect(await countOf(tenant)).toBe(4);
  });

  test('counts neither 429 nor 5xx, nor who is nobody', async () => {
    const tenant = await makeTenant();
    for (const code of ['rate_limited', 'unavailable', 'internal'] as const)
      await call(failing(code), to(tenant));
    await call(listTraces, { ...to(tenant), key: `${tenant.firstKey.key.slice(0, -4)}AAAA` });
    await call(listTraces, { path: '/api/v1/traces', host: tenant.host });
    const stranger = await makeTenant();
    await call(listTraces, { ...to(tenant), key: stranger.firstKey.key });
    await call(listTraces, {
      path: '/api/v1/traces',
      host: tenant.host,
      headers: { cookie: stranger.admin.cookie },
    });
    const revoked = await makeKey(tenant);
    await revokeApiKey(tenant.admin.ctx, { id: revoked.keyId });
    await call(listTraces, { ...to(tenant), key: revoked.key });
    expect(await countOf(tenant)).toBe(0);
    expect(await countOf(stranger)).toBe(0);
  });

  test('counts a write in its transaction, and not again in memory', async () => {
    const tenant = await makeTenant();
    const post = { ...to(tenant), method: 'POST' } as const;
    const body = { trace_id: unique() };
    await call(postTrace, { ...post, body });
    await call(postTrace, { ...post, body });
    await call(postBatch, { ...post, body: { traces: [{ trace_id: unique() }, { nothing: true }] } });
    await call(postEvaluations, {
      ...(await asJudge(tenant)),
      body: { trace_id: unique(), score_type: 'safety', score: 1 },
    });
    // A body that cannot be read reaches no transaction.
    await call(postTrace, { ...post, body: '{' });
    await call(postBatch, { ...post, body: { traces: [{ nothing: true }] } });
    expect(await countOf(tenant)).toBe(6);
  });

  test('is written once, though the answer of the database is lost', async () => {
    const tenant = await makeTenant();
    await call(listTraces, to(tenant));
    const { db } = pool('platform');
    const execute = db.execute.bind(db);
    const spy = vi.spyOn(db, 'execute').mockImplementationOnce((async (
      query: Parameters<typeof execute>[0],
    ) => {
      await execute(query);
      throw new Error('the connection broke');
    }) as never);
    await expect(flushApiRequests()).rejects.toThrow('the connection broke');
    spy.mockRestore();
    await call(listTraces, to(tenant));
    expect(await countOf(tenant)).toBe(2);
  });
});

describe('evaluation.count', () => {
  const meter = async (of: TestTenant) => {
    const [row] = await owner`
      select sum(evaluation_count)::int as count, sum(storage_bytes)::int as bytes from usage_deltas where tenant_id = ${of.id}`;
    const [stored] = await owner`
      select count(*)::int as count, coalesce(sum(byte_size), 0)::int as bytes from all_tenants.evaluations where tenant_id = ${of.id}`;
    return { metered: row, stored };
  };

  test('counts evaluations first stored, and their bytes as they are', async () => {
    const tenant = await makeTenant();
    const judge = await asJudge(tenant);
    const send = (body: object) =>
      call(postEvaluations, {
        ...judge,
        body: { trace_id: 't', score_type: 'safety', ...body },
      });
    await send({ id: 'a', score: 0.5 });
    await send({ id: 'a', score: 0.5 });
    await send({ id: 'a', score: 0.25, explanation: 'it grew' });
    await send({ id: 'b', score: 1 });
    const { metered, stored } = await meter(tenant);
    expect(metered).toEqual(stored);
    expect(stored).toMatchObject({ count: 2 });
    expect(stored?.bytes).toBeGreaterThan(0);
  });

  test('of both who send the same at once, one is counted', async () => {
    const tenant = await makeTenant();
    const judge = await asJudge(tenant);
    const body = { trace_id: 'same', id: 'same', score_type: 'safety', score: 0.5 };
    await Promise.all([1, 2, 3, 4].map(() => call(postEvaluations, { ...judge, body })));
    const { metered, stored } = await meter(tenant);
    expect(metered).toEqual(stored);
    expect(stored).toMatchObject({ count: 1 });
  });
});
