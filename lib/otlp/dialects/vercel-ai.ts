import { documentsOf, isObject, messagesOf, parsed } from '../readable';
import type { AttributeValue } from '../span';
import {
  add,
  applyBelow,
  content,
  count,
  type Dialect,
  label,
  messages,
  oneOf,
  type Rule,
  tags,
  text,
} from '../table';

const operations = {
  llm: ['generateText', 'streamText', 'generateObject', 'streamObject'],
  embedding: ['embed', 'embedMany'],
  reranker: ['rerank'],
  tool: ['toolCall'],
} as const;

/** `ai.generateText`, and `ai.generateText.doGenerate` for the single call of the model within it. */
const kinds = Object.fromEntries(
  Object.entries(operations).flatMap(([kind, names]) =>
    names.flatMap((name) =>
      ['', '.doGenerate', '.doStream', '.doEmbed', '.doRerank'].map((call) => [
        `ai.${name}${call}`,
        { kind: kind as keyof typeof operations },
      ]),
    ),
  ),
);

/** `{system, prompt}` or `{system, messages}`. */
const prompt: Rule = (value) => {
  const whole = parsed(value);
  if (!isObject(whole)) return undefined;
  const sent = messagesOf(whole.messages ?? null) ?? messagesOf(whole.prompt ?? null);
  const { system } = whole;
  if (sent) return { messages: sent, ...(typeof system === 'string' ? { instructions: system } : {}) };
  if (typeof whole.prompt !== 'string') return undefined;
  return {
    messages: [{ role: 'user', text: whole.prompt }],
    ...(typeof system === 'string' ? { instructions: system } : {}),
  };
};

const embedded: Rule = (value) => {
  const texts = (Array.isArray(value) ? value : [value]).map(parsed).filter((one) => typeof one === 'string');
  return texts.length > 0 ? { embedded: texts } : undefined;
};

/** The AI SDK of Vercel: `experimental_telemetry`. */
export const vercelAi = {
  name: 'Vercel AI SDK',
  table: {
    'ai.operationId': oneOf(kinds),
    'ai.response.model': label('model'),
    'ai.model.id': label('model'),
    'ai.prompt.messages': messages,
    'ai.prompt': prompt,
    'ai.response.text': text('reply'),
    'ai.response.object': content('output'),
    'ai.toolCall.args': content('input'),
    'ai.toolCall.result': content('output'),
    'ai.value': embedded,
    'ai.values': embedded,
    'ai.usage.inputTokens': count('tokensIn'),
    'ai.usage.promptTokens': count('tokensIn'),
    'ai.usage.tokens': count('tokensIn'),
    'ai.usage.outputTokens': count('tokensOut'),
    'ai.usage.completionTokens': count('tokensOut'),
    'ai.usage.inputTokenDetails.cacheReadTokens': count('tokensCached'),
    'ai.usage.cachedInputTokens': count('tokensCached'),
    'ai.usage.outputTokenDetails.reasoningTokens': count('tokensReasoning'),
    'ai.usage.reasoningTokens': count('tokensReasoning'),
    'ai.telemetry.functionId': label('traceName'),
  },
  rest: ({ attributes }) => {
    const meaning = applyBelow(
      'ai.telemetry.metadata.',
      {
        userId: label('user'),
        user_id: label('user'),
        sessionId: label('session'),
        session_id: label('session'),
        chatId: label('session'),
        project: label('project'),
        tags,
      },
      attributes,
    );
    if (!String(attributes['ai.operationId'] ?? '').startsWith('ai.rerank')) return meaning;
    const given = documentsOf(listOfJson(attributes['ai.documents']), 'similarity') ?? [];
    const ordered = listOfJson(attributes['ai.ranking']).flatMap((place) => {
      if (!isObject(place) || typeof place.index !== 'number') return [];
      const document = given[place.index];
      const score = place.relevanceScore;
      return document && typeof score === 'number'
        ? [{ ...document, score, scoreKind: 'relevance' as const }]
        : [];
    });
    return add(meaning, {
      ...(given.length > 0 ? { rerankInput: given } : {}),
      ...(ordered.length > 0 ? { rerankOutput: ordered } : {}),
    });
  },
} as const satisfies Dialect;

/** A list of which each item is JSON in text. */
function listOfJson(value: AttributeValue | undefined): AttributeValue[] {
  return Array.isArray(value) ? value.map(parsed) : [];
}
