import { describe, expect, test } from 'vitest';
import {
  byteSize,
  decodeCursor,
  encodeCursor,
  mergeById,
  mergeTraces,
  oddTime,
  type TraceCursor,
  type TraceInput,
  toWireTrace,
} from '@/lib/traces/rules';
import { type TraceDetail, wireTrace } from '@/lib/traces/schema';

describe('mergeTraces', () => {
  test('replaces what came and keeps the rest', () => {
    const stored: TraceInput = { traceId: 'a', question: 'q', answer: 'o', metadata: { a: 1 }, tokensIn: 5 };
    expect(mergeTraces(stored, { traceId: 'a', answer: 'new', metadata: { b: 2 }, tokensIn: 0 })).toEqual({
      traceId: 'a',
      question: 'q',
      answer: 'new',
      metadata: { b: 2 },
      tokensIn: 0,
    });
  });

  test('takes undefined for not sent', () => {
    expect(mergeTraces({ traceId: 'a', error: 'e' }, { traceId: 'a', error: undefined })).toEqual({
      traceId: 'a',
      error: 'e',
    });
  });

  test('changes neither', () => {
    const stored = Object.freeze({ traceId: 'a', question: 'q' });
    const sent = Object.freeze({ traceId: 'a', question: 'r' });
    expect(mergeTraces(stored, sent)).toEqual(sent);
  });
});

describe('mergeById', () => {
  test('makes one of each id, later over earlier, sorted by id', () => {
    expect(
      mergeById([
        { traceId: 'b', question: 'q', answer: 'first' },
        { traceId: 'a' },
        { traceId: 'B' },
        { traceId: 'b', answer: 'second' },
      ]),
    ).toEqual([{ traceId: 'B' }, { traceId: 'a' }, { traceId: 'b', question: 'q', answer: 'second' }]);
  });

  test('makes nothing of nothing', () => {
    expect(mergeById([])).toEqual([]);
  });

  test('is not confused by ids that look like members of an object', () => {
    expect(mergeById([{ traceId: '__proto__' }, { traceId: 'constructor' }])).toHaveLength(2);
  });
});

describe('byteSize', () => {
  test('counts bytes of UTF-8, not characters', () => {
    const plain = byteSize({ traceId: 'a', question: 'eee' });
    expect(byteSize({ traceId: 'a', question: '€€€' }) - plain).toBe(6);
  });

  test('counts what was not sent as nothing', () => {
    expect(byteSize({ traceId: 'a', question: undefined })).toBe(byteSize({ traceId: 'a' }));
  });

  test('grows with what is sent', () => {
    expect(byteSize({ traceId: 'a', answer: 'x'.repeat(1000) })).toBeGreaterThan(1000);
  });
});

describe('decodeCursor', () => {
  const cursor = { sort: 'newest', value: 1_767_323_045_678, traceId: 'a/b?c=ä😀"\'' } as const;

  test('reads what encodeCursor makes, which needs no escaping in an address', () => {
    const text = encodeCursor(cursor);
    expect(decodeCursor(text, 'newest')).toEqual(cursor);
    for (const sort of ['oldest', 'latency'] as const) expect(decodeCursor(text, sort)).toBeNull();
    expect(encodeURIComponent(text)).toBe(text);
  });

  test('keeps a number as it is', () => {
    const slow = { sort: 'latency', value: 0.1 + 0.2, traceId: 'a' } as const;
    expect(decodeCursor(encodeCursor(slow), 'latency')).toEqual(slow);
  });

  const made = (value: unknown, traceId: unknown) =>
    encodeCursor({ sort: 'newest', value, traceId } as TraceCursor);
  const text = encodeCursor(cursor);

  test.each([
    ...[undefined, '', 'garbage', '%%%', '\u0000', '☃'],
    ...[null, {}, [], [1], [1, 'a']].map((value) => Buffer.from(JSON.stringify(value)).toString('base64url')),
    ...[made('1', 'a'), made(1, 2), made(-1, 'a'), made(253_402_300_800_000, 'a'), made(1e300, 'a')],
    ...[made(null, 'a'), made(1, 'x'.repeat(201)), made(1, 'a\u0000b'), made(1, { toString: 'x' })],
    ...[text.slice(0, -4), `x${text.slice(1)}`, `${text.slice(0, 30)}AAAA${text.slice(34)}`],
  ])('answers %j with null', (changed) => {
    expect(decodeCursor(changed, 'newest')).toBeNull();
  });
});

describe('toWireTrace', () => {
  test('has every field of the contract, in the names that clients know', () => {
    const at = '2026-01-02T03:04:05.678Z';
    const detail: TraceDetail = {
      traceId: 'a',
      receivedAt: at,
      updatedAt: at,
      startedAt: at,
      project: 'p',
      question: 'q',
      answer: 'o',
      model: 'm',
      latencyMs: 1,
      tokensIn: 2,
      tokensOut: 3,
      chunkCount: 2,
      error: null,
      trafficLight: 'green',
      chunks: [
        {
          text: 'x',
          source: 's',
          score: 0.5,
          metadata: { a: 1 },
          scoreKind: 'relevance',
          before: { rank: 4, score: 0.2, scoreKind: 'similarity' },
        },
        { text: 'y', source: null, score: null, metadata: null, scoreKind: null, before: null },
      ],
      name: 'n',
      tags: ['t'],
      tokensCached: 1,
      tokensReasoning: 0,
      costUsd: 0.01,
      flags: ['odd-time'],
      spanCount: 3,
      prompts: ['p'],
      userId: 'u',
      sessionId: 's',
      metadata: { user_id: 'u' },
      scores: { grounding: 0.1, helpfulness: 0.2, safety: 0.3, overall: 0.4 },
    };
    expect(wireTrace.strict().parse(toWireTrace(detail))).toEqual({
      trace_id: 'a',
      timestamp: at,
      project: 'p',
      user_input: 'q',
      retrieved_chunks: [
        {
          text: 'x',
          source: 's',
          score: 0.5,
          metadata: { a: 1 },
          score_kind: 'relevance',
          retrieved_rank: 4,
          retrieved_score: 0.2,
        },
        {
          text: 'y',
          source: null,
          score: null,
          metadata: null,
          score_kind: null,
          retrieved_rank: null,
          retrieved_score: null,
        },
      ],
      name: 'n',
      tags: ['t'],
      tokens_cached: 1,
      tokens_reasoning: 0,
      cost_usd: 0.01,
      flags: ['odd-time'],
      span_count: 3,
      retrieval_scores: [0.5, null],
      prompts: ['p'],
      model_output: 'o',
      model_name: 'm',
      response_latency_ms: 1,
      tokens_in: 2,
      tokens_out: 3,
      metadata: { user_id: 'u' },
      error: null,
      grounding_score: 0.1,
      helpfulness_score: 0.2,
      safety_score: 0.3,
      overall_score: 0.4,
      traffic_light: 'green',
      created_at: at,
    });
  });
});

describe('oddTime', () => {
  const received = new Date('2026-11-20T12:00:00Z');
  test.each([
    ['1999-12-31T23:59:59.999Z', 'year 2000'],
    ['1970-01-01T00:00:00Z', 'year 2000'],
    ['2026-11-21T12:00:00.001Z', 'ahead'],
    ['9999-12-31T00:00:00Z', 'ahead'],
  ])('finds %s odd', (startedAt, why) => {
    expect(oddTime(new Date(startedAt), received)).toContain(why);
  });
  test.each(['2000-01-01T00:00:00Z', '2026-11-21T12:00:00Z', '2026-11-20T11:00:00Z'])(
    'takes %s',
    (startedAt) => {
      expect(oddTime(new Date(startedAt), received)).toBeNull();
    },
  );
});
