import { and, eq, sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { GET, OPTIONS, POST } from '@/app/api/v1/traces/[traceId]/feedback/route';
import { GET as getTrace } from '@/app/api/v1/traces/[traceId]/route';
import { usageDeltas } from '@/db/schema/usage';
import { withPlatform, withTenant } from '@/db/tenant';
import { feedbackReceipt, wireTraceFeedback } from '@/lib/feedback/schema';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { makeKey, makePerson, makeTenant, type TestTenant, unique } from '@/tests/support/factories';
import { call, readError, type Sent } from '@/tests/support/requests';

let tenant: TestTenant;
let publish: string;

beforeAll(async () => {
  tenant = await makeTenant();
  publish = (await makeKey(tenant, { kind: 'publish' })).key;
});

const send = (traceId: string, body: unknown, given: Partial<Sent> = {}) =>
  call(POST, {
    method: 'POST',
    path: '/api/v1/traces/x/feedback',
    host: tenant.host,
    key: publish,
    params: { traceId },
    body,
    ...given,
  });

async function read(traceId: string, of: TestTenant = tenant) {
  const answer = await call(GET, {
    path: '/api/v1/traces/x/feedback',
    host: of.host,
    key: of.firstKey.key,
    params: { traceId },
  });
  return answer.status === 200 ? wireTraceFeedback.strict().parse(answer.body).feedback : answer.status;
}

const deltasOf = (of: TestTenant, project: string) =>
  withPlatform((db) =>
    db
      .select({
        traceCount: usageDeltas.traceCount,
        storageBytes: usageDeltas.storageBytes,
        apiRequests: usageDeltas.apiRequests,
        keyId: usageDeltas.keyId,
      })
      .from(usageDeltas)
      .where(and(eq(usageDeltas.tenantId, of.id), eq(usageDeltas.project, project)))
      .orderBy(usageDeltas.id),
  );

describe('POST /api/v1/traces/{traceId}/feedback', () => {
  test('stores feedback, and updates it field by field under the same id', async () => {
    const traceId = `t-${unique()}`;
    const first = await send(traceId, { id: 'a', thumbs: 'up', comment: 'Good.', user_id: 'u1', more: 1 });
    expect(first.status).toBe(201);
    expect(feedbackReceipt.strict().parse(first.body)).toEqual({
      id: 'a',
      trace_id: traceId,
      status: 'created',
    });
    expect(await send(traceId, { id: 'a', thumbs: 'down', score: 0.25, comment: null })).toMatchObject({
      status: 201,
      body: { id: 'a', status: 'updated' },
    });
    expect(await read(traceId)).toMatchObject([
      { id: 'a', thumbs: 'down', score: 0.25, comment: 'Good.', user_id: 'u1' },
    ]);
  });

  test('makes an id where none came, so that each is its own', async () => {
    const traceId = `t-${unique()}`;
    const ids = [await send(traceId, { score: 0 }), await send(traceId, { score: 1 })].map(
      ({ body }) => feedbackReceipt.parse(body).id,
    );
    expect(new Set(ids).size).toBe(2);
    expect(((await read(traceId)) as { score: number }[]).map(({ score }) => score)).toEqual([1, 0]);
  });

  test('may come before its trace', async () => {
    const traceId = `t-${unique()}`;
    expect((await send(traceId, { thumbs: 'up' })).status).toBe(201);
    expect(
      (await call(getTrace, { path: '/x', host: tenant.host, key: tenant.firstKey.key, params: { traceId } }))
        .status,
    ).toBe(404);
    await ingestTraces(tenant.firstKey.ctx, [{ traceId, question: 'Why?' }]);
    expect(await read(traceId)).toMatchObject([{ thumbs: 'up' }]);
  });

  test.each([
    [{}, ''],
    [{ id: 'a', user_id: 'u' }, ''],
    [{ thumbs: null, score: null, comment: null }, ''],
    [{ comment: '' }, ''],
    [{ thumbs: 'sideways' }, 'thumbs'],
    [{ thumbs: true }, 'thumbs'],
    [{ score: 1.01 }, 'score'],
    [{ score: -0.01 }, 'score'],
    [{ score: '1' }, 'score'],
    [{ thumbs: 'up', id: '' }, 'id'],
    [{ thumbs: 'up', id: 'x'.repeat(201) }, 'id'],
    [{ thumbs: 'up', user_id: 'x'.repeat(201) }, 'user_id'],
    [{ comment: 'x'.repeat(10_001) }, 'comment'],
    [[], ''],
    ['"x"', ''],
  ])('refuses %j, naming the field', async (body, path) => {
    const answer = readError(await send(`t-${unique()}`, body));
    expect(answer).toMatchObject({ status: 422, issues: [{ path }] });
  });

  test('refuses what cannot be the id of a trace', async () => {
    for (const traceId of ['a\u0000b', 'x'.repeat(201), '', 'a\ud800'])
      expect(readError(await send(traceId, { thumbs: 'up' }))).toMatchObject({
        status: 422,
        issues: [{ path: 'traceId' }],
      });
  });

  test('stores any text that a person writes', async () => {
    const traceId = `t-${unique()}`;
    await send(traceId, { id: 'a\u0000', comment: 'a\u0000b \\ud800 <script>', user_id: "' or 1=1 --" });
    expect(await read(traceId)).toMatchObject([
      { id: 'a\uFFFD', comment: 'a\uFFFDb \\ud800 <script>', user_id: "' or 1=1 --" },
    ]);
  });

  test('stores one of several that come at once under one id, and meters its bytes once', async () => {
    const traceId = `t-${unique()}`;
    const project = `p-${unique()}`;
    await ingestTraces(tenant.firstKey.ctx, [{ traceId, project }]);
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => send(traceId, { id: 'a', comment: 'x'.repeat(100) })),
    );
    const statuses = answers.map(({ body }) => feedbackReceipt.parse(body).status).sort();
    expect(statuses).toEqual(['created', ...Array(5).fill('updated')]);
    const size = JSON.stringify({ traceId, id: 'a', comment: 'x'.repeat(100) }).length;
    const deltas = (await deltasOf(tenant, project)).slice(1);
    expect(deltas).toHaveLength(6);
    expect(deltas.reduce((sum, { storageBytes }) => sum + storageBytes, 0)).toBe(size);
    expect(
      deltas.every(({ traceCount, apiRequests, keyId }) => traceCount === 0 && apiRequests === 1 && keyId),
    ).toBe(true);
    await send(traceId, { id: 'a', comment: 'short' });
    expect((await deltasOf(tenant, project)).at(-1)?.storageBytes).toBe(5 - 100);
  });

  test('is for those who may, by key and by session', async () => {
    const traceId = `t-${unique()}`;
    const from = (cookie: string) => ({
      key: undefined as unknown as string,
      headers: { cookie, origin: `http://${tenant.host}` },
    });
    const viewer = await makePerson(tenant, 'viewer');
    const analyst = await makePerson(tenant, 'analyst');
    expect((await send(traceId, { score: 1 }, from(viewer.cookie))).status).toBe(403);
    expect((await send(traceId, { score: 1 }, from(analyst.cookie))).status).toBe(201);
    const reader = await makeKey(tenant, { scopes: ['traces:read'] });
    expect((await send(traceId, { score: 1 }, { key: reader.key })).status).toBe(403);
    expect((await send(traceId, { score: 1 }, { key: tenant.firstKey.key })).status).toBe(201);
  });

  test('keeps tenants apart, whoever has the same ids', async () => {
    const traceId = `t-${unique()}`;
    const other = await makeTenant();
    await send(traceId, { id: 'a', comment: 'ours' });
    expect(await read(traceId, other)).toBe(404);
    await send(traceId, { id: 'a', comment: 'theirs' }, { host: other.host, key: other.firstKey.key });
    expect(await read(traceId)).toMatchObject([{ comment: 'ours' }]);
    expect((await send(traceId, { score: 1 }, { host: other.host })).status).toBe(404);
    const rows = await withTenant(tenant.ctx, (db) =>
      db.execute(sql`select comment from feedback where trace_id = ${traceId}`),
    );
    expect([...rows]).toEqual([{ comment: 'ours' }]);
  });
});

describe('GET /api/v1/traces/{traceId}/feedback', () => {
  test('is empty for a trace that nobody has spoken of, and 404 for none', async () => {
    const traceId = `t-${unique()}`;
    expect(await read(traceId)).toBe(404);
    await ingestTraces(tenant.firstKey.ctx, [{ traceId }]);
    expect(await read(traceId)).toEqual([]);
    expect(await read('a\u0000b')).toBe(404);
  });

  test('is nothing for a publish key', async () => {
    const answer = await call(GET, { path: '/x', host: tenant.host, key: publish, params: { traceId: 'x' } });
    expect(readError(answer)).toMatchObject({ status: 403 });
  });
});

describe('a page of another origin', () => {
  const allowed = (headers: Headers) => headers.get('access-control-allow-origin');

  test('may send feedback, and hear what became of it, errors included', async () => {
    const headers = { origin: 'https://shop.example' };
    const ok = await send(`t-${unique()}`, { thumbs: 'up' }, { headers });
    const invalid = await send(`t-${unique()}`, {}, { headers });
    const refused = await send(`t-${unique()}`, { thumbs: 'up' }, { headers, key: 'rtk_x' });
    expect([ok.status, invalid.status, refused.status]).toEqual([201, 422, 401]);
    for (const answer of [ok, invalid, refused]) {
      expect(allowed(answer.headers)).toBe('*');
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    }
  });

  test('is told so beforehand', async () => {
    const request = new Request('http://localhost:3000/x', {
      method: 'OPTIONS',
      headers: {
        host: 'lb.internal',
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    const { status, headers } = await OPTIONS(request, { params: Promise.resolve({}) });
    expect(status).toBe(204);
    expect(allowed(headers)).toBe('*');
    expect(headers.get('access-control-allow-methods')).toBe('POST');
    expect(headers.get('access-control-allow-headers')).toBe('authorization, x-api-key, content-type');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
  });

  test('hears nothing of any other route', async () => {
    const headers = { origin: 'https://shop.example' };
    const sent = {
      path: '/x',
      host: tenant.host,
      key: tenant.firstKey.key,
      params: { traceId: 'x' },
      headers,
    };
    for (const handler of [GET, getTrace]) expect(allowed((await call(handler, sent)).headers)).toBeNull();
  });
});
