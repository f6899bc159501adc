import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { GET } from '@/app/api/v1/traces/route';
import { pool } from '@/db/client';
import { withTenant } from '@/db/tenant';
import { writeEvaluations } from '@/lib/evaluations/mutations';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { deleteTraces, updateTrace } from '@/lib/traces/mutations';
import { wireTracePage } from '@/lib/traces/schema';
import { fileAllWords, fileWords } from '@/lib/words/mutations';
import { makeTenant, type TestTenant } from '@/tests/support/factories';
import { sqlState, sqlStateOf } from '@/tests/support/postgres-errors';
import { call, readError } from '@/tests/support/requests';

const minute = (n: number) => new Date(Date.UTC(2026, 2, 1, 12, n));

let tenant: TestTenant;
let other: TestTenant;

beforeAll(async () => {
  [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
  await ingestTraces(tenant.ctx, [
    {
      ...{ traceId: 'a', receivedAt: minute(0), startedAt: minute(0), question: 'How long is the trial?' },
      ...{ answer: 'Fourteen days.', model: 'm1', project: 'p1', userId: 'u1', sessionId: 's1' },
      ...{ latencyMs: 100, tokensIn: 10, tokensOut: 5, tags: ['beta', 'eu'] },
      chunks: [{ text: 'Every account\nstarts free', source: 'hidden.md', metadata: { secret: 'unseen' } }],
    },
    {
      ...{ traceId: 'b', receivedAt: minute(1), startedAt: minute(1), question: 'Trial of the Pro plan?' },
      ...{ answer: "It's Zürich's: 5€", model: 'm2', project: 'p2', userId: 'u1', sessionId: 's2' },
      ...{ latencyMs: 300, tokensIn: 1, error: 'late', tags: ['eu'] },
    },
    {
      ...{ traceId: 'c', receivedAt: minute(2), startedAt: minute(2), question: 'free?', model: 'm1' },
      ...{ project: 'p1', userId: 'u2', latencyMs: 200, tokensOut: 50 },
    },
    { traceId: 'd', receivedAt: minute(3), startedAt: minute(3) },
  ]);
  await ingestTraces(other.ctx, [
    { traceId: 'theirs', question: 'How long is the trial? free', tags: ['eu'], userId: 'u1', model: 'm1' },
  ]);
  const say = (trace_id: string, score_type: string, score: number) => ({ trace_id, score_type, score });
  await writeEvaluations(tenant.ctx, [
    ...[say('a', 'grounding', 0.9), say('b', 'grounding', 0.2), say('c', 'grounding', 0.5)],
    ...[say('a', 'helpfulness', 1), say('b', 'safety', 0.1), say('c', 'overall', 0.4)],
  ]);
  await withTenant(tenant.ctx, (db) =>
    db.execute(sql`update traces set traffic_light = 'red' where trace_id = 'b'`),
  );
  await Promise.all([fileWords(tenant.ctx), fileWords(other.ctx)]);
});

const ask = (query: string, of: TestTenant = tenant) =>
  call(GET, { path: `/api/v1/traces${query}`, host: of.host, key: of.firstKey.key });

async function page(query: string, of: TestTenant = tenant) {
  return wireTracePage.strict().parse((await ask(query, of)).body);
}

const ids = async (query: string, of: TestTenant = tenant) =>
  (await page(query, of)).traces.map((trace) => trace.trace_id).join('');
const search = (q: string, more = '') => ids(`?q=${encodeURIComponent(q)}${more}`);

const filters: [string, string][] = [
  ['model_name=m1', 'ca'],
  ['project=p1', 'ca'],
  ['user_id=u1', 'ba'],
  ['session_id=s2', 'b'],
  ['traffic_light=red', 'cb'],
  ['has_error=true', 'b'],
  ['has_error=false', 'dca'],
  [`start_date=${minute(1).toISOString()}`, 'dcb'],
  [`end_date=${minute(1).toISOString()}`, 'ba'],
  ['min_grounding=0.5', 'ca'],
  ['max_grounding=0.5', 'cb'],
  ['min_helpfulness=0.5', 'a'],
  ['max_helpfulness=0.5', ''],
  ['min_safety=0', 'b'],
  ['max_safety=0.1', 'b'],
  ['min_overall=0.4', 'c'],
  ['max_overall=0.3', ''],
  ['min_latency_ms=200', 'cb'],
  ['max_latency_ms=200', 'ca'],
  ['min_tokens_in=2', 'a'],
  ['max_tokens_in=1', 'b'],
  ['min_tokens_out=6', 'c'],
  ['max_tokens_out=5', 'a'],
  ['user_id=u1&project=p2', 'b'],
  ["user_id=' or true --", ''],
];

describe('GET /api/v1/traces', () => {
  test.each(filters)('?%s narrows the list', async (filter, expected) => {
    expect(await ids(`?${filter}`)).toBe(expected);
    expect((await page(`?${filter}`)).total).toBe(expected.length);
  });

  // All but d are found by one of these words, so the search narrowed by a filter is the filter's own list without it.
  test.each(filters)('?%s narrows a search alike', async (filter, expected) => {
    expect(await search('trial or free', `&${filter}`)).toBe(expected.replace('d', ''));
  });

  test.each([
    ['newest', 'dcba'],
    ['oldest', 'abcd'],
    ['latency', 'bca'],
    ['tokens', 'cab'],
    ['grounding', 'bca'],
  ])('sorts by %s, and a cursor leads on in that order', async (sort, expected) => {
    for (const filter of ['', '&q=trial or free']) {
      const wanted = filter ? expected.replace('d', '') : expected;
      let seen = '';
      for (let cursor = ''; ; ) {
        const found = await page(`?sort=${sort}&size=1${filter}${cursor}`);
        seen += found.traces.map((trace) => trace.trace_id).join('');
        expect(found).toMatchObject({ total: wanted.length, total_is_exact: true });
        expect(found.has_next).toBe(found.next_cursor !== null);
        if (found.next_cursor === null) break;
        cursor = `&cursor=${found.next_cursor}`;
      }
      expect(seen).toBe(wanted);
      expect(await ids(`?sort=${sort}&size=2&page=2${filter}`)).toBe(wanted.slice(2, 4));
    }
  });

  test('refuses a cursor that was changed, is of another order, or stands beside a page', async () => {
    const { next_cursor } = await page('?size=1');
    const cursor = next_cursor ?? '';
    for (const query of [
      `?cursor=${cursor.slice(0, -2)}`,
      `?cursor=x${cursor.slice(1)}`,
      `?cursor=${cursor}&sort=oldest`,
      '?cursor=garbage',
      '?cursor=',
    ])
      expect(readError(await ask(query))).toMatchObject({ status: 422, issues: [{ path: 'cursor' }] });
    expect(readError(await ask(`?cursor=${cursor}&page=2`))).toMatchObject({ issues: [{ path: 'page' }] });
  });

  test.each([
    ['min_grounding=2', 'min_grounding'],
    ['max_safety=x', 'max_safety'],
    ['min_latency_ms=-1', 'min_latency_ms'],
    ['sort=size', 'sort'],
    ['tag=', 'tag[0]'],
    [`q=${'x'.repeat(501)}`, 'q'],
    ['q=a%00b', 'q'],
    ['tag=a&tag=a%00b', 'tag[1]'],
    ['user_id=%00', 'user_id'],
    [Array(21).fill('tag=x').join('&'), 'tag'],
  ])('refuses ?%s, naming it', async (query, path) => {
    const answer = readError(await ask(`?${query}`));
    expect(answer.status).toBe(422);
    expect(answer.issues.map((issue) => issue.path)).toContain(path);
  });
});

describe('?q=', () => {
  test.each([
    ['trial', 'ba'],
    ['TRIAL', 'ba'],
    ['fourteen', 'a'],
    ['account starts', 'a'], // of two lines
    ['"starts account"', ''],
    ['"account starts free"', 'a'],
    ['trial -pro', 'a'],
    ['pro or fourteen', 'ba'],
    ['trial free', 'a'],
    ['zürich', 'b'],
    ['unseen', ''],
    ['tri', ''],
    ['', 'dcba'],
    ['  ', 'dcba'],
    ['& | ! <-> ( ) : * "', ''],
    ["') or true --", ''],
    ["\\'; drop table traces; --", ''],
    ['%', ''],
    ['$q$', ''],
    ['{"q": 1}', ''],
    ['😀'.repeat(250), ''],
    ['a '.repeat(250), ''],
    ['-'.repeat(500), ''],
    ['- '.repeat(250), ''],
  ])('finds the traces that %j means', async (q, expected) => {
    expect(await search(q)).toBe(expected);
  });

  test('finds nothing of another tenant, whatever is sent', async () => {
    expect(await ids('?q=trial', other)).toBe('theirs');
    expect(await ids('?q=fourteen', other)).toBe('');
    expect(await ids(`?q=trial&tenant_id=${tenant.id}`, other)).toBe('theirs');
  });

  test('follows changes and deletions', async () => {
    await ingestTraces(tenant.ctx, [{ traceId: 'e', question: 'a blue question' }]);
    await fileAllWords();
    expect(await search('blue')).toBe('e');
    await updateTrace(tenant.ctx, 'e', { question: 'a green question' });
    await Promise.all([fileWords(tenant.ctx), fileWords(tenant.ctx)]);
    expect([await search('blue'), await search('green')]).toEqual(['', 'e']);
    await ingestTraces(tenant.ctx, [{ traceId: 'e', answer: 'and red' }]);
    await Promise.all([fileWords(tenant.ctx), deleteTraces(tenant.ctx, ['e'])]);
    await fileWords(tenant.ctx);
    expect(await search('green')).toBe('');
    const [left] = await withTenant(tenant.ctx, (db) =>
      db.execute(sql`select count(*)::int as n from trace_words where trace_id = 'e'`),
    );
    expect(left).toEqual({ n: 0 });
  });

  test('takes a text of any length', async () => {
    const long = Array.from({ length: 60_000 }, (_, i) => `word${i}`).join(' ');
    await ingestTraces(other.ctx, [
      { traceId: 'long', question: long, answer: 'x'.repeat(300_000) },
      { traceId: 'one', question: '\ufffd', chunks: [{ text: '' }] },
    ]);
    expect(await fileWords(other.ctx)).toBe(2);
    expect(await ids('?q=word17', other)).toBe('long');
  });
});

describe('?tag=', () => {
  test('asks for all of the tags', async () => {
    expect(await ids('?tag=eu')).toBe('ba');
    expect(await ids('?tag=eu&tag=beta')).toBe('a');
    expect(await ids('?tag=eu&q=pro')).toBe('b');
    expect(await ids('?tag={eu}')).toBe('');
    expect(await ids('?tag=eu', other)).toBe('theirs');
  });
});

describe('search_traces()', () => {
  const run = (filter: object, sort = 'newest') =>
    sql`select * from public.search_traces(${JSON.stringify(filter)}::text::jsonb, ${sort}, null, null, 10)`;

  test('answers nothing where no tenant is set', async () => {
    expect(await pool('app').db.execute(run({ q: 'trial' }))).toEqual([]);
  });

  test('is for the app login alone', async () => {
    expect(await sqlStateOf(pool('platform').db.execute(run({ q: 'trial' })))).toBe(
      sqlState.insufficientPrivilege,
    );
  });

  test('refuses what it does not know', async () => {
    const attempt = (filter: object, sort?: string) =>
      sqlStateOf(withTenant(tenant.ctx, (db) => db.execute(run(filter, sort))));
    expect(await attempt({ "q' or true --": 1 })).toBe('22004');
    expect(await attempt({ q: 'trial' }, 'newest; drop table x')).toBe('20000');
  });
});

describe('words and tags of thousands of traces', () => {
  let many: TestTenant;
  beforeAll(async () => {
    many = await makeTenant();
    await withTenant(many.ctx, (db) =>
      db.execute(sql`
        insert into traces (tenant_id, trace_id, question, model, project, user_id, latency_ms, tokens_in, grounding_score, tags, byte_size)
          select ${many.id}::uuid, 'many-' || n, 'common', 'm' || n % 3, 'p' || n % 2, 'u' || n % 1000, n % 77, n % 500, n % 100 / 100.0,
            array['all'], 6
          from generate_series(1, 5200) n`),
    );
    await withTenant(many.ctx, (db) =>
      db.execute(sql`
        insert into trace_words (tenant_id, trace_id, words)
          select tenant_id, trace_id, to_tsvector('simple', question) from traces where tenant_id = ${many.id}`),
    );
  });

  test.each([
    ...[
      '',
      'model_name=m1',
      'user_id=u7',
      'max_tokens_in=3.5',
      'min_latency_ms=70&sort=latency',
      'sort=oldest',
    ],
    ...['sort=tokens', 'sort=grounding&project=p1', 'min_tokens_out=1'],
  ])('are narrowed and sorted like all traces: %s', async (filter) => {
    const all = (await page(`?${filter}`, many)).traces.map((trace) => trace.trace_id);
    for (const found of ['q=common', 'tag=all', 'q=common&tag=all']) {
      const { traces, total, next_cursor } = await page(`?${found}&${filter}`, many);
      expect(traces.map((trace) => trace.trace_id)).toEqual(all);
      expect(total).toBe(Math.min((await page(`?${filter}`, many)).total, 1_000));
      if (!next_cursor) continue;
      const next = (await page(`?${filter}&page=2`, many)).traces.map((trace) => trace.trace_id);
      const after = await page(`?${found}&${filter}&cursor=${encodeURIComponent(next_cursor)}`, many);
      expect(after.traces.map((trace) => trace.trace_id)).toEqual(next);
    }
  });
});
