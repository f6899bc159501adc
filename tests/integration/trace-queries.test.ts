import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { withTenant } from '@/db/tenant';
import { writeEvaluations } from '@/lib/evaluations/mutations';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import {
  findLatestTrace,
  findTrace,
  hasTraces,
  listModels,
  listTracePage,
  listTraces,
} from '@/lib/traces/queries';
import { encodeCursor, type TraceInput } from '@/lib/traces/rules';
import {
  TRACES_PER_PAGE,
  type TraceFilter,
  traceDetailSchema,
  traceFilterSchema,
  traceListQuery,
  tracePageSchema,
  traceSummarySchema,
} from '@/lib/traces/schema';
import { makeKey, makePerson, makeTenant, type TestTenant } from '@/tests/support/factories';

const strictPage = tracePageSchema.extend({ traces: traceSummarySchema.strict().array() }).strict();

/** A tenant with these traces, received in this order, as the system may store the past. */
async function tenantWith(traces: readonly TraceInput[]): Promise<TestTenant> {
  const tenant = await makeTenant();
  await ingestTraces(tenant.ctx, traces);
  return tenant;
}

const minute = (n: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + n * 60_000);
const number = (n: number) => String(n).padStart(4, '0');

async function idsOf(tenant: TestTenant, filter: Record<string, unknown> = {}): Promise<string[]> {
  const page = strictPage.parse(await listTraces(tenant.admin.ctx, traceFilterSchema.parse(filter)));
  return page.traces.map((trace) => trace.traceId);
}

/** All pages of a list, by its cursors. */
async function walk(tenant: TestTenant, filter: TraceFilter = {}): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = strictPage.parse(await listTraces(tenant.admin.ctx, { ...filter, cursor }));
    pages.push(page.traces.map((trace) => trace.traceId));
    cursor = page.nextCursor ?? undefined;
  } while (cursor && pages.length < 100);
  return pages;
}

describe('findLatestTrace', () => {
  test('answers the one received last, and nothing of another tenant', async () => {
    const tenant = await tenantWith([
      { traceId: 'new', receivedAt: minute(3), question: 'q'.repeat(400) },
      { traceId: 'old', receivedAt: minute(1), startedAt: minute(9) },
    ]);
    expect(await findLatestTrace(tenant.admin.ctx)).toEqual({
      traceId: 'new',
      receivedAt: minute(3).toISOString(),
      question: 'q'.repeat(300),
    });
    expect(await findLatestTrace((await makeTenant()).admin.ctx)).toBeNull();
  });
});

describe('listTraces', () => {
  test('shows the newest first', async () => {
    const tenant = await tenantWith([
      { traceId: 'old', receivedAt: minute(1) },
      { traceId: 'new', receivedAt: minute(3) },
      { traceId: 'middle', receivedAt: minute(2), startedAt: minute(9) },
    ]);
    expect(await idsOf(tenant)).toEqual(['new', 'middle', 'old']);
  });

  test('says all that the list shows of a trace, and nothing else', async () => {
    const tenant = await tenantWith([
      {
        traceId: 'a',
        receivedAt: minute(0),
        question: `${'q'.repeat(299)}äöü`,
        error: 'e'.repeat(1000),
        answer: 'not in the list',
        model: 'm',
        project: 'p',
        latencyMs: 1.5,
        tokensIn: 1,
        tokensOut: 2,
        chunks: [{ text: 'a' }, { text: 'b' }],
      },
    ]);
    expect(await listTraces(tenant.admin.ctx, {})).toEqual({
      traces: [
        {
          traceId: 'a',
          receivedAt: '2026-01-01T00:00:00.000Z',
          project: 'p',
          question: `${'q'.repeat(299)}ä`,
          model: 'm',
          latencyMs: 1.5,
          tokensIn: 1,
          tokensOut: 2,
          chunkCount: 2,
          error: 'e'.repeat(300),
          trafficLight: null,
        },
      ],
      nextCursor: null,
    });
  });

  test('pages through traces of the same moment without a gap or a double', async () => {
    const count = TRACES_PER_PAGE * 2 + 20;
    // Most share one moment, so that every page ends in the middle of it.
    const tenant = await tenantWith(
      Array.from({ length: count }, (_, i) => ({
        traceId: `trace-${number(i)}`,
        receivedAt: minute(i < 5 ? 0 : 1),
      })),
    );
    const pages = await walk(tenant);
    expect(pages.map((page) => page.length)).toEqual([TRACES_PER_PAGE, TRACES_PER_PAGE, 20]);
    const expected = Array.from({ length: count }, (_, i) => `trace-${number(i)}`).reverse();
    expect(pages.flat()).toEqual(expected);
  });

  test('ends on a full page', async () => {
    const tenant = await tenantWith(
      Array.from({ length: TRACES_PER_PAGE }, (_, i) => ({ traceId: number(i), receivedAt: minute(i) })),
    );
    expect((await walk(tenant)).map((page) => page.length)).toEqual([TRACES_PER_PAGE]);
  });

  test('keeps its place while newer traces come in', async () => {
    const tenant = await tenantWith(
      Array.from({ length: TRACES_PER_PAGE + 10 }, (_, i) => ({ traceId: number(i), receivedAt: minute(i) })),
    );
    const first = await listTraces(tenant.admin.ctx, {});
    await ingestTraces(tenant.ctx, [{ traceId: 'newer' }]);
    const second = await listTraces(tenant.admin.ctx, { cursor: first.nextCursor ?? '' });
    expect(second.traces.map((trace) => trace.traceId)).toEqual(
      Array.from({ length: 10 }, (_, i) => number(9 - i)),
    );
  });

  test('takes a cursor that is not ours for the first page, and a made-up one for a place', async () => {
    const tenant = await tenantWith([{ traceId: 'a', receivedAt: minute(0) }]);
    const made = (at: Date, traceId: string) =>
      encodeCursor({ sort: 'newest', value: at.getTime(), traceId });
    for (const cursor of ['garbage', '', 'W10', `${made(minute(-5), 'a')}xyz`])
      expect(await idsOf(tenant, { cursor })).toEqual(['a']);
    for (const cursor of [made(minute(5), '\ud800'), made(minute(5), "' or true --")])
      expect(await idsOf(tenant, { cursor })).toEqual(['a']);
    expect(await idsOf(tenant, { cursor: made(new Date(0), '') })).toEqual([]);
    expect(await idsOf(tenant, { cursor: made(new Date('9999-12-31'), '😀') })).toEqual(['a']);
  });

  describe('with a filter', () => {
    let tenant: TestTenant;

    beforeAll(async () => {
      tenant = await tenantWith([
        { traceId: 'a', receivedAt: minute(0), model: 'gpt', latencyMs: 100 },
        { traceId: 'b', receivedAt: minute(1), model: 'gpt', latencyMs: 200, error: 'late' },
        { traceId: 'c', receivedAt: minute(2), model: 'claude', error: 'late' },
        { traceId: 'd', receivedAt: minute(3), latencyMs: 0 },
        { traceId: 'e', receivedAt: minute(4), model: 'o\'model \\ %_"', error: '' },
      ]);
    });

    test.each([
      [{}, 'edcba'],
      [{ model: 'gpt' }, 'ba'],
      [{ model: 'claude' }, 'c'],
      [{ model: 'o\'model \\ %_"' }, 'e'],
      [{ model: '%' }, ''],
      [{ model: "' or true --" }, ''],
      [{ error: 'none' }, 'da'],
      [{ model: 'gpt', error: 'only' }, 'b'],
      [{ from: minute(2).toISOString() }, 'edc'],
      [{ to: minute(2).toISOString() }, 'ba'],
      [{ from: minute(1).toISOString(), to: minute(3).toISOString() }, 'cb'],
      [{ min_latency_ms: '150' }, 'b'],
      [{ min_latency_ms: '0' }, 'dba'],
      [{ min_latency_ms: '200', model: 'gpt' }, 'b'],
      [{ min_latency_ms: 'x', from: 'yesterday', to: '2026', error: 'maybe' }, 'edcba'],
    ])('%j shows %j', async (filter, ids) => {
      expect((await idsOf(tenant, filter)).join('')).toBe(ids);
    });

    test('stands in the order that is asked for, page by page', async () => {
      const many = await tenantWith(
        Array.from({ length: 70 }, (_, i) => ({
          traceId: number(i),
          receivedAt: minute(i % 3),
          latencyMs: (i * 37) % 70,
          tokensIn: i % 2 ? i : undefined,
        })),
      );
      const slowest = (await walk(many, { sort: 'latency' })).flat();
      expect(slowest).toHaveLength(70);
      expect(slowest.slice(0, 2).map((id) => (Number(id) * 37) % 70)).toEqual([69, 68]);
      const expensive = (await walk(many, { sort: 'tokens' })).flat();
      expect(expensive).toHaveLength(35);
      expect(Number(expensive[0])).toBe(69);
      const [oldest] = await walk(many, { sort: 'oldest' });
      expect(Number(oldest?.[0]) % 3).toBe(0);
    });

    test('takes lights, people, projects, tags and bounds together', async () => {
      const mixed = await tenantWith([
        { traceId: 'a', receivedAt: minute(0), tags: ['x', 'y'], userId: 'u', tokensOut: 5 },
        { traceId: 'b', receivedAt: minute(1), tags: ['x'], userId: 'u', sessionId: 's', tokensOut: 9 },
        { traceId: 'c', receivedAt: minute(2), project: 'p', tokensIn: 7 },
      ]);
      await writeEvaluations(mixed.ctx, [
        { trace_id: 'a', score_type: 'overall', score: 0.9 },
        { trace_id: 'b', score_type: 'overall', score: 0.2 },
        { trace_id: 'c', score_type: 'safety', score: 0.5 },
      ]);
      for (const [filter, ids] of [
        [{ tag: 'x' }, 'ba'],
        [{ tag: ['x', 'y'] }, 'a'],
        [{ tag: 'x', sort: 'oldest' }, 'ab'],
        [{ user: 'u', session: 's' }, 'b'],
        [{ project: 'p' }, 'c'],
        [{ light: 'green' }, 'a'],
        [{ light: 'red', tag: 'x' }, 'b'],
        [{ min_overall: '0.2', max_overall: '0.5' }, 'b'],
        [{ min_safety: '0.5' }, 'c'],
        [{ max_tokens_out: '5' }, 'a'],
        [{ min_tokens_in: '7', max_tokens_in: '7' }, 'c'],
        [{ min_overall: '', light: 'violet', sort: 'random' }, 'cba'],
      ] as const)
        expect((await idsOf(mixed, filter)).join(''), JSON.stringify(filter)).toBe(ids);
    });

    test('pages within it', async () => {
      const many = await tenantWith(
        Array.from({ length: 130 }, (_, i) => ({
          traceId: number(i),
          receivedAt: minute(i % 3),
          model: i % 2 ? 'odd' : 'even',
        })),
      );
      const pages = await walk(many, { model: 'odd' });
      expect(pages.map((page) => page.length)).toEqual([50, 15]);
      expect(new Set(pages.flat()).size).toBe(65);
      expect(pages.flat().every((id) => Number(id) % 2 === 1)).toBe(true);
    });

    test.each([
      { model: 'a\u0000b' },
      { model: '\ud800' },
      { from: '0000-01-01T00:00:00Z' },
      { to: '0000-12-31T23:59:59Z' },
      { from: '9999-12-31T23:59:59.999Z', to: '0001-01-01T00:00:00Z' },
      { min_latency_ms: '1e308' },
      { min_latency_ms: '5e-324' },
      { min_latency_ms: 'Infinity' },
      { cursor: '\u0000' },
    ])('takes %j from the address bar without an error', async (filter) => {
      await expect(idsOf(tenant, filter)).resolves.toEqual(expect.any(Array));
    });
  });

  test('shows another tenant’s traces to nobody', async () => {
    const [mine, theirs] = await Promise.all([
      tenantWith([{ traceId: 'mine', model: 'm' }]),
      tenantWith([{ traceId: 'theirs', model: 't' }]),
    ]);
    expect(await idsOf(mine)).toEqual(['mine']);
    expect(await idsOf(mine, { model: 't' })).toEqual([]);
    expect(await idsOf(theirs)).toEqual(['theirs']);
  });

  test('is for members of any role, and for keys that may read', async () => {
    const tenant = await tenantWith([{ traceId: 'a' }]);
    const { ctx: viewer } = await makePerson(tenant, 'viewer');
    expect((await listTraces(viewer, {})).traces).toHaveLength(1);
    const { ctx, keyId } = await makeKey(tenant);
    const writer = {
      ...ctx,
      actor: { kind: 'api-key', keyId, scopes: ['traces:write'], creatorRole: null },
    } as const;
    await expect(listTraces(writer, {})).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('listModels', () => {
  test('names each model once, in order, and no trace without one', async () => {
    const tenant = await tenantWith(
      ['b', 'a', undefined, 'b', 'C', 'ä', "x'y"].map((model, i) => ({ traceId: number(i), model })),
    );
    const models = await listModels(tenant.admin.ctx);
    expect([...models].sort()).toEqual(['C', 'a', 'b', "x'y", 'ä']);
    expect(models).toHaveLength(5);
  });

  test('names none where there is none', async () => {
    const tenant = await tenantWith([{ traceId: 'a' }]);
    expect(await listModels(tenant.admin.ctx)).toEqual([]);
  });

  test('stops at 100', async () => {
    const tenant = await tenantWith(
      Array.from({ length: 120 }, (_, i) => ({ traceId: number(i), model: number(i) })),
    );
    expect(await listModels(tenant.admin.ctx)).toEqual(Array.from({ length: 100 }, (_, i) => number(i)));
  });

  test('names no model of another tenant', async () => {
    const [mine] = await Promise.all([tenantWith([]), tenantWith([{ traceId: 'a', model: 'theirs' }])]);
    expect(await listModels(mine.admin.ctx)).toEqual([]);
  });

  test('probes the index for each, and scans nothing', async () => {
    const tenant = await tenantWith([]);
    const plan = await withTenant(tenant.ctx, async (db) => {
      await db.execute(sql`
        insert into traces (tenant_id, trace_id, byte_size, model)
        select ${tenant.id}, i::text, 1, 'model-' || i % 3 from generate_series(1, 5000) i`);
      await db.execute(sql`set local enable_seqscan = off`);
      return db.execute<{ 'QUERY PLAN': string }>(sql`
        explain (analyze, costs off, timing off) select model from traces
        where tenant_id = ${tenant.id} and model > 'model-0' order by model limit 1`);
    });
    expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Index.* using traces\w*model/);
    expect(await listModels(tenant.admin.ctx)).toEqual(['model-0', 'model-1', 'model-2']);
  });
});

describe('hasTraces', () => {
  test('knows none from some', async () => {
    const [empty, full] = await Promise.all([tenantWith([]), tenantWith([{ traceId: 'a' }])]);
    expect([await hasTraces(empty.admin.ctx), await hasTraces(full.admin.ctx)]).toEqual([false, true]);
  });
});

describe('findTrace', () => {
  test('answers the whole trace, and nothing that is not declared', async () => {
    const trace: TraceInput = {
      traceId: 'a/b ?&#ä😀',
      receivedAt: minute(0),
      startedAt: minute(1),
      question: 'q'.repeat(1000),
      answer: 'a',
      userId: 'u',
      sessionId: 's',
      chunks: [{ text: 't', score: 0 }],
      prompts: ['p'],
      metadata: { user_id: 'u' },
    };
    const tenant = await tenantWith([trace]);
    const found = traceDetailSchema.strict().parse(await findTrace(tenant.admin.ctx, trace.traceId));
    expect(found).toMatchObject({
      traceId: trace.traceId,
      receivedAt: minute(0).toISOString(),
      startedAt: minute(1).toISOString(),
      question: trace.question,
      chunkCount: 1,
      chunks: [{ text: 't', source: null, score: 0, metadata: null }],
      prompts: ['p'],
      userId: 'u',
      sessionId: 's',
      metadata: { user_id: 'u' },
      scores: { grounding: null, helpfulness: null, safety: null, overall: null },
    });
  });

  test('answers null for another tenant’s trace, and for what is no id of any', async () => {
    const [mine, theirs] = await Promise.all([
      tenantWith([{ traceId: 'mine' }]),
      tenantWith([{ traceId: 'theirs' }]),
    ]);
    expect(await findTrace(theirs.admin.ctx, 'theirs')).not.toBeNull();
    for (const id of [
      'theirs',
      '',
      '%',
      "' or true --",
      'a\u0000b',
      '\ud800',
      'x'.repeat(100_000),
      'MINE',
      ' mine',
    ])
      expect(await findTrace(mine.admin.ctx, id)).toBeNull();
  });
});

describe('listTracePage', () => {
  const page = (tenant: TestTenant, query: Record<string, string>) =>
    listTracePage(tenant.admin.ctx, traceListQuery.parse(query));

  test('numbers its pages, with the total', async () => {
    const tenant = await tenantWith(
      Array.from({ length: 25 }, (_, i) => ({ traceId: number(i), receivedAt: minute(Math.floor(i / 10)) })),
    );
    const pages = await Promise.all(['1', '2', '3', '4'].map((n) => page(tenant, { page: n, size: '10' })));
    expect(pages.map(({ total, traces }) => [total, traces.length])).toEqual([
      [25, 10],
      [25, 10],
      [25, 5],
      [25, 0],
    ]);
    expect(pages.flatMap(({ traces }) => traces.map((trace) => trace.traceId))).toEqual(
      Array.from({ length: 25 }, (_, i) => number(24 - i)),
    );
    for (const { traces } of pages) traceDetailSchema.strict().array().parse(traces);
  });

  test.each([
    [{}, 'dcba'],
    [{ model_name: 'gpt' }, 'ba'],
    [{ model_name: '' }, 'dcba'],
    [{ has_error: 'true' }, 'b'],
    [{ has_error: '0' }, 'dca'],
    [{ traffic_light: 'red' }, 'c'],
    [{ start_date: '2026-01-01T00:02:00Z' }, 'dc'],
    [{ end_date: '2026-01-01T00:02:00Z' }, 'cba'],
    [{ start_date: '2026-01-01T00:01:00Z', end_date: '2026-01-01T00:01:00Z' }, 'b'],
    [{ start_date: '2026-01-02' }, ''],
    [{ model_name: 'gpt', has_error: 'false' }, 'a'],
  ])('filters by %j, and counts what it filters', async (query, ids) => {
    const tenant = await tenantWith([
      { traceId: 'a', receivedAt: minute(0), startedAt: minute(0), model: 'gpt' },
      { traceId: 'b', receivedAt: minute(1), startedAt: minute(1), model: 'gpt', error: 'e' },
      { traceId: 'c', receivedAt: minute(2), startedAt: minute(2) },
      { traceId: 'd', receivedAt: minute(3), startedAt: minute(3) },
    ]);
    await withTenant(tenant.ctx, (db) =>
      db.execute(sql`update traces set traffic_light = 'red' where trace_id = 'c'`),
    );
    const { traces, total } = await page(tenant, query as Record<string, string>);
    expect(traces.map((trace) => trace.traceId).join('')).toBe(ids);
    expect(total).toBe(ids.length);
  });
});
