import { eq, sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { GET as getTrace } from '@/app/api/v1/traces/[traceId]/route';
import { POST } from '@/app/api/v1/traces/route';
import { tenants } from '@/db/schema/tenancy';
import { withPlatform, withTenant } from '@/db/tenant';
import { revokeApiKey } from '@/lib/api-keys/mutations';
import { mintApiKey } from '@/lib/auth/api-key';
import { sessionCookie } from '@/lib/auth/session-cookie';
import { revokeSession } from '@/lib/auth/sessions';
import { wireTrace } from '@/lib/traces/schema';
import { makeKey, makePerson, makeTenant, type TestTenant, unique } from '@/tests/support/factories';
import { countQueries } from '@/tests/support/queries';
import { type Answer, call, readError, type Sent } from '@/tests/support/requests';

let tenant: TestTenant;
let other: TestTenant;

beforeAll(async () => {
  [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
});

function post(body: unknown, given: Partial<Sent> = {}): Promise<Answer> {
  return call(POST, {
    method: 'POST',
    path: '/api/v1/traces',
    host: tenant.host,
    key: tenant.firstKey.key,
    body,
    ...given,
  });
}

const trace = (fields: Record<string, unknown> = {}) => ({ trace_id: `t-${unique()}`, ...fields });

/** Reads a trace back through the API. */
async function read(traceId: string, of: TestTenant = tenant) {
  const answer = await call(getTrace, {
    path: '/api/v1/traces/x',
    host: of.host,
    key: of.firstKey.key,
    params: { traceId },
  });
  return answer.status === 200 ? wireTrace.strict().parse(answer.body) : null;
}

const countOf = async (of: TestTenant) => {
  const [row] = await withTenant(of.ctx, (db) =>
    db.execute<{ n: number }>(sql`select count(*)::int as n from traces`),
  );
  return row?.n;
};

describe('POST /api/v1/traces', () => {
  test('stores a trace and says so, and says so when it was there already', async () => {
    const body = trace({ user_input: 'Why?' });
    const first = await post(body);
    expect(first).toMatchObject({ status: 201, body: { trace_id: body.trace_id, status: 'created' } });
    expect(Object.keys(first.body as object).sort()).toEqual(['status', 'trace_id']);
    expect(await post(body)).toMatchObject({
      status: 201,
      body: { trace_id: body.trace_id, status: 'updated' },
    });
    expect(await read(body.trace_id)).toMatchObject({ user_input: 'Why?' });
  });

  test('answers JSON that nobody keeps, frames or guesses the type of', async () => {
    const { headers } = await post(trace());
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{16}$/);
    expect(headers.get('set-cookie')).toBeNull();
  });

  test('takes the key as x-api-key too', async () => {
    const answer = await post(trace(), { key: undefined, headers: { 'x-api-key': tenant.firstKey.key } });
    expect(answer.status).toBe(201);
  });

  test('takes the key on a host that is not ours, and on the site', async () => {
    for (const host of [
      '10.0.0.1:3000',
      'lb.internal',
      'ragtoolkit.localhost:3000',
      'cloud.ragtoolkit.localhost:3000',
    ]) {
      const body = trace();
      expect((await post(body, { host })).status).toBe(201);
      expect(await read(body.trace_id)).not.toBeNull();
    }
  });
});

describe('POST /api/v1/traces with a body that is too large', () => {
  const filled = (size: number) => {
    const empty = JSON.stringify(trace({ user_input: '' }));
    return empty.replace('"user_input":""', `"user_input":"${'x'.repeat(size - empty.length)}"`);
  };

  test('takes 1,000,000 bytes and not one more', async () => {
    expect(filled(1_000_000)).toHaveLength(1_000_000);
    expect((await post(filled(1_000_000))).status).toBe(201);
    expect(readError(await post(filled(1_000_001)))).toMatchObject({
      status: 413,
      code: 'payload_too_large',
      message: expect.stringContaining('1000000'),
    });
  });

  test('refuses by its stated length, before it is read', async () => {
    const answer = await post('{}', { headers: { 'content-length': '1000001' } });
    expect(readError(answer).status).toBe(413);
  });

  test('refuses a stream without a length', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 50_000;
        controller.enqueue(new Uint8Array(50_000).fill(0x20));
      },
    });
    expect(readError(await post(endless)).status).toBe(413);
    expect(sent).toBeLessThan(2_000_000);
  });
});

describe('POST /api/v1/traces with a body that is wrong', () => {
  test.each([
    ['', ''],
    ['{', ''],
    ['{"trace_id": "a",}', ''],
    ['not json', ''],
    ['{"trace_id": "a"} x', ''],
    ['[', ''],
    ['['.repeat(500_000), ''],
    [`{"trace_id":"a","metadata":${'{"a":'.repeat(100)}1${'}'.repeat(100)}}`, ''],
    [Uint8Array.from([0x22, 0xff, 0x22]), ''],
    ['null', ''],
    ['[]', ''],
    ['"a"', ''],
    ['{}', 'trace_id'],
    ['{"trace_id": 1}', 'trace_id'],
    ['{"trace_id": null}', 'trace_id'],
    ['{"trace_id": ""}', 'trace_id'],
    ['{"trace_id": "a", "tokens_in": "x"}', 'tokens_in'],
    ['{"trace_id": "a", "tokens_in": 1e400}', 'tokens_in'],
    ['{"trace_id": "a", "response_latency_ms": 1e400}', 'response_latency_ms'],
    ['{"trace_id": "a", "retrieved_chunks": [{"text": "a"}, {}]}', 'retrieved_chunks[1].text'],
    ['{"trace_id": "a", "retrieval_scores": [1, "2"]}', 'retrieval_scores[1]'],
    ['{"trace_id": "a", "timestamp": "10000-01-01T00:00:00Z"}', 'timestamp'],
    ['{"trace_id": "a", "timestamp": 253402300800}', 'timestamp'],
    ['{"trace_id": "a", "timestamp": 1700000000000}', 'timestamp'],
    ['{"trace_id": "a", "timestamp": -1}', 'timestamp'],
    ['{"trace_id": "a", "timestamp": "0000-01-01"}', 'timestamp'],
  ])('answers %.60s with 422 and where it is wrong', async (body, path) => {
    const before = await countOf(tenant);
    const error = readError(await post(body));
    expect(error.status).toBe(422);
    expect(error.code).toMatch(/^invalid_(body|input)$/);
    expect(error.issues.map((issue) => issue.path)).toContain(path);
    for (const issue of error.issues) expect(issue.message).toMatch(/expected/i);
    expect(await countOf(tenant)).toBe(before);
  });

  test('lists everything that is wrong, up to 50', async () => {
    const some = readError(await post({ tokens_in: 'x', prompts: 1 }));
    expect(some.issues.map((issue) => issue.path).sort()).toEqual(['prompts', 'tokens_in', 'trace_id']);
    const many = readError(await post(trace({ retrieval_scores: Array.from({ length: 500 }, () => 'x') })));
    expect(many.issues).toHaveLength(50);
  });

  test('asks for JSON', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/xml',
    ])
      expect(readError(await post('{}', { headers: { 'content-type': type } }))).toMatchObject({
        status: 415,
        code: 'unsupported_media_type',
      });
    for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/vnd.api+json'])
      expect((await post(JSON.stringify(trace()), { headers: { 'content-type': type } })).status).toBe(201);
  });
});

describe('POST /api/v1/traces with hostile values', () => {
  test('stores NUL and lone surrogates as replacement characters, wherever they stand', async () => {
    const id = `t-${unique()}`;
    const text = 'a\\u0000b\\ud800c\\udc00';
    const clean = 'a\uFFFDb\uFFFDc\uFFFD';
    const answer = await post(
      `{"trace_id":"${id}${text}","user_input":"${text}","project":"${text}","model_name":"${text}","error":"${text}",
        "prompts":["${text}"],"retrieved_chunks":["${text}",{"text":"${text}","source":"${text}","metadata":{"${text}":"${text}"}}],
        "metadata":{"user_id":"${text}","${text}":["${text}"]}}`,
    );
    expect(answer).toMatchObject({ status: 201, body: { trace_id: id + clean } });
    expect(await read(id + clean)).toMatchObject({
      user_input: clean,
      project: clean,
      model_name: clean,
      error: clean,
      prompts: [clean],
      retrieved_chunks: [{ text: clean }, { text: clean, source: clean, metadata: { [clean]: clean } }],
      metadata: { user_id: clean, [clean]: [clean] },
    });
  });

  test.each([
    ['a very long text', { user_input: 'x'.repeat(900_000) }],
    ['very long text of four bytes a character', { user_input: '😀'.repeat(200_000) }],
    ['a very long name in metadata', { metadata: { ['k'.repeat(500_000)]: 1 } }],
    [
      'very long ids in metadata',
      { metadata: { user_id: 'u'.repeat(100_000), session_id: 'ä'.repeat(100_000) } },
    ],
    ['labels as long as may be', { project: '€'.repeat(200), model_name: '€'.repeat(200) }],
    [
      'many names in metadata',
      { metadata: Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i])) },
    ],
    ['a thousand chunks', { retrieved_chunks: Array.from({ length: 1000 }, () => 'x') }],
    [
      'numbers at the edge',
      { response_latency_ms: 1.7976931348623157e308, tokens_in: 2_147_483_647, tokens_out: 0 },
    ],
    ['the smallest number', { response_latency_ms: 5e-324, retrieval_scores: [5e-324, -0, -1.7e308] }],
    ['numbers at the edge in metadata', { metadata: { a: 1.7e308, b: 5e-324, c: -0, d: 2 ** 53 + 2 } }],
    ['the last moment', { timestamp: '9999-12-31T23:59:59.999Z' }],
    ['the first moment', { timestamp: 0 }],
    ['control characters', { user_input: '\u0001\u0008\u001b[31m\u007f\u0085\u2028\u2029\ufeff\uffff' }],
    ['SQL', { user_input: "'; drop table traces; --", metadata: { "'); --": '$1 ? :name %s {}' } }],
    ['markup', { user_input: '<script>alert(1)</script>', project: '"><img src=x>' }],
    [
      'names of members of an object',
      { metadata: { toString: 1, hasOwnProperty: 2, valueOf: null, length: 'x' } },
    ],
    ['an empty name', { metadata: { '': { '': [] } } }],
    ['64 levels', { metadata: nested(62) }],
  ])('stores %s', async (_, fields) => {
    const body = trace(fields);
    expect((await post(body)).status).toBe(201);
    expect((await post(body)).status).toBe(201);
    const stored = await read(body.trace_id);
    for (const [name, value] of Object.entries(fields)) {
      if (name === 'timestamp')
        expect(stored?.timestamp).toBe(new Date(value as string | number).toISOString());
      else if (name === 'retrieved_chunks') expect(stored?.retrieved_chunks).toHaveLength(1000);
      else if (name !== 'retrieval_scores')
        expect(stored).toMatchObject({ [name]: JSON.parse(JSON.stringify(value)) });
    }
  });

  test.each([
    'a',
    '../../etc/passwd',
    '..',
    'a/b',
    '%2e%2e',
    '?page=2',
    '<b>',
    "' or true --",
    '__proto__',
    'constructor',
    '😀',
    ' ',
    '\n',
    '0',
    'null',
    'ä'.repeat(200),
  ])('stores a trace with the id %j', async (traceId) => {
    expect(await post({ trace_id: traceId, user_input: traceId })).toMatchObject({
      status: 201,
      body: { trace_id: traceId },
    });
    expect(await read(traceId)).toMatchObject({ trace_id: traceId, user_input: traceId });
  });

  test('drops __proto__ and its like, and pollutes nothing', async () => {
    const id = `t-${unique()}`;
    const answer = await post(
      `{"trace_id":"${id}","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},
        "metadata":{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1},"b":1}},
        "retrieved_chunks":[{"text":"x","__proto__":{"polluted":1},"metadata":{"prototype":1,"c":1}}]}`,
    );
    expect(answer.status).toBe(201);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(await read(id)).toMatchObject({
      metadata: { a: { b: 1 } },
      retrieved_chunks: [{ text: 'x', metadata: { c: 1 } }],
    });
    expect(JSON.stringify(await read(id))).not.toContain('polluted');
  });

  test('believes a body nothing about tenant, key or time of receipt', async () => {
    const [mine, theirs] = [await countOf(tenant), await countOf(other)];
    const body = trace({
      tenant_id: other.id,
      tenantId: other.id,
      tenant: other.slug,
      received_at: '2001-01-01T00:00:00Z',
      receivedAt: '2001-01-01T00:00:00Z',
      created_at: '2001-01-01T00:00:00Z',
      key_id: other.firstKey.keyId,
      byte_size: 0,
      traffic_light: 'green',
      grounding_score: 1,
    });
    expect((await post(body)).status).toBe(201);
    expect([await countOf(tenant), await countOf(other)]).toEqual([Number(mine) + 1, theirs]);
    const stored = await read(body.trace_id);
    expect(stored).toMatchObject({ traffic_light: null, grounding_score: null });
    expect(Math.abs(Date.now() - Date.parse(stored?.created_at ?? ''))).toBeLessThan(60_000);
  });

  test('believes headers nothing about the tenant', async () => {
    const body = trace();
    const headers = {
      'x-forwarded-host': other.host,
      'x-tenant': other.slug,
      'x-tenant-id': other.id,
      'x-ragtoolkit-tenant': other.id,
      forwarded: `host=${other.host}`,
    };
    expect((await post(body, { headers })).status).toBe(201);
    expect((await post(body, { headers, host: 'lb.internal' })).status).toBe(201);
    expect(await read(body.trace_id)).not.toBeNull();
    expect(await read(body.trace_id, other)).toBeNull();
  });
});

function nested(levels: number): unknown {
  let value: unknown = { end: true };
  for (let i = 1; i < levels; i++) value = { a: value };
  return value;
}

describe('POST /api/v1/traces without a right to', () => {
  const withoutKey = { key: undefined };

  test('answers 401 to no credential, and how to bring one', async () => {
    const answer = await post(trace(), withoutKey);
    expect(readError(answer)).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  test('answers 401 to a malformed or forged key, without a query', async () => {
    const { key } = tenant.firstKey;
    const forged = key.slice(0, 30) + (key[30] === 'A' ? 'B' : 'A') + key.slice(31);
    for (const bad of [forged, 'x', `${key}x`, key.slice(0, -1), 'rtk_', key.toUpperCase()]) {
      const { queries, result } = await countQueries(() => post(trace(), { key: bad }));
      expect(readError(result)).toMatchObject({ status: 401, code: 'unauthenticated' });
      expect(queries).toBe(0);
    }
  });

  test('answers 401 before it reads the body', async () => {
    let read = false;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          read = true;
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    expect((await post(body, { key: 'rtk_x' })).status).toBe(401);
    expect(read).toBe(false);
  });

  test('answers 401 to a key that was never stored, and to one that is revoked', async () => {
    expect((await post(trace(), { key: mintApiKey(tenant.id).key })).status).toBe(401);
    const { key, keyId } = await makeKey(tenant);
    await revokeApiKey(tenant.admin.ctx, { id: keyId });
    expect((await post(trace(), { key })).status).toBe(401);
  });

  test('answers 404 to another tenant’s key on this host, and stores nothing', async () => {
    const counts = [await countOf(tenant), await countOf(other)];
    expect(readError(await post(trace(), { key: other.firstKey.key }))).toMatchObject({
      status: 404,
      code: 'not_found',
    });
    expect([await countOf(tenant), await countOf(other)]).toEqual(counts);
  });

  test('answers 404 on a host without a tenant', async () => {
    expect((await post(trace(), { host: `nobody-${unique()}.ragtoolkit.localhost:3000` })).status).toBe(404);
  });

  test('answers 403 for a suspended tenant, to a key and to a person', async () => {
    const late = await makeTenant();
    await withPlatform((db) =>
      db.update(tenants).set({ status: 'suspended' }).where(eq(tenants.id, late.id)),
    );
    const { host, firstKey, admin } = late;
    for (const given of [
      { host, key: firstKey.key },
      { host: 'lb.internal', key: firstKey.key },
      { host, key: undefined, headers: { cookie: admin.cookie, origin: `http://${host}` } },
    ])
      expect(readError(await post(trace(), given))).toMatchObject({ status: 403, code: 'tenant_suspended' });
  });
});

describe('POST /api/v1/traces with a session', () => {
  const as = (cookie: string, headers: Record<string, string> = { origin: `http://${tenant.host}` }) => ({
    key: undefined,
    headers: { cookie, ...headers },
  });

  test('stores what an analyst sends', async () => {
    const person = await makePerson(tenant, 'analyst');
    expect((await post(trace(), as(person.cookie))).status).toBe(201);
    expect((await post(trace(), as(`a=b; ${person.cookie}; c=d`))).status).toBe(201);
  });

  test('answers 403 to a viewer', async () => {
    const person = await makePerson(tenant, 'viewer');
    expect(readError(await post(trace(), as(person.cookie)))).toMatchObject({
      status: 403,
      code: 'forbidden',
    });
  });

  test('answers 403 to somebody who is no member', async () => {
    expect(readError(await post(trace(), as(other.admin.cookie)))).toMatchObject({
      status: 403,
      code: 'forbidden',
      message: expect.stringContaining('not a member'),
    });
  });

  test('answers 401 to a session that has ended, is damaged, or stands under another name', async () => {
    const person = await makePerson(tenant, 'admin');
    const { name } = sessionCookie();
    for (const cookie of [
      `${name}=x`,
      `${name}=`,
      `x${person.cookie}`,
      `${name}x=${person.token}`,
      person.token,
    ])
      expect((await post(trace(), as(cookie))).status).toBe(401);
    await revokeSession(person.sessionId);
    expect((await post(trace(), as(person.cookie))).status).toBe(401);
  });

  test('answers 401 where the host is not the tenant’s own', async () => {
    for (const host of ['lb.internal', 'ragtoolkit.localhost:3000', 'cloud.ragtoolkit.localhost:3000'])
      expect(
        (await post(trace(), { ...as(tenant.admin.cookie, { origin: `http://${host}` }), host })).status,
      ).toBe(401);
  });

  test.each([
    ['none', {}],
    ['null', { origin: 'null' }],
    ['a sibling’s', { origin: 'http://other.ragtoolkit.localhost:3000' }],
    ['the site’s', { origin: 'http://ragtoolkit.localhost:3000' }],
    ['another port’s', { origin: 'http://{slug}.ragtoolkit.localhost:3001' }],
    ['another scheme’s', { origin: 'https://{slug}.ragtoolkit.localhost:3000' }],
    ['a stranger’s', { origin: 'http://evil.example' }],
    ['a stranger’s that looks like ours', { origin: 'http://{slug}.ragtoolkit.localhost:3000.evil.example' }],
    ['a referer alone', { referer: 'http://{slug}.ragtoolkit.localhost:3000/' }],
  ])('answers 403 to an origin that is %s', async (_, headers) => {
    const own = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, String(value).replace('{slug}', tenant.slug)]),
    );
    const before = await countOf(tenant);
    expect(readError(await post(trace(), as(tenant.admin.cookie, own)))).toMatchObject({
      status: 403,
      code: 'origin_mismatch',
    });
    expect(await countOf(tenant)).toBe(before);
  });

  test('asks for no origin where a key speaks, even beside a cookie', async () => {
    const headers = { cookie: tenant.admin.cookie, origin: 'http://evil.example' };
    expect((await post(trace(), { headers })).status).toBe(201);
  });

  test('does not fall back to the cookie where a key is wrong', async () => {
    const headers = { cookie: tenant.admin.cookie, origin: `http://${tenant.host}` };
    expect((await post(trace(), { headers, key: 'rtk_x' })).status).toBe(401);
  });
});
