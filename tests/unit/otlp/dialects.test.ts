import { describe, expect, test } from 'vitest';
import { mapSpan, projectOf } from '@/lib/otlp/map-span';
import { parsed, textOf } from '@/lib/otlp/readable';
import type { Attributes, AttributeValue, SpanEvent } from '@/lib/otlp/span';

const map = (attributes: Attributes, events: SpanEvent[] = []) =>
  mapSpan({ name: 'x', attributes, events, resource: {}, status: 'unset', statusMessage: null });

describe('OTel GenAI', () => {
  test('names of every age say the same', () => {
    const said = { kind: 'llm', model: 'm', tokensIn: 5, tokensOut: 2 };
    const base = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' };
    expect(map({ ...base, 'gen_ai.usage.input_tokens': 5, 'gen_ai.usage.output_tokens': 2 })).toEqual(said);
    expect(map({ ...base, 'gen_ai.usage.prompt_tokens': 5, 'gen_ai.usage.completion_tokens': 2 })).toEqual(
      said,
    );
    expect(
      map({
        'gen_ai.request.model': 'm',
        'gen_ai.usage.prompt_tokens': '5',
        'gen_ai.usage.completion_tokens': 2,
      }),
    ).toEqual(said);
  });

  test('the model that answered counts before the one that was asked', () => {
    expect(map({ 'gen_ai.request.model': 'alias', 'gen_ai.response.model': 'alias-2026' }).model).toBe(
      'alias-2026',
    );
  });

  test('a retrieval gives its documents and what they were for', () => {
    expect(
      map({
        'gen_ai.operation.name': 'retrieval',
        'gen_ai.retrieval.query.text': 'why?',
        'gen_ai.retrieval.documents': '[{"id":"a","score":0.5},{"id":7,"score":0.25,"content":"text"}]',
      }),
    ).toEqual({
      kind: 'retriever',
      query: 'why?',
      documents: [
        { id: 'a', score: 0.5, scoreKind: 'relevance' },
        { id: '7', text: 'text', score: 0.25, scoreKind: 'relevance' },
      ],
    });
  });

  test('messages in events count like those in attributes', () => {
    const event = (name: string, attributes: Attributes): SpanEvent => ({ name, timeNs: '0', attributes });
    const wanted = { messages: [{ role: 'user', text: 'why?' }], reply: 'so' };
    expect(
      map({}, [
        event('gen_ai.user.message', { content: 'why?' }),
        event('gen_ai.choice', { message: '{"role":"assistant","content":"so"}' }),
      ]),
    ).toMatchObject(wanted);
    expect(
      map({}, [
        event('gen_ai.content.prompt', { 'gen_ai.prompt': '[{"role":"user","content":"why?"}]' }),
        event('gen_ai.content.completion', { 'gen_ai.completion': '[{"role":"assistant","content":"so"}]' }),
      ]),
    ).toMatchObject(wanted);
    expect(
      map({}, [
        event('gen_ai.client.inference.operation.details', {
          'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"why?"}]}]',
          'gen_ai.output.messages': '[{"role":"assistant","parts":[{"type":"text","content":"so"}]}]',
        }),
      ]),
    ).toMatchObject(wanted);
  });
});

describe('what is wrongly typed says nothing', () => {
  test.each<Attributes>([
    { 'llm.token_count.prompt': -1 },
    { 'llm.token_count.prompt': 'many' },
    { 'llm.token_count.prompt': 1e12 },
    { 'llm.cost.total': 'NaN' },
    { 'llm.model_name': ['a'] },
    { 'openinference.span.kind': 'constructor' },
    { 'tag.tags': 7 },
    { metadata: '[1]' },
    { 'gen_ai.input.messages': '{' },
    { 'retrieval.documents.x.document.content': 'a' },
    { 'ai.prompt': 'no JSON' },
  ])('%j', (attributes) => {
    expect(map(attributes)).toEqual({});
  });
});

describe('parsed', () => {
  test('makes text within JSON storable, drops keys that reach a prototype, and leaves deep nesting as text', () => {
    expect(parsed('{"a\\u0000":"\\u0000\\ud800","__proto__":{"x":1},"b.constructor":1}')).toEqual({
      'a\uFFFD': '\uFFFD\uFFFD',
    });
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    expect(parsed(deep)).toBe(deep);
    expect(parsed('{no json')).toBe('{no json');
  });
});

describe('textOf', () => {
  test.each([
    ['plain', 'why?'],
    ['a question', { question: 'why?', history: [] }],
    ['arguments', { args: ['why?'], kwargs: {} }],
    [
      'messages',
      {
        messages: [
          { role: 'user', content: 'first' },
          { role: 'assistant', content: 'x' },
          { role: 'user', content: 'why?' },
        ],
      },
    ],
    [
      'a batch of serialised messages',
      [
        [
          {
            lc: 1,
            type: 'constructor',
            id: ['langchain_core', 'messages', 'HumanMessage'],
            kwargs: { content: 'why?' },
          },
        ],
      ],
    ],
    ['parts', [{ role: 'user', parts: [{ type: 'text', content: 'why?' }] }]],
  ] as const)('finds the question in %s', (_name, value) => {
    expect(textOf(JSON.parse(JSON.stringify(value)), 'input')).toBe('why?');
  });

  test('finds nothing in what has no text', () => {
    const bare: AttributeValue[] = [null, 7, {}, [], { a: 'b' }, ['a', 'b']];
    for (const value of bare) expect(textOf(value, 'input')).toBeUndefined();
  });
});

test('a project is what a span or its resource names, and no unknown service', () => {
  expect(projectOf({ project: 'p' }, { 'service.name': 's' })).toBe('p');
  expect(projectOf({}, { 'openinference.project.name': 'o', 'service.name': 's' })).toBe('o');
  expect(projectOf({}, { 'service.name': 's' })).toBe('s');
  expect(projectOf({}, { 'service.name': 'unknown_service:node' })).toBeNull();
});
