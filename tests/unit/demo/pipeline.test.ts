import { describe, expect, test } from 'vitest';
import { type Configuration, configurationNames } from '@/demo/configurations';
import { loadCorpus } from '@/demo/corpus';
import { swapNumber } from '@/demo/defects';
import { makeDrafts, makeTraces } from '@/demo/pipeline';
import { createRandom } from '@/demo/random';
import { numbers, sentences, terms } from '@/demo/text';
import { traceBody } from '@/lib/trace-ingest/schema';

const corpus = loadCorpus();
const traces = makeTraces({ corpus, count: 400, seed: 7 });
const texts = new Map(corpus.map(({ source, text }) => [source, text]));
const of = (configuration: Configuration) =>
  traces.filter(({ metadata }) => metadata.configuration === configuration);
const answersOf = (configuration: Configuration) =>
  of(configuration).map((trace) => ({
    trace,
    answer: trace.model_output ?? '',
    chunks: trace.retrieved_chunks.map(({ text }) => text),
  }));

describe('makeTraces', () => {
  test('makes the same traces for the same seed, and others for another', () => {
    expect(makeTraces({ corpus, count: 60, seed: 3 })).toEqual(makeTraces({ corpus, count: 60, seed: 3 }));
    expect(makeTraces({ corpus, count: 60, seed: 4 })).not.toEqual(
      makeTraces({ corpus, count: 60, seed: 3 }),
    );
  });

  test('makes as many as asked for, each with an id of its own, that the API takes', () => {
    expect(traces).toHaveLength(400);
    expect(new Set(traces.map(({ trace_id }) => trace_id)).size).toBe(400);
    for (const trace of traces) expect(traceBody.safeParse(trace).error).toBeUndefined();
  });

  test('shows every configuration even in a small run, and mostly the good one', () => {
    const few = makeTraces({ corpus, count: 20, seed: 5 }).map(({ metadata }) => metadata.configuration);
    expect(new Set(few)).toEqual(new Set(configurationNames));
    expect(of('baseline').length).toBeGreaterThan(traces.length / 2);
  });

  test('asks at least 120 different questions, of three projects and several models', () => {
    expect(new Set(traces.map(({ user_input }) => user_input)).size).toBeGreaterThanOrEqual(120);
    expect(new Set(traces.map(({ project }) => project)).size).toBe(3);
    expect(new Set(traces.map(({ model_name }) => model_name)).size).toBeGreaterThanOrEqual(3);
  });

  test('has a few errors without an answer, and no other trace without one', () => {
    const failed = traces.filter(({ error }) => error !== undefined);
    expect(failed.length).toBeGreaterThan(4);
    expect(failed.length).toBeLessThan(40);
    expect(
      failed.every(({ model_output, tokens_out }) => model_output === undefined && tokens_out === 0),
    ).toBe(true);
    expect(traces.filter(({ error, model_output }) => error === undefined && !model_output)).toEqual([]);
  });

  test('takes as long as models take', () => {
    const latencies = traces.map(({ response_latency_ms }) => response_latency_ms).sort((a, b) => a - b);
    expect(latencies[0]).toBeGreaterThan(50);
    expect(latencies[200]).toBeGreaterThan(500);
    expect(latencies[200]).toBeLessThan(2_000);
    expect(latencies.at(-1)).toBeLessThan(120_000);
  });

  test('finds chunks in the corpus as it is, except from the stale index', () => {
    const others = traces.filter(({ metadata }) => metadata.configuration !== 'stale-index');
    const foreign = others.flatMap(({ retrieved_chunks }) =>
      retrieved_chunks.filter(({ source, text }) => texts.get(source) !== text),
    );
    expect(foreign).toEqual([]);
  });
});

describe('the configuration', () => {
  test('k-too-small retrieves one chunk, which is not the one that answers', () => {
    for (const { retrieved_chunks, metadata } of of('k-too-small')) {
      expect(retrieved_chunks).toHaveLength(1);
      expect(retrieved_chunks[0]?.source).not.toBe(metadata.expected_passage);
    }
  });

  test('stale-index answers from a passage that has changed since', () => {
    for (const { trace, answer, chunks } of answersOf('stale-index')) {
      expect(trace.metadata.index_version).not.toBe(of('baseline')[0]?.metadata.index_version);
      expect(trace.retrieved_chunks.some(({ source, text }) => texts.get(source) !== text)).toBe(true);
      const today = texts.get(trace.metadata.expected_passage ?? '') ?? '';
      const outdated = sentences(answer.replace(/^[^:]+: (?=\p{Lu})/u, '')).filter(
        (one) => !today.includes(one),
      );
      expect(outdated.length, answer).toBeGreaterThan(0);
      expect(chunks.join(' ')).toContain(outdated[0]);
    }
  });

  test('beyond-chunks ends with a sentence of which no word that means anything is in the chunks', () => {
    for (const { answer, chunks } of answersOf('beyond-chunks')) {
      const said = new Set(terms(chunks.join(' ')));
      const claim = terms(sentences(answer).at(-1) ?? '');
      expect(claim.length).toBeGreaterThan(2);
      expect(
        claim.filter((term) => said.has(term)),
        answer,
      ).toEqual([]);
    }
  });

  test('swapped-number says one number that is in none of its chunks', () => {
    for (const { answer, chunks } of answersOf('swapped-number')) {
      const known = new Set(chunks.flatMap(numbers));
      expect(
        numbers(answer).filter((number) => !known.has(number)),
        answer,
      ).toHaveLength(1);
    }
  });

  test('baseline says no number that is not in its chunks', () => {
    for (const { answer, chunks } of answersOf('baseline')) {
      const known = new Set(chunks.flatMap(numbers));
      expect(numbers(answer).filter((number) => !known.has(number))).toEqual([]);
    }
  });
});

describe('swapNumber', () => {
  const swaps = (answer: string) =>
    Array.from({ length: 40 }, (_, seed) => swapNumber(answer, [answer], createRandom(seed)));

  test('keeps a day a day and a year in its century', () => {
    for (const text of swaps('It was opened on 20 July 1969.')) {
      expect(text).toMatch(/^It was opened on (20 July 19\d\d|([1-9]|1\d|2[0-8]) July 1969)\.$/);
    }
  });

  test('leaves numbers alone that are part of a name or a power', () => {
    expect(swapNumber('Apollo 11 uses SHA-256.', ['Apollo 11 uses SHA-256.'], createRandom(1))).toBeNull();
    expect(swaps('It is 5 in 10⁻³⁴.').every((text) => text?.endsWith(' in 10⁻³⁴.'))).toBe(true);
  });
});

describe('a draft', () => {
  const drafts = makeDrafts({ corpus, count: 80, seed: 11 });

  test('takes the answer, model, time and tokens of a language model', () => {
    const draft = drafts.find(({ trace }) => trace.metadata.configuration === 'baseline' && !trace.error);
    const measured = { text: 'Said by a model.', model: 'm-1', latencyMs: 812.4, tokensIn: 90, tokensOut: 5 };
    expect(draft?.finish(measured)).toMatchObject({
      model_output: 'Said by a model.',
      model_name: 'm-1',
      response_latency_ms: 812,
      tokens_in: 90,
      tokens_out: 5,
      metadata: { generator: 'language-model' },
    });
  });

  test('swaps a number of the chunks where the language model said none', () => {
    const draft = drafts.find(({ trace }) => trace.metadata.configuration === 'swapped-number');
    const known = new Set(draft?.trace.retrieved_chunks.flatMap(({ text }) => numbers(text)));
    const { model_output = '' } = draft?.finish({ text: 'No number here.', model: 'm-1' }) ?? {};
    expect(numbers(model_output).filter((number) => !known.has(number))).toHaveLength(1);
  });
});
