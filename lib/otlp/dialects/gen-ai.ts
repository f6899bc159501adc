import type { ChatMessage, Meaning } from '../meaning';
import { documentsOf, messagesOf, parsed, partsOf } from '../readable';
import type { Attributes, AttributeValue, OtlpSpan } from '../span';
import {
  add,
  applyTable,
  count,
  type Dialect,
  label,
  listBelow,
  messages,
  oneOf,
  type Rule,
  type Table,
  text,
} from '../table';

const reply: Rule = (value) => {
  const list = messagesOf(parsed(value));
  const last = list?.findLast((message) => message.text !== '');
  return last ? { reply: last.text } : undefined;
};

const table: Table = {
  'gen_ai.operation.name': oneOf({
    chat: { kind: 'llm' },
    text_completion: { kind: 'llm' },
    generate_content: { kind: 'llm' },
    embeddings: { kind: 'embedding' },
    retrieval: { kind: 'retriever' },
    execute_tool: { kind: 'tool' },
    create_agent: { kind: 'agent' },
    invoke_agent: { kind: 'agent' },
    invoke_workflow: { kind: 'chain' },
  }),
  'gen_ai.response.model': label('model'),
  'gen_ai.request.model': label('model'),
  'gen_ai.usage.input_tokens': count('tokensIn'),
  'gen_ai.usage.prompt_tokens': count('tokensIn'),
  'gen_ai.usage.output_tokens': count('tokensOut'),
  'gen_ai.usage.completion_tokens': count('tokensOut'),
  'gen_ai.usage.cache_read.input_tokens': count('tokensCached'),
  'gen_ai.usage.cache_read_input_tokens': count('tokensCached'),
  'gen_ai.usage.reasoning.output_tokens': count('tokensReasoning'),
  'gen_ai.usage.reasoning_tokens': count('tokensReasoning'),
  'gen_ai.conversation.id': label('session'),
  'gen_ai.input.messages': messages,
  'gen_ai.output.messages': reply,
  'gen_ai.system_instructions': (value) => {
    const instructions = partsOf(parsed(value));
    return instructions === '' ? undefined : { instructions };
  },
  'gen_ai.retrieval.query.text': text('query'),
  'gen_ai.retrieval.documents': (value) => {
    const documents = documentsOf(parsed(value), 'relevance');
    return documents ? { documents } : undefined;
  },
};

/** Events that carry what later versions of the conventions put into attributes of the span. */
const carriers = new Set([
  'gen_ai.client.inference.operation.details',
  'gen_ai.content.prompt',
  'gen_ai.content.completion',
]);

/** OpenTelemetry's own conventions for generative AI, of every age: their names have changed several times. */
export const genAi = {
  name: 'OTel GenAI',
  table,
  rest: ({ attributes, events }) => {
    const meaning = readLists(attributes, events);
    for (const event of events)
      if (carriers.has(event.name)) {
        add(meaning, applyTable(table, event.attributes));
        add(meaning, readWhole(event.attributes));
      }
    // An LLM's span of the first versions has no operation, but a model.
    const isModel = 'gen_ai.request.model' in attributes || 'gen_ai.response.model' in attributes;
    if (!('gen_ai.operation.name' in attributes) && isModel && !isEmbedding(attributes)) meaning.kind = 'llm';
    return meaning;
  },
} as const satisfies Dialect;

function isEmbedding(attributes: Attributes): boolean {
  return /embed/i.test(String(attributes['ai.operationId'] ?? attributes['llm.request.type'] ?? ''));
}

/** `gen_ai.prompt.{i}.role|content` and `gen_ai.completion.{i}.*`, and the events `gen_ai.user.message`, `gen_ai.choice`, …. */
function readLists(attributes: Attributes, events: OtlpSpan['events']): Meaning {
  const sent = listBelow('gen_ai.prompt', attributes).map(toMessage);
  const got = listBelow('gen_ai.completion', attributes).map(toMessage);
  for (const { name, attributes: said } of events) {
    const [, role] = /^gen_ai\.(system|user|assistant|tool)\.message$/.exec(name) ?? [];
    if (role) sent.push(toMessage({ role, ...said }));
    if (name === 'gen_ai.choice') {
      const message = parsed(said.message ?? null);
      got.push(toMessage(typeof message === 'object' && message && !Array.isArray(message) ? message : said));
    }
  }
  const last = got.findLast((message) => message.text !== '');
  return { ...(sent.length > 0 ? { messages: sent } : {}), ...(last ? { reply: last.text } : {}) };
}

/** The whole prompt or completion in one attribute, in JSON. */
function readWhole(attributes: Attributes): Meaning {
  const sent = messagesOf(parsed(attributes['gen_ai.prompt'] ?? null));
  const got = messagesOf(parsed(attributes['gen_ai.completion'] ?? null))?.at(-1);
  return { ...(sent ? { messages: sent } : {}), ...(got && got.text !== '' ? { reply: got.text } : {}) };
}

function toMessage(item: { [key: string]: AttributeValue }): ChatMessage {
  return { role: String(item.role ?? 'assistant'), text: partsOf(parsed(item.content ?? '')) };
}
