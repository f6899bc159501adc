import { describe, expect, test } from 'vitest';
import * as rag from '@/tests/fixtures/otlp/rag.mjs';
import { assembleSpans, readRecording, spansOf } from '@/tests/support/recorded';

const traceOf = async (name: string) => assembleSpans(await spansOf(readRecording(name)));

const prompts = [`system: ${rag.system}`, rag.prompt];
const cost = { tokensIn: rag.tokens.input, tokensOut: rag.tokens.output };
const asked = { userId: rag.user, sessionId: rag.session };
const found = (scoreKind: string, score = (document: { score: number }) => document.score) =>
  rag.documents.map((document) => ({
    id: document.id,
    text: document.text,
    source: document.source,
    score: score(document),
    scoreKind,
    metadata: expect.objectContaining({ source: document.source }),
  }));
const reranked = (metadata?: object) =>
  rag.reranked.map(({ id, text, source, score }) => {
    const rank = rag.documents.findIndex((document) => document.id === id);
    const before = { rank: rank + 1, score: rag.documents[rank]?.score, scoreKind: 'similarity' };
    return { id, text, source, score, scoreKind: 'relevance', before, ...metadata };
  });

describe('the trace that a recorded program has sent', () => {
  test.each(['openinference-protobuf', 'openinference-json'])('in OpenInference, %s', async (name) => {
    expect(await traceOf(name)).toEqual({
      name: 'answer-question',
      startedAt: expect.any(Date),
      latencyMs: expect.any(Number),
      project: 'help',
      question: rag.question,
      answer: rag.answer,
      prompts,
      chunks: reranked({ metadata: expect.anything() }),
      model: rag.model,
      ...cost,
      tokensCached: rag.tokens.cached,
      ...asked,
      tags: ['help', 'trial'],
      metadata: { channel: 'web' },
    });
  });

  test('in OpenInference, by LangChain.js', async () => {
    expect(await traceOf('openinference-langchain')).toMatchObject({
      name: 'POST /ask',
      project: 'help-centre',
      question: rag.question,
      answer: rag.answer,
      prompts,
      chunks: found('similarity'),
      model: rag.model,
      ...cost,
      tokensCached: rag.tokens.cached,
      tokensReasoning: rag.tokens.reasoning,
      sessionId: rag.session,
      userId: rag.user,
    });
  });

  test('by the Vercel AI SDK', async () => {
    expect(await traceOf('vercel-ai')).toMatchObject({
      name: 'answer-question',
      project: 'help-centre',
      question: rag.question,
      answer: rag.answer,
      prompts,
      chunks: reranked(),
      model: rag.model,
      ...cost,
      tokensCached: rag.tokens.cached,
      tokensReasoning: rag.tokens.reasoning,
      ...asked,
      metadata: { channel: 'web' },
    });
  });

  test('by Langfuse’s SDK', async () => {
    expect(await traceOf('langfuse')).toMatchObject({
      name: 'answer-question',
      project: 'help-centre',
      question: rag.question,
      answer: rag.answer,
      prompts,
      chunks: found('similarity').map(({ metadata, ...chunk }) => chunk),
      model: rag.model,
      ...cost,
      costUsd: 0.000073,
      ...asked,
      tags: ['help', 'trial'],
      metadata: { channel: 'web' },
    });
  });

  test('by OpenLLMetry, with distances', async () => {
    const distance = ({ score }: { score: number }) => Math.round((1 - score) * 100) / 100;
    expect(await traceOf('traceloop')).toMatchObject({
      name: 'answer-question',
      question: rag.question,
      answer: rag.answer,
      prompts,
      chunks: found('distance', distance),
      model: rag.model,
      ...cost,
      ...asked,
    });
  });

  test('by an older OpenLLMetry, with flattened messages', async () => {
    expect(await traceOf('openllmetry-old')).toMatchObject({
      question: rag.prompt,
      answer: rag.answer,
      prompts,
      model: rag.model,
      ...cost,
    });
  });

  test('by OpenTelemetry’s instrumentation of OpenAI, which sends no messages', async () => {
    expect(await traceOf('genai-chat')).toMatchObject({ name: 'POST /ask', model: rag.model, ...cost });
    expect(await traceOf('genai-responses')).toMatchObject({
      model: rag.model,
      prompts: [`system: ${rag.system}`],
      ...cost,
    });
  });
});
