import { beforeAll, describe, expect, test } from 'vitest';
import { GET as getTrace } from '@/app/api/v1/traces/[traceId]/route';
import { GET } from '@/app/api/v1/traces/route';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { wireTrace, wireTracePage } from '@/lib/traces/schema';
import { makePerson, makeTenant, type TestTenant } from '@/tests/support/factories';
import { call, readError, type Sent } from '@/tests/support/requests';

let tenant: TestTenant;
let other: TestTenant;

beforeAll(async () => {
  [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
  await ingestTraces(
    tenant.ctx,
    Array.from({ length: 45 }, (_, i) => ({
      traceId: `t-${String(i).padStart(2, '0')}`,
      receivedAt: new Date(Date.parse('2026-01-01') + Math.floor(i / 10) * 1000),
      startedAt: new Date(Date.parse('2026-01-01') + i * 60_000),
      model: i % 2 ? 'odd' : 'even',
      error: i % 9 === 0 ? 'late' : undefined,
    })),
  );
  await ingestTraces(other.ctx, [{ traceId: 'theirs' }, { traceId: 't-00', question: 'theirs' }]);
});

const list = (query: string, given: Partial<Sent> = {}) =>
  call(GET, { path: `/api/v1/traces${query}`, host: tenant.host, key: tenant.firstKey.key, ...given });
const one = (traceId: string, given: Partial<Sent> = {}) =>
  call(getTrace, {
    path: '/api/v1/traces/x',
    host: tenant.host,
    key: tenant.firstKey.key,
    params: { traceId },
    ...given,
  });

async function page(query: string) {
  const answer = await list(query);
  expect(answer.status).toBe(200);
  return wireTracePage.extend({ traces: wireTrace.strict().array() }).strict().parse(answer.body);
}

describe('GET /api/v1/traces', () => {
  test('answers the newest 20, with what is needed to go on', async () => {
    const first = await page('');
    expect(first).toMatchObject({ total: 45, page: 1, size: 20, has_next: true });
    expect(first.traces).toHaveLength(20);
    expect(first.traces[0]).toMatchObject({ trace_id: 't-44', created_at: '2026-01-01T00:00:04.000Z' });
  });

  test('pages to the end without a gap or a double, and says when it ends', async () => {
    const pages = [];
    for (let n = 1; pages.at(-1)?.has_next ?? true; n++) pages.push(await page(`?page=${n}&size=10`));
    expect(pages.map(({ traces, has_next }) => [traces.length, has_next])).toEqual([
      [10, true],
      [10, true],
      [10, true],
      [10, true],
      [5, false],
    ]);
    expect(pages.flatMap(({ traces }) => traces.map((trace) => trace.trace_id))).toEqual(
      Array.from({ length: 45 }, (_, i) => `t-${String(44 - i).padStart(2, '0')}`),
    );
  });

  test('says that there is no next where a page is full but the last', async () => {
    expect(await page('?size=45')).toMatchObject({ total: 45, has_next: false });
    expect(await page('?size=44')).toMatchObject({ total: 45, has_next: true });
    expect(await page('?page=99')).toMatchObject({ total: 45, has_next: false, traces: [] });
  });

  test.each([
    ['?model_name=odd', 22],
    ['?has_error=true', 5],
    ['?has_error=false&model_name=odd', 20],
    ['?start_date=2026-01-01T00:40:00Z', 5],
    ['?end_date=2026-01-01T00:04:00Z', 5],
    ['?traffic_light=green', 0],
    ['?model_name=%27%20or%20true%20--', 0],
    ['?unknown=1&__proto__=x', 45],
    ['?model_name=odd&model_name=even', 23],
  ])('filters by %s', async (query, total) => {
    expect(await page(query)).toMatchObject({ total });
  });

  test.each([
    ['?page=0', 'page'],
    ['?page=x', 'page'],
    ['?page=100001', 'page'],
    ['?size=101', 'size'],
    ['?size=-1', 'size'],
    ['?traffic_light=blue', 'traffic_light'],
    ['?start_date=yesterday', 'start_date'],
    ['?end_date=10000-01-01', 'end_date'],
    ['?has_error=maybe', 'has_error'],
    [`?model_name=${'x'.repeat(201)}`, 'model_name'],
  ])('answers %s with 422 and where it is wrong', async (query, path) => {
    expect(readError(await list(query))).toMatchObject({
      status: 422,
      code: 'invalid_input',
      issues: [{ path }],
    });
  });

  test.each(['?model_name=%00', '?model_name=a%00b', '?model_name=%ED%A0%80', '?model_name=%FF', '?%00=%00'])(
    'answers %s without an error of ours',
    async (query) => expect((await list(query)).status).toBeLessThan(500),
  );

  test('answers a viewer with a session, whatever the origin says', async () => {
    const { cookie } = await makePerson(tenant, 'viewer');
    for (const headers of [{ cookie }, { cookie, origin: 'http://evil.example' }] as Record<string, string>[])
      expect((await list('', { key: undefined, headers })).status).toBe(200);
  });

  test('answers nobody else', async () => {
    expect((await list('', { key: undefined })).status).toBe(401);
    expect((await list('', { key: undefined, headers: { cookie: other.admin.cookie } })).status).toBe(403);
    expect((await list('', { key: other.firstKey.key })).status).toBe(404);
  });

  test('shows each tenant its own', async () => {
    const theirs = await call(GET, { path: '/api/v1/traces', host: other.host, key: other.firstKey.key });
    expect(theirs.body).toMatchObject({ total: 2 });
  });
});

describe('GET /api/v1/traces/{traceId}', () => {
  test('answers the trace', async () => {
    const answer = await one('t-01');
    expect(answer.status).toBe(200);
    expect(wireTrace.strict().parse(answer.body)).toMatchObject({ trace_id: 't-01', model_name: 'odd' });
  });

  test('answers each tenant with its own trace of the same id', async () => {
    expect((await one('t-00')).body).toMatchObject({ user_input: null });
    expect((await one('t-00', { host: other.host, key: other.firstKey.key })).body).toMatchObject({
      user_input: 'theirs',
    });
  });

  test.each(['theirs', 'nothing', '', '%', "' or true --", 'a\u0000b', '\ud800', 'x'.repeat(10_000)])(
    'answers 404 for an id that is not one of its own (%#)',
    async (traceId) => {
      expect(readError(await one(traceId))).toMatchObject({ status: 404, code: 'not_found' });
    },
  );
});
