import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { sql } from 'drizzle-orm';
import { withTenant } from '@/db/tenant';
import { flushRefused } from '@/lib/usage/refusals';
import { makePerson, makeTenant, type TestTenant } from '../support/factories';
import { type OwnServer, startOwnServer } from './own-server';
import { type Answer, expect, rootDomain, send, requestTest as test } from './support';
import { closeWorlds } from './worlds';

/**
 * server.ts answers ingest paths itself; where there is no server.ts, Next's routes do. The same requests to both must
 * get the same answers and leave the same rows.
 */
let nextAlone: OwnServer;

test.beforeAll(async () => {
  test.setTimeout(120_000);
  nextAlone = await startOwnServer(
    { ROOT_DOMAIN: rootDomain },
    path.resolve(import.meta.dirname, 'next-alone.mjs'),
  );
});

test.afterAll(async () => {
  await nextAlone?.kill('SIGKILL');
  await closeWorlds();
});

type Request = {
  name: string;
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
};

const single = '/api/v1/traces';
const batch = '/api/v1/traces/batch';
const otlp = '/api/otel/v1/traces';
const gzip = { 'content-encoding': 'gzip' };
const protobuf = { 'content-type': 'application/x-protobuf' };
const spans = JSON.stringify({
  resourceSpans: [
    {
      scopeSpans: [{ spans: [{ traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174' }] }],
    },
  ],
});

/** What is sent, in this order, by a tenant's key unless the headers say otherwise. */
function requestsOf(tenant: TestTenant, viewerCookie: string): Request[] {
  const { key } = tenant.firstKey;
  const forged = key.slice(0, 30) + (key[30] === 'A' ? 'B' : 'A') + key.slice(31);
  const origin = `http://${tenant.host}`;
  return [
    { name: 'a trace', body: '{"trace_id":"a","user_input":"q","retrieved_chunks":["x"],"tokens_in":5}' },
    { name: 'the same again', body: '{"trace_id":"a","model_output":"é😀"}' },
    { name: 'with a query', path: `${single}?x=1&y=%00`, body: '{"trace_id":"b"}' },
    { name: 'compressed', headers: gzip, body: gzipSync('{"trace_id":"c"}') },
    { name: 'an odd time', body: '{"trace_id":"d","timestamp":1}' },
    {
      name: 'a key in another header',
      headers: { authorization: '', 'x-api-key': key },
      body: '{"trace_id":"e"}',
    },
    { name: 'no body' },
    { name: 'no JSON', body: 'x' },
    { name: 'an array', body: '[]' },
    { name: 'no UTF-8', body: Buffer.of(0x22, 0xff, 0x22) },
    { name: 'what is not valid', body: '{"tokens_in":-1,"prompts":1}' },
    { name: 'NaN', body: '{"trace_id":"f","response_latency_ms":NaN}' },
    { name: 'another type', headers: { 'content-type': 'text/plain' }, body: '{"trace_id":"g"}' },
    { name: 'no type', headers: { 'content-type': '' }, body: '{"trace_id":"h"}' },
    { name: 'another encoding', headers: { 'content-encoding': 'br' }, body: 'x' },
    { name: 'what is not compressed', headers: gzip, body: '{}' },
    { name: 'a bomb', headers: gzip, body: gzipSync(Buffer.alloc(30_000_000)) },
    { name: 'too much', body: `{"trace_id":"i","user_input":"${'x'.repeat(1_000_000)}"}` },
    { name: 'no key', headers: { authorization: '' }, body: '{"trace_id":"j"}' },
    { name: 'a forged key', headers: { authorization: `Bearer ${forged}` }, body: '{"trace_id":"k"}' },
    {
      name: 'a viewer',
      headers: { authorization: '', cookie: viewerCookie, origin },
      body: '{"trace_id":"l"}',
    },
    {
      name: 'an admin',
      headers: { authorization: '', cookie: tenant.admin.cookie, origin },
      body: '{"trace_id":"m"}',
    },
    {
      name: 'another origin',
      headers: { authorization: '', cookie: tenant.admin.cookie, origin: 'http://evil.example' },
      body: '{"trace_id":"n"}',
    },
    {
      name: 'a batch',
      path: batch,
      body: '{"traces":[{"trace_id":"o"},{"trace_id":"p","metadata":{"a":[1]}}]}',
    },
    {
      name: 'a mixed batch',
      path: batch,
      body: '{"traces":[{"trace_id":"q"},{"trace_id":"r","tokens_in":-1},7,{"trace_id":"q"}]}',
    },
    { name: 'a batch of bad ones', path: batch, body: '{"traces":[null]}' },
    { name: 'no batch', path: batch, body: '{"traces":{}}' },
    { name: 'an empty batch, compressed', path: batch, headers: gzip, body: gzipSync('{"traces":[]}') },
    { name: 'spans', path: otlp, body: spans },
    { name: 'spans at the root, compressed', path: '/v1/traces', headers: gzip, body: gzipSync(spans) },
    { name: 'no spans in protobuf', path: otlp, headers: protobuf, body: '' },
    { name: 'what is no protobuf', path: otlp, headers: protobuf, body: Buffer.of(255, 255, 255) },
    { name: 'spans without a key', path: otlp, headers: { ...protobuf, authorization: '' } },
    { name: 'spans as text', path: otlp, headers: { 'content-type': 'text/plain' }, body: spans },
    { name: 'a list', method: 'GET' },
  ];
}

async function ask(
  tenant: TestTenant,
  { path: at = single, method = 'POST', headers, body }: Request,
  port?: number,
) {
  const all: Record<string, string> = {
    authorization: `Bearer ${tenant.firstKey.key}`,
    'content-type': 'application/json',
    ...headers,
  };
  for (const [name, value] of Object.entries(all)) if (value === '') delete all[name];
  return comparable(await send({ host: tenant.host, path: at, method, headers: all, body, port }), tenant);
}

/** Headers of the connection and of Next's own router say nothing about the API. */
const ignored = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length', 'vary']);
/** The two servers have other limits. */
const isLimit = (name: string) => /^(x-)?ratelimit/.test(name);

/** What must be the same: ids of requests, and when a row was received, are not. */
function comparable({ status, headers, text }: Answer, tenant: TestTenant) {
  expect(headers['x-request-id']).toMatch(/^req_[0-9a-f]{16}$/);
  const kept = Object.entries(headers).filter(
    ([name]) => !ignored.has(name) && !isLimit(name) && name !== 'x-request-id',
  );
  const body = text
    .replaceAll(String(headers['x-request-id']), 'req_own')
    .replaceAll(/"(created_at|timestamp)":"[^"]*"/g, '"$1":"…"')
    .replaceAll(tenant.slug, 'slug');
  return { status, headers: Object.fromEntries(kept), body };
}

/** Everything that was written for a tenant, without what differs from tenant to tenant and from time to time. */
async function rowsOf(tenant: TestTenant): Promise<unknown> {
  await flushRefused();
  return withTenant(tenant.ctx, async (db) => {
    const found: Record<string, unknown> = {};
    found.traces = await db.execute(
      sql`select to_jsonb(t) - ${sql.param(['tenant_id', 'key_id', 'received_at', 'updated_at', 'started_at'])}::text[] as row
        from traces t order by trace_id`,
    );
    // A timer writes what counts nothing but requests, in as many portions as it comes to.
    found.usage = await db.execute(
      sql`select to_jsonb(d) - ${sql.param(['tenant_id', 'key_id', 'id', 'recorded_at'])}::text[] as row
        from usage_deltas d where (trace_count, tokens_in, tokens_out, storage_bytes) <> (0, 0, 0, 0) order by id`,
    );
    found.requests = await db.execute(sql`select sum(api_requests) as requests from usage_deltas`);
    found.deliveries = await db.execute(
      sql`select sum(received) as received, sum(stored) as stored, sum(updated) as updated, sum(refused) as refused from deliveries`,
    );
    found.refusals = await db.execute(sql`select code, trace_id, issues from delivery_refusals order by id`);
    return found;
  });
}

test('server.ts and Next answer alike, and leave the same rows', async () => {
  test.setTimeout(120_000);
  const [ours, theirs] = await Promise.all([makeTenant(), makeTenant()]);
  const cookies = await Promise.all(
    [ours, theirs].map(async (tenant) => (await makePerson(tenant, 'viewer')).cookie),
  );
  const others = requestsOf(theirs, cookies[1] ?? '');
  for (const [index, request] of requestsOf(ours, cookies[0] ?? '').entries()) {
    const other = others[index];
    if (!other) throw new Error('the same requests were not made');
    const direct = await ask(ours, request);
    const routed = await ask(theirs, other, nextAlone.port);
    expect(direct, request.name).toEqual(routed);
    expect(direct.status, request.name).toBeLessThan(500);
  }
  await expect(async () => expect(await rowsOf(ours)).toEqual(await rowsOf(theirs))).toPass({
    timeout: 20_000,
  });
  expect(JSON.stringify(await rowsOf(ours))).toContain('"trace_id": "a"'.replace(': ', ':'));
});

test('server.ts answers these paths itself: what Next adds to every answer is not there', async () => {
  const tenant = await makeTenant();
  const headers = { authorization: `Bearer ${tenant.firstKey.key}`, 'content-type': 'application/json' };
  const body = '{"trace_id":"a"}';
  const direct = await send({ host: tenant.host, path: single, method: 'POST', headers, body });
  const routed = await send({
    host: tenant.host,
    path: single,
    method: 'POST',
    headers,
    body,
    port: nextAlone.port,
  });
  expect([direct.status, routed.status]).toEqual([201, 201]);
  expect(routed.headers.vary).toContain('next-router-state-tree');
  expect(direct.headers.vary).toBeUndefined();
  expect(direct.headers['content-length']).toBe(String(Buffer.byteLength(direct.text)));
});
