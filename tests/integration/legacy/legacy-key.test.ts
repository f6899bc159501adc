import { eq } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { GET as getConfig } from '@/app/api/config/route';
import { GET as getTrace } from '@/app/api/v1/traces/[traceId]/route';
import { GET as listTraces, POST as postTrace } from '@/app/api/v1/traces/route';
import { pool } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { auditLog } from '@/db/schema/audit';
import { tenants } from '@/db/schema/tenancy';
import { usageDeltas } from '@/db/schema/usage';
import { renameApiKey, revokeApiKey, rotateApiKey, setServiceKey } from '@/lib/api-keys/mutations';
import { findLegacyKey, listApiKeys } from '@/lib/api-keys/queries';
import { can } from '@/lib/auth/authorize';
import { authenticate } from '@/lib/auth/credentials';
import { flushKeyUses } from '@/lib/auth/key-uses';
import { isLegacyKey, LEGACY_KEY_ID, registerLegacyTenantMaker } from '@/lib/auth/legacy-key';
import { type Permission, permissions } from '@/lib/auth/permissions';
import { env } from '@/lib/env';
import { startListening } from '@/lib/tenancy/live-cache';
import { ensureDefaultTenant } from '@/lib/workflows/default-tenant/mutations';
import { version } from '@/package.json';
import { hearChanges } from '@/tests/support/changes';
import { makeTenant, type TestTenant, unique } from '@/tests/support/factories';
import { countQueries } from '@/tests/support/queries';
import { call } from '@/tests/support/requests';

const key = env().legacyApiKey ?? '';
const { db } = pool('platform');
const root = 'ragtoolkit.localhost:3000';
let other: TestTenant;
let made = 0;

beforeAll(async () => {
  registerLegacyTenantMaker((requestId) => {
    made++;
    return ensureDefaultTenant({ actor: { kind: 'system', name: 'legacy-key' }, requestId });
  });
  startListening();
  other = await makeTenant();
  await hearChanges();
});

const ask = (given: { host?: string; authorization?: string; apiKey?: string }) =>
  authenticate(
    { host: root, method: 'GET', origin: null, cookie: null, authorization: null, apiKey: null, ...given },
    'req_1',
  );

describe('the key of the predecessor', () => {
  test('makes the tenant default at its first use, once for several at once', async () => {
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => ask({ authorization: `Bearer ${key}` })));
    expect(new Set(all.map(({ tenant }) => tenant.id)).size).toBe(1);
    expect(made).toBeLessThanOrEqual(1);
    expect(await db.select().from(tenants).where(eq(tenants.slug, 'default'))).toHaveLength(1);
    expect(all[0]).toMatchObject({
      tenant: { slug: 'default', status: 'active' },
      actor: { kind: 'api-key', keyId: LEGACY_KEY_ID, scopes: ['admin'], creatorRole: null },
    });
  });

  test('may do all that an admin may', async () => {
    const { actor } = await ask({ apiKey: key });
    for (const permission of Object.keys(permissions) as Permission[])
      expect(can(actor, permission)).toBe(true);
  });

  test('works on every host but another tenant’s, in every header', async () => {
    const basic = `Basic ${Buffer.from(`rag:${key}`).toString('base64')}`;
    for (const host of [
      root,
      `www.${root}`,
      `cloud.${root}`,
      `default.${root}`,
      '10.0.0.1',
      'lb.internal',
      '',
    ])
      for (const given of [{ authorization: `Bearer ${key}` }, { apiKey: key }, { authorization: basic }])
        expect((await ask({ host, ...given })).tenant.slug, host).toBe('default');
    for (const host of [other.host, `nobody-at-all.${root}`, `a.default.${root}`])
      await expect(ask({ host, apiKey: key }), host).rejects.toMatchObject({
        code: 'not_found',
        status: 404,
      });
  });

  test('is told from others in constant time, and near misses are refused', async () => {
    expect(isLegacyKey(key)).toBe(true);
    for (const near of [
      `${key}x`,
      key.slice(0, -1),
      key.toUpperCase(),
      '',
      key.replace(/.$/, '0'),
      'é'.repeat(40),
    ]) {
      expect(isLegacyKey(near)).toBe(false);
      await expect(ask({ authorization: `Bearer ${near || 'x'}` })).rejects.toMatchObject({ status: 401 });
    }
  });

  test('asks the database nothing once it is known', async () => {
    await ask({ apiKey: key });
    await flushKeyUses();
    await hearChanges();
    await ask({ apiKey: key });
    expect((await countQueries(() => ask({ apiKey: key }))).queries).toBe(0);
  });

  test('is named in usage, and is no key that anybody could act on', async () => {
    const traceId = `t-${unique()}`;
    const body = { trace_id: traceId, project: `p-${traceId}` };
    const answer = await call(postTrace, { method: 'POST', path: '/x', host: root, key, body });
    expect(answer.status).toBe(201);
    const [delta] = await db.select().from(usageDeltas).where(eq(usageDeltas.project, body.project));
    expect(delta).toMatchObject({ keyId: LEGACY_KEY_ID, apiRequests: 1, traceCount: 1 });

    const ctx = await ask({ apiKey: key });
    const named = await db.select({ name: apiKeys.name }).from(apiKeys).where(eq(apiKeys.id, LEGACY_KEY_ID));
    expect(named).toEqual([{ name: 'RAGTOOLKIT_API_KEY' }]);
    expect((await listApiKeys(ctx)).filter(({ id }) => id === LEGACY_KEY_ID)).toEqual([]);
    for (const act of [
      () => revokeApiKey(ctx, { id: LEGACY_KEY_ID }),
      () => renameApiKey(ctx, { id: LEGACY_KEY_ID, name: 'x' }),
      () => rotateApiKey(ctx, { id: LEGACY_KEY_ID, overlap: 'now' }),
      () => setServiceKey(ctx, { id: LEGACY_KEY_ID, service: false }),
    ])
      await expect(act()).rejects.toMatchObject({ code: 'not_found' });
    expect(await db.select().from(auditLog).where(eq(auditLog.targetId, LEGACY_KEY_ID))).toEqual([]);
  });

  test('tells its workspace, and no other, when it was last used', async () => {
    const ctx = await ask({ apiKey: key });
    await flushKeyUses();
    const { lastUsedAt } = (await findLegacyKey(ctx)) ?? {};
    expect(Math.abs(Date.parse(lastUsedAt ?? '') - Date.now())).toBeLessThan(120_000);
    expect(await findLegacyKey(other.admin.ctx)).toBeNull();
  });
});

/** What the predecessor's SDKs send, whose base URL and key are all that can be changed. */
describe.each(['the legacy key', 'a signed key'])('the requests of the deployed SDKs, with %s', (which) => {
  const keyOf = () => (which === 'the legacy key' ? key : other.firstKey.key);
  const hosts = [root, 'ragtoolkit.internal:8000'];

  test.each(hosts)('are answered at %s', async (host) => {
    const traceId = crypto.randomUUID();
    const config = await call(getConfig, { path: '/api/config', host });
    expect(config).toMatchObject({
      status: 200,
      body: { api_url: `http://${root}`, project: 'default', version, features: expect.any(Object) },
    });
    // Python: time.time(), metadata of any shape, chunks as dicts, None for what is not known.
    const python = {
      trace_id: traceId,
      timestamp: 1_700_000_000.123456,
      project: 'default',
      user_input: 'How long is the trial?',
      retrieved_chunks: [{ content: 'The trial lasts 14 days.', source: 'trial.md' }, 'A plain text.'],
      retrieval_scores: [0.91],
      prompts: ['Answer briefly.'],
      model_output: '14 days.',
      model_name: 'gpt-4',
      response_latency_ms: 840.5,
      tokens_in: 412,
      tokens_out: 18,
      metadata: { user_id: 'u1', session_id: 's1', environment: 'production' },
      error: null,
      sdk_version: '0.3.1',
    };
    const post = (body: object) =>
      call(postTrace, {
        method: 'POST',
        path: '/api/v1/traces',
        host,
        key: keyOf(),
        headers: { 'user-agent': 'python-requests/2.31.0', accept: '*/*' },
        body,
      });
    expect(await post(python)).toMatchObject({ status: 201, body: { trace_id: traceId, status: 'created' } });
    // TypeScript: ISO time, and the trace sent again once the answer is there.
    expect(
      await post({ trace_id: traceId, timestamp: '2023-11-14T22:13:20.123Z', error: 'timeout' }),
    ).toMatchObject({ status: 201, body: { status: 'updated' } });
    const found = await call(getTrace, { path: '/x', host, key: keyOf(), params: { traceId } });
    expect(found).toMatchObject({
      status: 200,
      body: {
        trace_id: traceId,
        timestamp: '2023-11-14T22:13:20.123Z',
        user_input: 'How long is the trial?',
        retrieval_scores: [0.91, null],
        error: 'timeout',
      },
    });
    const query =
      '?page=1&size=100&model_name=gpt-4&has_error=True&start_date=1699999999&end_date=2023-11-15';
    const list = await call(listTraces, { path: `/api/v1/traces${query}`, host, key: keyOf() });
    expect(list).toMatchObject({ status: 200, body: { page: 1, size: 100, has_next: false } });
    expect((list.body as { traces: { trace_id: string }[] }).traces.map((one) => one.trace_id)).toContain(
      traceId,
    );
  });
});

test('GET /api/config names the tenant’s own address on its host, and the site’s everywhere else', async () => {
  const urlAt = async (host: string) =>
    ((await call(getConfig, { path: '/api/config', host })).body as { api_url: string }).api_url;
  expect(await urlAt(other.host)).toBe(`http://${other.host}`);
  for (const host of [root, `cloud.${root}`, `nobody-at-all.${root}`, 'evil.example', ''])
    expect(await urlAt(host)).toBe(`http://${root}`);
});
