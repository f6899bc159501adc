import { eq } from 'drizzle-orm';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { apiKeys } from '@/db/schema/api-keys';
import { auditLog } from '@/db/schema/audit';
import { tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { createApiKey, revokeApiKey, setApiKeyRate } from '@/lib/api-keys/mutations';
import { announceApiKeyChange } from '@/lib/auth/api-key';
import { revokeSession } from '@/lib/auth/sessions';
import { refuseAtDoor } from '@/lib/gateway/door';
import { type LimitSource, limitRequest } from '@/lib/gateway/limit';
import { tooManyActions } from '@/lib/http/action-result';
import { endpoint, publicEndpoint } from '@/lib/http/endpoint';
import { runRequest } from '@/lib/log';
import { startListening } from '@/lib/tenancy/live-cache';
import { clearTenantRate, setTenantRate } from '@/lib/workflows/limits/mutations';
import { makeKey, makePerson, makeTenant, type TestTenant, unique } from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';
import { call, readError } from '@/tests/support/requests';

// The limits of the table, and not those of the other tests.
vi.hoisted(() => {
  process.env.RATE_LIMIT_OVERRIDES = '';
});

const operator = { actor: { kind: 'system', name: 'operator' }, requestId: 'test' } as const;
const about = { summary: 'Test', route: '/api/test', tag: 'Meta', limit: 'caller' } as const;
const route = endpoint({
  ...about,
  permission: 'traces:read',
  response: z.object({ ok: z.boolean() }),
  handler: async () => ({ ok: true }),
});

let tenant: TestTenant;
let stranger: TestTenant;
/** So few that a test is quick: 5 at once, and hardly another one after them. */
const FEW = { perSecond: 1, burst: 5, reason: 'a test', expiresAt: new Date(Date.now() + 3_600_000) };

beforeAll(async () => {
  startListening();
  [tenant, stranger] = await Promise.all([makeTenant(), makeTenant()]);
});
// The time of the buckets is the tests' own: however slow the machine, nothing flows back into one meanwhile.
beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => vi.useRealTimers());

function source(given: Partial<LimitSource>): LimitSource {
  return {
    host: tenant.host,
    authorization: null,
    apiKey: null,
    cookie: null,
    ip: '203.0.113.1',
    ...given,
  };
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** Sends so many at once, and counts who was let in. */
async function letIn(times: number, given: Partial<LimitSource>): Promise<number> {
  const all = await Promise.all(Array.from({ length: times }, () => limitRequest(source(given))));
  return all.filter(({ allowed }) => allowed).length;
}

/** A tenant of its own with few requests to spend. */
async function makePoor(): Promise<TestTenant> {
  const poor = await makeTenant();
  await setTenantRate(operator, { tenantId: poor.id, ...FEW });
  return poor;
}

describe('limitRequest', () => {
  test('charges a tenant for its own live keys together', async () => {
    const poor = await makePoor();
    const other = await makeKey(poor);
    expect(await letIn(3, { host: poor.host, ...bearer(poor.firstKey.key) })).toBe(3);
    expect(await letIn(9, { host: poor.host, apiKey: other.key })).toBe(2);
  });

  test('charges it nothing for whatever a stranger sends to its host', async () => {
    const poor = await makePoor();
    const revoked = await makeKey(poor);
    await revokeApiKey(poor.admin.ctx, { id: revoked.keyId });
    const expired = await makeKey(poor);
    await withPlatform(async (db) => {
      await db
        .update(apiKeys)
        .set({ expiresAt: new Date(0) })
        .where(eq(apiKeys.id, expired.keyId));
      await announceApiKeyChange(db, { tenantId: poor.id, keyId: expired.keyId });
    });
    const forged = `${poor.firstKey.key.slice(0, -4)}AAAA`;
    const outsider = await makePerson(stranger, 'admin');
    const attempts: Partial<LimitSource>[] = [
      {},
      bearer('rtk_x'),
      bearer(forged),
      bearer(revoked.key),
      bearer(expired.key),
      bearer(stranger.firstKey.key),
      { authorization: 'Basic nonsense' },
      { apiKey: '' },
      { cookie: outsider.cookie },
      { cookie: poor.admin.cookie },
      { cookie: `${poor.admin.cookie}x` },
    ];
    for (const [i, attempt] of attempts.entries())
      await letIn(60, { host: poor.host, ip: `203.0.113.${i}`, ...attempt });
    // Its whole bucket is there, from an address that has been used up.
    expect(await letIn(9, { host: poor.host, ip: '203.0.113.0', ...bearer(poor.firstKey.key) })).toBe(5);
  });

  test('lets a tenant’s own 150 a second through beside 2,000 of strangers, whatever these show', async () => {
    const [own, others] = await Promise.all([makeTenant(), makeTenant()]);
    const revoked = await makeKey(own);
    await revokeApiKey(own.admin.ctx, { id: revoked.keyId });
    const shown: Partial<LimitSource>[] = [
      {},
      bearer('rtk_x'),
      bearer(`${own.firstKey.key.slice(0, -4)}AAAA`),
      bearer(revoked.key),
      { apiKey: others.firstKey.key },
      { cookie: others.admin.cookie },
    ];
    const ask = async (given: Partial<LimitSource>) =>
      (await limitRequest(source({ host: own.host, ...given }))).allowed;
    for (const given of [...shown, bearer(own.firstKey.key)]) await ask(given); // each is known now
    let [sent, refused] = [0, 0];
    for (let ms = 1; ms <= 20_000; ms++) {
      vi.advanceTimersByTime(1);
      for (let i = 0; i < 2; i++) {
        const given = shown[sent % shown.length] ?? {};
        if (!(await ask({ ip: `10.9.8.${sent++ % 250}`, ...given }))) refused++;
      }
      if ((ms * 150) % 1_000 < 150) expect(await ask(bearer(own.firstKey.key)), `after ${ms} ms`).toBe(true);
    }
    expect(sent).toBe(40_000);
    expect(refused).toBeGreaterThan(10_000); // the strangers are the ones who are limited
  });

  test('charges forged, revoked and unknown keys to their address, and the rest to the host’s pool', async () => {
    const { firstKey } = await makePoor();
    const forged = `${firstKey.key.slice(0, -4)}AAAA`;
    const { host } = await makeTenant();
    expect(await letIn(150, { host, ip: '198.51.100.1', ...bearer(forged) })).toBeLessThanOrEqual(110);
    expect(await letIn(60, { host, ip: '198.51.100.1' })).toBeLessThan(40);
    // Others of that host are not touched, until all of them together are too many …
    expect(await letIn(1, { host, ip: '198.51.100.2' })).toBe(1);
    let admitted = 0;
    for (let i = 3; i < 20; i++) admitted += await letIn(60, { host, ip: `198.51.100.${i}` });
    expect(admitted).toBeLessThan(600);
    expect(await letIn(400, { host, ip: '198.51.100.250' })).toBeLessThan(100);
    // … and other hosts never.
    expect(await letIn(50, { host: stranger.host, ip: '198.51.100.251' })).toBe(50);
  });

  test('counts an IPv6 customer once, whatever address of theirs they use', async () => {
    const { host } = await makeTenant();
    let admitted = 0;
    for (let i = 0; i < 150; i++) admitted += await letIn(1, { host, ip: `2001:db8:1:2::${i.toString(16)}` });
    expect(admitted).toBeLessThan(140);
    expect(await letIn(1, { host, ip: '2001:db8:1:3::1' })).toBe(1);
  });

  test('gives hosts that are nobody’s one pool together', async () => {
    let admitted = 0;
    for (let i = 0; i < 12; i++) {
      const host = i % 2 ? `nobody-${unique()}.ragtoolkit.localhost:3000` : `${unique()}.example`;
      admitted += await letIn(50, { host, ip: `192.0.2.${i}` });
    }
    expect(admitted).toBeGreaterThanOrEqual(200);
    expect(admitted).toBeLessThan(500);
  });

  test('keeps a capped key below its cap, and leaves the others the rest', async () => {
    const own = await makeTenant();
    const runaway = await makeKey(own);
    await setApiKeyRate(own.admin.ctx, { id: runaway.keyId, perSecond: 10 });
    const count = await poll(async () => {
      const admitted = await letIn(100, { host: own.host, ...bearer(runaway.key) });
      return admitted < 50 ? admitted : null;
    });
    expect(count).toBeLessThan(20);
    expect(await letIn(150, { host: own.host, ...bearer(own.firstKey.key) })).toBeGreaterThanOrEqual(100);
  });

  test('charges a session to its person, on every host, and one that has ended to nobody’s', async () => {
    const own = await makeTenant();
    const person = await makePerson(own, 'viewer');
    const admitted = await letIn(400, { host: own.host, cookie: person.cookie });
    expect(admitted).toBeGreaterThanOrEqual(200);
    expect(admitted).toBeLessThan(400);
    expect((await limitRequest(source({ host: stranger.host, cookie: person.cookie }))).allowed).toBe(false);
    expect(await letIn(1, { host: own.host, cookie: own.admin.cookie })).toBe(1);

    // Whoever has stolen a cookie of a session that was ended takes nothing from its person.
    const ended = await makePerson(own, 'viewer');
    await revokeSession(ended.sessionId);
    const asked = await call(route, { path: '/api/test', host: own.host, headers: { cookie: ended.cookie } });
    expect(asked.status).toBe(401);
    const taken = await letIn(150, { host: own.host, ip: '203.0.113.77', cookie: ended.cookie });
    expect(taken).toBeLessThan(150); // as a stranger
  });

  test('counts a publish key by whoever reads the page, and costs the tenant’s own clients nothing', async () => {
    const poor = await makePoor();
    const published = await makeKey(poor);
    await withPlatform(async (db) => {
      await db.update(apiKeys).set({ kind: 'publish' }).where(eq(apiKeys.id, published.keyId));
      await announceApiKeyChange(db, { tenantId: poor.id, keyId: published.keyId });
    });
    const from = (ip: string) => letIn(100, { host: poor.host, ip, ...bearer(published.key) });
    await from('203.0.113.90');
    expect(await letIn(9, { host: poor.host, ...bearer(poor.firstKey.key) })).toBe(5);
  });

  test('is asked by several doors and counts once', async () => {
    const poor = await makePoor();
    const line = { requestId: 'test', method: 'GET', host: '', path: '' };
    const asked = source({ host: poor.host, ...bearer(poor.firstKey.key) });
    await runRequest(line, async () => {
      for (let i = 0; i < 20; i++) expect((await limitRequest(asked)).allowed).toBe(true);
    });
    expect(await letIn(9, { host: poor.host, ...bearer(poor.firstKey.key) })).toBe(4);
  });
});

describe('a tenant’s rate', () => {
  test('is its plan’s', async () => {
    const rich = await makeTenant();
    await withPlatform((db) => db.update(tenants).set({ plan: 'enterprise' }).where(eq(tenants.id, rich.id)));
    const admitted = await letIn(2_500, { host: rich.host, ...bearer(rich.firstKey.key) });
    expect(admitted).toBe(2_000);
  });

  test('is what an operator has set, from at most 5 s after it until it runs out', async () => {
    vi.useRealTimers();
    const own = await makeTenant();
    const ask = () => letIn(60, { host: own.host, ...bearer(own.firstKey.key) });
    expect(await ask()).toBe(60);
    await setTenantRate(operator, { tenantId: own.id, ...FEW });
    await poll(async () => (await ask()) < 10, 5_000, 'the new rate');
    await setTenantRate(operator, {
      tenantId: own.id,
      ...FEW,
      perSecond: 5_000,
      burst: 5_000,
      expiresAt: new Date(Date.now() + 1_500),
    });
    await poll(async () => (await ask()) === 60, 5_000, 'the higher rate');
    await poll(
      async () => {
        for (let i = 0; i < 5; i++) if ((await ask()) < 60) return true;
        return false;
      },
      10_000,
      'its end',
    );
  });

  test('is set and taken back with a row in the audit log', async () => {
    const own = await makePoor();
    await clearTenantRate(operator, { tenantId: own.id, reason: 'it was a test' });
    await clearTenantRate(operator, { tenantId: own.id, reason: 'nothing is set any more' });
    const rows = await withPlatform((db) =>
      db.select().from(auditLog).where(eq(auditLog.tenantId, own.id)).orderBy(auditLog.id),
    );
    expect(rows.map(({ action }) => action).filter((action) => action.includes('rate'))).toEqual([
      'tenant.set_rate',
      'tenant.clear_rate',
    ]);
    expect(rows.find(({ action }) => action === 'tenant.set_rate')?.after).toMatchObject({
      perSecond: 1,
      burst: 5,
      reason: 'a test',
    });
  });

  test('is set by nobody of a tenant', async () => {
    const by = tenant.admin.ctx as never;
    await expect(setTenantRate(by, { tenantId: tenant.id, ...FEW })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(clearTenantRate(by, { tenantId: tenant.id, reason: 'x' })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('setApiKeyRate', () => {
  test('is for admins, for keys of their own tenant that live', async () => {
    const own = await makeTenant();
    const analyst = await makePerson(own, 'analyst');
    const { id } = await createApiKey(own.admin.ctx, { name: 'x' });
    await expect(setApiKeyRate(analyst.ctx, { id, perSecond: 1 })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(setApiKeyRate(stranger.admin.ctx, { id, perSecond: 1 })).rejects.toMatchObject({
      code: 'not_found',
    });
    await setApiKeyRate(own.admin.ctx, { id, perSecond: 7 });
    await setApiKeyRate(own.admin.ctx, { id, perSecond: 7 });
    const rows = await withPlatform((db) =>
      db.select().from(auditLog).where(eq(auditLog.tenantId, own.id)).orderBy(auditLog.id),
    );
    expect(rows.filter(({ action }) => action === 'api_key.set_rate')).toMatchObject([
      { before: { perSecond: null }, after: { perSecond: 7 } },
    ]);
    await revokeApiKey(own.admin.ctx, { id });
    await expect(setApiKeyRate(own.admin.ctx, { id, perSecond: 1 })).rejects.toMatchObject({
      code: 'conflict',
    });
  });
});

describe('an answer', () => {
  const at = (given: TestTenant, headers: Record<string, string> = {}) =>
    call(route, { path: '/api/test', host: given.host, key: given.firstKey.key, headers });

  test('says what is left, when it is a success', async () => {
    const own = await makeTenant();
    const { status, headers } = await at(own);
    expect(status).toBe(200);
    expect(headers.get('ratelimit-policy')).toBe('"tenant";q=200;w=1');
    expect(headers.get('ratelimit')).toBe('"tenant";r=199;t=1');
    expect(headers.get('x-ratelimit-limit')).toBe('200');
    expect(headers.get('x-ratelimit-remaining')).toBe('199');
    const reset = Number(headers.get('x-ratelimit-reset')) - Date.now() / 1_000;
    expect(reset).toBeGreaterThan(-1);
    expect(reset).toBeLessThan(3);
    expect(headers.get('retry-after')).toBeNull();
  });

  test('says it of an error too, once it is known who asks', async () => {
    const own = await makeTenant();
    const forbidden = endpoint({
      ...about,
      permission: 'api-keys:manage',
      response: z.object({}),
      handler: async () => ({}),
    });
    const answer = await call(forbidden, { path: '/api/test', host: own.host, key: own.firstKey.key });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('ratelimit')).toMatch(/^"tenant";r=199/);
    const capped = await makeKey(own);
    await setApiKeyRate(own.admin.ctx, { id: capped.keyId, perSecond: 10 });
    const both = await call(route, { path: '/api/test', host: own.host, key: capped.key });
    expect(both.headers.get('ratelimit-policy')).toBe('"key";q=10;w=1, "tenant";q=200;w=1');
    expect(both.headers.get('x-ratelimit-limit')).toBe('10');
    const person = await call(route, {
      path: '/api/test',
      host: own.host,
      headers: { cookie: own.admin.cookie },
    });
    expect(person.headers.get('ratelimit-policy')).toBe('"user";q=50;w=1');
  });

  test('that refuses is the common error, with seconds to wait that are not the same for all', async () => {
    const poor = await makePoor();
    const answers = await Promise.all(Array.from({ length: 60 }, () => at(poor)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(50);
    const waits = refused.map(({ headers }) => headers.get('retry-after') ?? '');
    for (const wait of waits) expect(wait).toMatch(/^[1-9]\d*$/);
    expect(new Set(waits).size).toBeGreaterThan(1);
    for (const answer of refused) {
      expect(readError(answer)).toMatchObject({ status: 429, code: 'rate_limited' });
      expect(answer.headers.get('ratelimit')).toMatch(/^"tenant";r=0;t=[1-5]$/);
    }
  });

  test('tells a stranger nothing of anybody’s budget', async () => {
    const own = await makeTenant();
    const asked = [
      { host: own.host },
      { host: own.host, key: 'rtk_x' },
      { host: own.host, key: stranger.firstKey.key },
      { host: own.host, headers: { cookie: stranger.admin.cookie } },
    ];
    for (const sent of asked) {
      const { status, headers } = await call(route, { path: '/api/test', ...sent });
      expect([401, 403, 404]).toContain(status);
      expect([...headers.keys()].filter((name) => name.includes('ratelimit'))).toEqual([]);
    }
    const open = publicEndpoint({ ...about, response: z.object({}), handler: async () => ({}) });
    const answers = await Promise.all(
      Array.from({ length: 150 }, () =>
        call(open, {
          path: '/api/test',
          host: own.host,
          headers: { 'x-forwarded-for': '203.0.113.200' },
        }),
      ),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const { headers } of refused)
      expect([...headers.keys()].filter((name) => name.includes('ratelimit'))).toEqual([]);
  });
});

describe('the door', () => {
  const knock = (poor: TestTenant, given: Partial<Parameters<typeof refuseAtDoor>[0]> = {}) =>
    refuseAtDoor({
      ...source({ host: poor.host, ...bearer(poor.firstKey.key) }),
      path: '/api/v1/traces',
      contentType: null,
      action: null,
      ...given,
    });
  const used = async () => {
    const poor = await makePoor();
    await letIn(20, { host: poor.host, ...bearer(poor.firstKey.key) });
    return poor;
  };

  test('refuses in the words of the surface that was asked', async () => {
    const poor = await used();
    const api = await knock(poor);
    expect(api).toMatchObject({ status: 429, headers: { 'content-type': 'application/json' } });
    expect(JSON.parse(String(api?.body))).toMatchObject({ error: { code: 'rate_limited' } });

    const json = await knock(poor, { path: '/v1/traces', contentType: 'application/json' });
    expect(json?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(String(json?.body))).toEqual({ code: 8, message: expect.stringContaining('Wait') });

    const proto = await knock(poor, { path: '/api/otel/v1/traces', contentType: 'application/x-protobuf' });
    expect(proto?.headers['content-type']).toBe('application/x-protobuf');
    const bytes = Buffer.from(proto?.body as Uint8Array);
    expect([...bytes.subarray(0, 3)]).toEqual([0x08, 8, 0x12]);
    expect(bytes.subarray(4, 4 + (bytes[3] ?? 0)).toString()).toContain('Wait');

    const page = await knock(poor, { path: '/traces' });
    expect(page?.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page?.body).toContain('<h1>That was a lot at once</h1>');
    expect(page?.headers['content-security-policy']).toContain("default-src 'self'");

    const action = await knock(poor, { path: '/settings/workspace', action: 'a-hash' });
    expect(action?.headers['content-type']).toBe('text/plain'); // nothing else is told to whoever has called it
    const wait = Number(action?.headers['retry-after']);
    expect(action?.body).toBe(tooManyActions(wait));
    for (const answer of [api, json, proto, page, action]) {
      expect(Number(answer?.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(answer?.headers['x-request-id']).toBeTruthy();
      expect(answer?.headers['x-content-type-options']).toBe('nosniff');
    }
  });

  test('lets health and the files of pages through', async () => {
    const poor = await used();
    for (const path of ['/health', '/api/health', '/_next/static/chunks/a.js'])
      expect(await knock(poor, { path })).toBeNull();
    expect(await knock(poor, { path: '/_next/image' })).not.toBeNull();
  });
});
