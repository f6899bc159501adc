import { describe, expect, test } from 'vitest';
import { parseTimestamp, traceBody, traceFilterSchema, traceListQuery } from '@/lib/traces/schema';

function issuesOf(body: unknown): string[] {
  const result = traceBody.safeParse(body);
  return result.success ? [] : [...new Set(result.error.issues.map((issue) => issue.path.join('.')))];
}

const trace = (fields: Record<string, unknown> = {}) => ({ trace_id: 'a', ...fields });

describe('traceBody', () => {
  test('asks for nothing but an id', () => {
    expect(traceBody.parse({ trace_id: 'a' })).toEqual({ trace_id: 'a' });
    expect(issuesOf({})).toEqual(['trace_id']);
  });

  test.each([null, [], 'x', 1, true, undefined])('refuses %j for a body', (body) => {
    expect(traceBody.safeParse(body).success).toBe(false);
  });

  test.each([null, 1, '', 'x'.repeat(201), {}, ['a'], true])('refuses the id %j', (trace_id) => {
    expect(issuesOf({ trace_id })).toEqual(['trace_id']);
  });

  test('ignores fields that it does not know', () => {
    expect(traceBody.parse(trace({ tenant_id: 'x', received_at: 1, id: 2, spans: [] }))).toEqual({
      trace_id: 'a',
    });
  });

  test('takes what the clients in the field send', () => {
    const body = trace({
      timestamp: 1_700_000_000.123,
      project: 'default',
      user_input: 'Why?',
      retrieved_chunks: [{ text: 'Because.', source: 'a.md', score: 0.9, metadata: { page: 1 } }],
      retrieval_scores: [0.9],
      prompts: ['Answer.'],
      model_output: 'Because.',
      model_name: 'gpt-4o-mini',
      response_latency_ms: 840.5,
      tokens_in: 412,
      tokens_out: 0,
      metadata: { user_id: 'u', session_id: 's', nested: { deep: [1, null, 'x'] } },
      error: 'late',
    });
    expect(traceBody.parse(body)).toEqual({ ...body, timestamp: new Date(1_700_000_000_123) });
  });

  test('takes null for absent in every optional field', () => {
    const optional = Object.keys(traceBody.shape).filter((name) => name !== 'trace_id');
    expect(optional.length).toBeGreaterThan(10);
    expect(issuesOf(trace(Object.fromEntries(optional.map((name) => [name, null]))))).toEqual([]);
  });

  test('takes chunks in each of their forms', () => {
    const { retrieved_chunks } = traceBody.parse(
      trace({
        retrieved_chunks: [
          'text alone',
          { text: 'with text' },
          { content: 'with content' },
          { text: null, content: 'text is null' },
          { text: 'both', content: 'ignored' },
          { text: '', source: null, score: null, metadata: null },
          { text: 'x', id: 7, embedding: [1, 2] },
        ],
      }),
    );
    expect(retrieved_chunks?.map((chunk) => chunk.text)).toEqual([
      'text alone',
      'with text',
      'with content',
      'text is null',
      'both',
      '',
      'x',
    ]);
    expect(retrieved_chunks?.[6]).not.toHaveProperty('embedding');
  });

  test.each([
    [{ retrieved_chunks: [{ text: 'a' }, { source: 'b' }] }, 'retrieved_chunks.1.text'],
    [{ retrieved_chunks: [{ text: null, content: null }] }, 'retrieved_chunks.0.text'],
    [{ retrieved_chunks: [null] }, 'retrieved_chunks.0'],
    [{ retrieved_chunks: [7] }, 'retrieved_chunks.0'],
    [{ retrieved_chunks: [{ text: 7 }] }, 'retrieved_chunks.0.text'],
    [{ retrieved_chunks: [{ text: 'a', score: '0.5' }] }, 'retrieved_chunks.0.score'],
    [{ retrieved_chunks: [{ text: 'a', metadata: [] }] }, 'retrieved_chunks.0.metadata'],
    [{ retrieved_chunks: 'a' }, 'retrieved_chunks'],
    [{ retrieved_chunks: {} }, 'retrieved_chunks'],
    [{ retrieved_chunks: Array.from({ length: 1001 }, () => 'a') }, 'retrieved_chunks'],
    [{ retrieval_scores: ['a'] }, 'retrieval_scores.0'],
    [{ retrieval_scores: [Number.POSITIVE_INFINITY] }, 'retrieval_scores.0'],
    [{ prompts: 'a' }, 'prompts'],
    [{ prompts: [1] }, 'prompts.0'],
    [{ timestamp: true }, 'timestamp'],
    [{ timestamp: 'yesterday' }, 'timestamp'],
    [{ timestamp: {} }, 'timestamp'],
    [{ project: 1 }, 'project'],
    [{ project: 'x'.repeat(201) }, 'project'],
    [{ model_name: 'x'.repeat(201) }, 'model_name'],
    [{ user_input: {} }, 'user_input'],
    [{ model_output: ['a'] }, 'model_output'],
    [{ response_latency_ms: -1 }, 'response_latency_ms'],
    [{ response_latency_ms: Number.POSITIVE_INFINITY }, 'response_latency_ms'],
    [{ response_latency_ms: '840' }, 'response_latency_ms'],
    [{ tokens_in: 1.5 }, 'tokens_in'],
    [{ tokens_in: -1 }, 'tokens_in'],
    [{ tokens_out: 2_147_483_648 }, 'tokens_out'],
    [{ tokens_out: 1e300 }, 'tokens_out'],
    [{ metadata: 'a' }, 'metadata'],
    [{ metadata: [] }, 'metadata'],
    [{ error: true }, 'error'],
  ])('refuses %j and says where', (fields, path) => {
    expect(issuesOf(trace(fields))).toEqual([path]);
  });

  test('says what is expected, in a sentence', () => {
    const result = traceBody.safeParse(trace({ trace_id: 7, timestamp: 'x', tokens_in: 1.5 }));
    for (const { message } of result.error?.issues ?? []) expect(message).toMatch(/expected/i);
    expect(result.error?.issues).toHaveLength(3);
  });

  test('lists everything that is wrong at once', () => {
    expect(issuesOf({ tokens_in: 'x', prompts: 'x', retrieved_chunks: [{}] }).sort()).toEqual([
      'prompts',
      'retrieved_chunks.0.text',
      'tokens_in',
      'trace_id',
    ]);
  });
});

describe('parseTimestamp', () => {
  const iso = (value: number | string) => parseTimestamp(value)?.toISOString() ?? null;

  test.each([
    [0, '1970-01-01T00:00:00.000Z'],
    [1_700_000_000, '2023-11-14T22:13:20.000Z'],
    [1_700_000_000.5, '2023-11-14T22:13:20.500Z'],
    [253_402_300_799, '9999-12-31T23:59:59.000Z'],
    [253_402_300_799.999, '9999-12-31T23:59:59.999Z'],
    ['2026-01-02', '2026-01-02T00:00:00.000Z'],
    ['2026-01-02T03:04Z', '2026-01-02T03:04:00.000Z'],
    ['2026-01-02T03:04:05', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05.678901', '2026-01-02T03:04:05.678Z'],
    ['2026-01-02 03:04:05', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05+00:00', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05.5+05:30', '2026-01-01T21:34:05.500Z'],
    ['2026-01-02T03:04:05-0800', '2026-01-02T11:04:05.000Z'],
    ['2026-01-02t03:04:05z', '2026-01-02T03:04:05.000Z'],
    [' 2026-01-02T03:04:05Z ', '2026-01-02T03:04:05.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('reads %j', (value, expected) => expect(iso(value)).toBe(expected));

  test.each([
    -1,
    -0.001,
    253_402_300_800,
    1_700_000_000_000, // milliseconds by mistake: the year 55841
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e300,
    '',
    'now',
    '1700000000x',
    '2026-13-01',
    '2026-01-32',
    '2026-01-02T25:00:00Z',
    '2026-01-02T03:04:05+99:00',
    '10000-01-01T00:00:00Z',
    '+010000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-01:00', // the year 10000 in UTC
    '1969-12-31T23:59:59Z',
    '0000-01-01',
    '-000001-01-01',
    'Fri, 02 Jan 2026 03:04:05 GMT',
    '01/02/2026',
  ])('answers %j with null', (value) => expect(parseTimestamp(value)).toBeNull());
});

describe('traceListQuery', () => {
  test('has the first page of 20 without a query', () => {
    expect(traceListQuery.parse({})).toEqual({ page: 1, size: 20, sort: 'newest' });
  });

  test('reads what stands in an address', () => {
    expect(
      traceListQuery.parse({
        page: '2',
        size: '100',
        model_name: 'm',
        traffic_light: 'red',
        start_date: '2026-01-01',
        end_date: '2026-01-02T00:00:00Z',
        has_error: 'true',
        other: 'x',
      }),
    ).toEqual({
      page: 2,
      size: 100,
      sort: 'newest',
      model_name: 'm',
      traffic_light: 'red',
      start_date: new Date('2026-01-01'),
      end_date: new Date('2026-01-02'),
      has_error: true,
    });
    expect(traceListQuery.parse({ has_error: '0' })).toMatchObject({ has_error: false });
  });

  test.each([
    { page: '0' },
    { page: '-1' },
    { page: '1.5' },
    { page: 'x' },
    { page: '1e9' },
    { size: '0' },
    { size: '101' },
    { traffic_light: 'blue' },
    { start_date: 'yesterday' },
    { end_date: '10000-01-01' },
    { has_error: 'maybe' },
    { model_name: 'x'.repeat(201) },
  ])('refuses %j', (query) => {
    const [name] = Object.keys(query);
    expect(traceListQuery.safeParse(query).error?.issues.map((issue) => issue.path[0])).toEqual([name]);
  });
});

describe('traceFilterSchema', () => {
  test('takes what it cannot read for no filter', () => {
    for (const broken of [
      { model: ['a', 'b'], error: ['only'], cursor: ['x'] },
      { model: '', error: 'all', cursor: 'x'.repeat(501) },
      { model: 'x'.repeat(201) },
    ])
      expect(traceFilterSchema.parse(broken)).toEqual({});
  });

  test('reads a filter', () => {
    const filter = { model: 'gpt', error: 'only', cursor: 'abc' };
    expect(traceFilterSchema.parse({ ...filter, page: '7' })).toEqual(filter);
  });
});
