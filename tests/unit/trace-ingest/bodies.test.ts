import { describe, expect, test } from 'vitest';
import { readBatch, toTraceInput } from '@/lib/trace-ingest/rules';
import { traceBody } from '@/lib/trace-ingest/schema';

const input = (body: Record<string, unknown>) => toTraceInput(traceBody.parse({ trace_id: 'a', ...body }));

describe('toTraceInput', () => {
  test('names each field as it is stored', () => {
    expect(
      input({
        timestamp: 1_700_000_000,
        project: 'p',
        user_input: 'q',
        model_output: 'o',
        model_name: 'm',
        response_latency_ms: 1.5,
        tokens_in: 1,
        tokens_out: 2,
        error: 'e',
        prompts: ['x'],
        metadata: { user_id: 'u', session_id: 7 },
      }),
    ).toEqual({
      traceId: 'a',
      startedAt: new Date(1_700_000_000_000),
      project: 'p',
      question: 'q',
      answer: 'o',
      model: 'm',
      latencyMs: 1.5,
      tokensIn: 1,
      tokensOut: 2,
      error: 'e',
      prompts: ['x'],
      metadata: { user_id: 'u', session_id: 7 },
      userId: 'u',
      sessionId: '7',
    });
  });

  test('takes null for not sent', () => {
    const sent = input({ user_input: null, metadata: null, timestamp: null, retrieved_chunks: null });
    expect(Object.entries(sent).filter(([, value]) => value !== undefined)).toEqual([['traceId', 'a']]);
  });

  test('keeps what is sent and empty or zero', () => {
    expect(input({ user_input: '', tokens_in: 0, retrieved_chunks: [], metadata: {} })).toMatchObject({
      question: '',
      tokensIn: 0,
      chunks: [],
      metadata: {},
    });
  });

  test('gives chunks their scores: their own first, then that of the parallel list', () => {
    const scores = (body: Record<string, unknown>) => input(body).chunks?.map((chunk) => chunk.score);
    const chunks = ['a', { text: 'b', score: 0.5 }, { text: 'c', score: 0 }, 'd'];
    expect(scores({ retrieved_chunks: chunks, retrieval_scores: [1, 2, 3] })).toEqual([1, 0.5, 0, undefined]);
    expect(scores({ retrieved_chunks: chunks })).toEqual([undefined, 0.5, 0, undefined]);
    expect(scores({ retrieved_chunks: ['a', 'b'], retrieval_scores: [null, 2] })).toEqual([undefined, 2]);
    expect(scores({ retrieved_chunks: ['a', 'b'], retrieval_scores: [0] })).toEqual([0, undefined]);
    expect(input({ retrieval_scores: [1] }).chunks).toBeUndefined();
  });

  test.each([
    ['u', 'u'],
    [42, '42'],
    ['', undefined],
    [null, undefined],
    [{}, undefined],
    [true, undefined],
    ['x'.repeat(300), 'x'.repeat(200)],
    [`${'x'.repeat(199)}😀`, `${'x'.repeat(199)}\uFFFD`],
  ])('reads the user id %j out of metadata', (user_id, expected) => {
    expect(input({ metadata: { user_id } }).userId).toBe(expected);
  });
});

describe('readBatch', () => {
  const now = new Date('2026-11-20T12:00:00Z');
  test('tells of every earlier place of an id, and of scores that belong to nothing', () => {
    const { valid, rejected, warnings } = readBatch(
      [{ trace_id: 'a' }, { trace_id: 'a', retrieval_scores: [1] }, { trace_id: 'a', timestamp: 0 }],
      now,
    );
    expect(valid.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(rejected).toEqual([]);
    expect(warnings.map(({ index, issues }) => [index, issues[0]?.path])).toEqual([
      [1, 'retrieval_scores'],
      [0, 'trace_id'],
      [2, 'timestamp'],
      [1, 'trace_id'],
    ]);
  });
  test('reads the id of what it rejects as far as there is one', () => {
    const ids = [
      { trace_id: 'x', tokens_in: -1 },
      { trace_id: 7 },
      { trace_id: '' },
      null,
      [],
      'x',
      { trace_id: 'y'.repeat(900) },
    ];
    const { rejected } = readBatch(ids, now);
    expect(rejected.map(({ trace_id }) => trace_id)).toEqual([
      'x',
      null,
      null,
      null,
      null,
      null,
      'y'.repeat(200),
    ]);
  });
});
