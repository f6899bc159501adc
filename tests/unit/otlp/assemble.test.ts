import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assemble } from '@/lib/otlp/assemble';
import type { AssemblySpan } from '@/lib/otlp/assembly-span';
import type { Meaning } from '@/lib/otlp/meaning';

const START = 1_767_225_600_000_000_000n;

function span(
  spanId: string,
  parentId: string | null,
  meaning: Meaning,
  given: Partial<AssemblySpan> = {},
): AssemblySpan {
  return {
    spanId,
    parentId,
    name: spanId,
    startNs: START,
    endNs: START + 1_000_000_000n,
    status: 'unset',
    statusMessage: null,
    flags: [],
    project: null,
    meaning,
    ...given,
  };
}
const at = (ms: number, took = 10) => ({
  startNs: START + BigInt(ms) * 1_000_000n,
  endNs: START + BigInt(ms + took) * 1_000_000n,
});
const llm = (meaning: Meaning = {}): Meaning => ({ kind: 'llm', ...meaning });

describe('tokens and cost', () => {
  test('of a span stand for those below it', () => {
    expect(
      assemble([
        span('root', null, llm({ tokensIn: 30, tokensOut: 6, cost: 0.03 })),
        span('one', 'root', llm({ tokensIn: 10, tokensOut: 2, cost: 0.01 })),
        span('two', 'root', llm({ tokensIn: 20, tokensOut: 4, cost: 0.02 })),
      ]),
    ).toMatchObject({ tokensIn: 30, tokensOut: 6, costUsd: 0.03 });
  });

  test('are added up where nothing states their sum, also through spans that say nothing', () => {
    expect(
      assemble([
        span('root', null, {}),
        span('chain', 'root', { kind: 'chain' }),
        span('http', 'chain', {}),
        span('one', 'http', llm({ tokensIn: 10 })),
        span('two', 'chain', llm({ tokensIn: 20, tokensOut: 4 })),
      ]),
    ).toMatchObject({ tokensIn: 30, tokensOut: 4 });
  });

  test('leave out those of embeddings, whose cost counts', () => {
    const trace = assemble([
      span('root', null, {}),
      span('embed', 'root', { kind: 'embedding', tokensIn: 7, cost: 0.001 }),
      span('ask', 'root', llm({ tokensIn: 10 })),
    ]);
    expect(trace).toMatchObject({ tokensIn: 10, costUsd: 0.001 });
    expect(trace).not.toHaveProperty('tokensOut');
  });

  test('never pass what a column holds', () => {
    const many = Array.from({ length: 3 }, (_, i) => span(`s${i}`, null, llm({ tokensIn: 2_000_000_000 })));
    expect(assemble(many).tokensIn).toBe(2_147_483_647);
  });
});

describe('chunks', () => {
  const found = ['a', 'b', 'c'].map((id, i) => ({
    id,
    text: id,
    score: 0.9 - i / 10,
    scoreKind: 'similarity' as const,
  }));

  test('come from the outermost retriever, with the rank that an inner one gave', () => {
    const { chunks } = assemble([
      span('outer', null, {
        kind: 'retriever',
        documents: [{ id: 'c', score: 0.99, scoreKind: 'relevance' }],
      }),
      span('inner', 'outer', { kind: 'retriever', documents: found }),
    ]);
    expect(chunks).toEqual([
      {
        id: 'c',
        text: 'c',
        source: 'c',
        score: 0.99,
        scoreKind: 'relevance',
        before: { rank: 3, score: found[2]?.score, scoreKind: 'similarity' },
      },
    ]);
  });

  test('of several retrievers are joined, and one that two found counts once', () => {
    const { chunks } = assemble([
      span('one', null, { kind: 'retriever', documents: found.slice(0, 2) }, at(0)),
      span('two', null, { kind: 'retriever', documents: found.slice(1) }, at(5)),
    ]);
    expect(chunks?.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  test('keep the score of the retriever where the reranker was given none', () => {
    const bare = found.map(({ id, text }) => ({ id, text }));
    const { chunks } = assemble([
      span('find', null, { kind: 'retriever', documents: found }, at(0)),
      span(
        'rank',
        null,
        { kind: 'reranker', rerankInput: bare, rerankOutput: [{ id: 'b', text: 'b' }] },
        at(20),
      ),
    ]);
    expect(chunks).toEqual([
      {
        id: 'b',
        text: 'b',
        source: 'b',
        before: { rank: 2, score: found[1]?.score, scoreKind: 'similarity' },
      },
    ]);
  });

  test('of thousands of nested retrievers are found in no time', () => {
    const deep = Array.from({ length: 10_000 }, (_, i) =>
      span(String(i), i === 0 ? null : String(i - 1), { kind: 'retriever', documents: found }),
    );
    const started = performance.now();
    expect(assemble(deep).chunks).toHaveLength(3);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('the question', () => {
  const said = llm({ messages: [{ role: 'user', text: 'Context: x. Question: why?' }] });

  test('is the input of the outermost chain', () => {
    const trace = assemble([
      span('root', null, {}),
      span('outer', 'root', { kind: 'chain', input: 'why?' }),
      span('inner', 'outer', { kind: 'chain', input: 'rephrased' }),
      span('ask', 'inner', said),
    ]);
    expect(trace.question).toBe('why?');
  });

  test('is what was retrieved for, or embedded and then asked, before it is the whole prompt', () => {
    const ask = span('ask', 'root', said, at(50));
    const root = span('root', null, {});
    expect(assemble([root, ask, span('r', 'root', { kind: 'retriever', input: 'w?' })]).question).toBe('w?');
    const embed = (text: string) => span('e', 'root', { kind: 'embedding', embedded: [text] });
    expect(assemble([root, ask, embed('why?')]).question).toBe('why?');
    expect(assemble([root, ask, embed('a document')]).question).toBe('Context: x. Question: why?');
  });
});

describe('the answer', () => {
  test('is that of the model that answered last where a chain beside it is but a step', () => {
    const trace = assemble([
      span('root', null, {}),
      span('step', 'root', { kind: 'chain', output: 'rephrased' }, at(0)),
      span('first', 'root', llm({ reply: 'a draft', model: 'small' }), at(20)),
      span('last', 'root', llm({ reply: 'the answer', model: 'large' }), at(40)),
    ]);
    expect(trace).toMatchObject({ answer: 'the answer', model: 'large' });
  });
});

describe('an error', () => {
  const failed = { status: 'error', statusMessage: 'timeout' } as const;

  test('is that of the outermost spans, whatever failed below', () => {
    const chain = { kind: 'chain' } as const;
    expect(assemble([span('root', null, chain), span('x', 'root', llm(), failed)]).error).toBeUndefined();
    expect(assemble([span('root', null, chain, failed), span('x', 'root', llm())]).error).toBe('timeout');
  });

  test('is found below a span that says nothing', () => {
    expect(assemble([span('http', null, {}), span('x', 'http', llm(), failed)]).error).toBe('timeout');
  });
});

test('latency is the root’s; without one, from the first beginning to the last end; odd times count for nothing', () => {
  expect(assemble([span('root', null, {}, at(0, 100)), span('a', 'root', {}, at(50, 500))]).latencyMs).toBe(
    100,
  );
  expect(assemble([span('a', 'gone', {}, at(0, 100)), span('b', 'gone', {}, at(50, 500))]).latencyMs).toBe(
    550,
  );
  const odd = span('odd', 'gone', {}, { startNs: 0n, endNs: 1n, flags: ['odd-time'] });
  expect(assemble([span('a', 'gone', {}, at(0, 100)), odd])).toMatchObject({
    latencyMs: 100,
    startedAt: new Date(Number(START / 1_000_000n)),
    flags: ['odd-time'],
  });
});

test('the order of spans changes nothing, whatever their parents are', () => {
  const ids = fc.constantFrom(...'abcdefgh');
  const meaning = fc.record(
    {
      kind: fc.constantFrom('llm', 'chain', 'retriever', 'reranker', 'embedding', 'tool'),
      model: ids,
      input: ids,
      output: ids,
      reply: ids,
      query: ids,
      user: ids,
      traceName: ids,
      tokensIn: fc.nat(100),
      cost: fc.double({ min: 0, max: 1, noNaN: true }),
      tags: fc.array(ids, { maxLength: 2 }),
      metadata: fc.dictionary(ids, fc.nat(9), { maxKeys: 2 }),
      documents: fc.array(fc.record({ id: ids, text: ids, score: fc.nat(9) }), { maxLength: 3 }),
      rerankOutput: fc.array(fc.record({ id: ids, text: ids, score: fc.nat(9) }), { maxLength: 3 }),
    },
    { requiredKeys: [] },
  );
  const one = fc.record({
    spanId: ids,
    parentId: fc.option(ids),
    meaning,
    start: fc.nat(5),
    took: fc.nat(5),
    status: fc.constantFrom('ok', 'error', 'unset'),
    project: fc.option(ids),
  });
  const spans = fc.uniqueArray(one, { selector: ({ spanId }) => spanId, minLength: 1 });
  const shuffled = spans.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
  );
  const made = (
    all: {
      spanId: string;
      parentId: string | null;
      meaning: object;
      start: number;
      took: number;
      status: string;
      project: string | null;
    }[],
  ) =>
    assemble(
      all.map(({ start, took, meaning: said, spanId, parentId, ...rest }) =>
        span(spanId, parentId, said as Meaning, { ...at(start, took), ...(rest as Partial<AssemblySpan>) }),
      ),
    );
  fc.assert(
    fc.property(shuffled, ([all, other]) => {
      expect(JSON.stringify(made(other))).toBe(JSON.stringify(made(all)));
    }),
    { numRuns: 200 },
  );
}, 30_000);
