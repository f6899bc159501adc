import { describe, expect, test } from 'vitest';
import { traceBody } from '@/lib/trace-ingest/schema';

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
