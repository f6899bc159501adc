import { toStorable } from '@/lib/text';
import type { ChatMessage, FoundDocument, ScoreKind } from './meaning';
import type { AttributeValue } from './span';
import { isForbiddenKey } from './values';

/** Levels that the search for a text goes down. */
const MAX_DEPTH = 8;
const MAX_DOCUMENTS = 1_000;
const MAX_JSON_DEPTH = 32;

type JsonObject = { [key: string]: AttributeValue };
type Side = 'input' | 'output';

/** Under which names frameworks put the text that a person reads, the likeliest first. */
const textKeys = {
  input: [
    'question',
    'query',
    'user_input',
    'search_query',
    'input',
    'prompt',
    'messages',
    'message',
    'text',
    'content',
    'args',
    'kwargs',
    'inputs',
    'value',
  ],
  output: [
    'answer',
    'output',
    'output_text',
    'response',
    'result',
    'text',
    'content',
    'completion',
    'generations',
    'message',
    'messages',
    'choices',
    'outputs',
    'kwargs',
    'value',
  ],
} as const satisfies Record<Side, readonly string[]>;

const roles: Record<string, string> = {
  human: 'user',
  HumanMessage: 'user',
  ai: 'assistant',
  AIMessage: 'assistant',
  AIMessageChunk: 'assistant',
  SystemMessage: 'system',
  ToolMessage: 'tool',
};

/** Whether a value is an object, not a list. */
export function isObject(value: AttributeValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * JSON that came as text, as the value it is; any other value unchanged. Text within JSON has escapes of its own, so that it is
 * made storable here, and keys that reach a prototype are dropped. JSON that is nested very deep stays text.
 */
export function parsed(value: AttributeValue): AttributeValue {
  if (typeof value !== 'string' || !/^\s*["[{]/.test(value)) return value;
  try {
    return clean(JSON.parse(value) as AttributeValue, 0);
  } catch {
    return value;
  }
}

function clean(value: AttributeValue, depth: number): AttributeValue {
  if (typeof value === 'string') return toStorable(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_JSON_DEPTH) throw new RangeError('nested too deep');
  if (Array.isArray(value)) return value.map((item) => clean(item, depth + 1));
  const entries = Object.entries(value).filter(([key]) => !isForbiddenKey(key));
  return Object.fromEntries(entries.map(([key, item]) => [toStorable(key), clean(item, depth + 1)]));
}

/** The text that a person would call the input or output, out of whatever structure a framework has put it in. */
export function textOf(value: AttributeValue, side: Side, depth = 0): string | undefined {
  if (depth > MAX_DEPTH) return undefined;
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (Array.isArray(value)) {
    const messages = messagesOf(value);
    if (messages) return lastOf(messages, side);
    return value.length === 1 && value[0] !== undefined ? textOf(value[0], side, depth + 1) : undefined;
  }
  if (!isObject(value)) return undefined;
  const message = messageOf(value);
  if (message) return message.text || undefined;
  for (const key of textKeys[side]) {
    const item = Object.hasOwn(value, key) ? value[key] : undefined;
    const text = item === undefined ? undefined : textOf(item, side, depth + 1);
    if (text !== undefined) return text;
  }
  return undefined;
}

function lastOf(messages: ChatMessage[], side: Side): string | undefined {
  const role = side === 'input' ? 'user' : 'assistant';
  const texts = messages.filter((message) => message.text !== '');
  return (
    texts.findLast((message) => message.role === role) ?? (side === 'output' ? texts.at(-1) : undefined)
  )?.text;
}

/** A list of messages, however they are written; undefined for anything else. A list within a list is a batch: its first. */
export function messagesOf(value: AttributeValue): ChatMessage[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const [first] = value;
  if (Array.isArray(first)) return messagesOf(first);
  const messages = value.map((item) => (isObject(item) ? messageOf(item) : undefined));
  return messages.every((message) => message !== undefined) ? messages : undefined;
}

/** One message: `{role, content}`, `{role, parts}`, or one that LangChain has serialised. */
function messageOf(value: JsonObject): ChatMessage | undefined {
  const { kwargs, id } = value;
  if (value.lc !== undefined && isObject(kwargs) && Array.isArray(id)) {
    const name = String(id.at(-1));
    return kwargs.content === undefined
      ? undefined
      : { role: roles[name] ?? name, text: partsOf(kwargs.content) };
  }
  const role = typeof value.role === 'string' ? value.role : undefined;
  if (role === undefined) return undefined;
  return { role: roles[role] ?? role, text: partsOf(value.parts ?? value.content ?? '') };
}

/** The text of a message's content: text alone, or the text of its parts. */
export function partsOf(content: AttributeValue): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return isObject(content) ? partsOf(content.text ?? content.content ?? '') : '';
  return content
    .map((part) => {
      if (typeof part === 'string') return part;
      if (!isObject(part)) return '';
      const text = part.text ?? part.content;
      return typeof text === 'string' ? text : '';
    })
    .filter((text) => text !== '')
    .join('\n');
}

/** Where a document comes from, by the names that loaders give it in metadata. */
const sourceKeys = ['source', 'file_path', 'file_name', 'filename', 'url', 'title'];
/** What a document's number is called in metadata, and which kind it then has. */
const metadataScores: readonly [string, ScoreKind][] = [
  ['relevance_score', 'relevance'],
  ['score', 'similarity'],
  ['similarity', 'similarity'],
  ['_distance', 'distance'],
  ['distance', 'distance'],
];

/** A document as retrievers write it: its text alone, or an object. Undefined for what is neither. */
export function documentOf(value: AttributeValue, scoreKind: ScoreKind): FoundDocument | undefined {
  if (typeof value === 'string') return value === '' ? undefined : { text: value };
  if (!isObject(value)) return undefined;
  const text = [value.content, value.text, value.pageContent, value.page_content, value.document].find(
    (one) => typeof one === 'string',
  );
  const metadata = parsed(value.metadata ?? null);
  const known = isObject(metadata) ? metadata : undefined;
  const id = value.id ?? value.document_id;
  const source = [value.source, ...sourceKeys.map((key) => known?.[key])].find(
    (one) => typeof one === 'string' && one !== '',
  );
  const document: FoundDocument = {
    ...(typeof id === 'string' || typeof id === 'number' ? { id: String(id) } : {}),
    ...(typeof text === 'string' ? { text } : {}),
    ...(typeof source === 'string' ? { source } : {}),
    ...scoreOf(value, known, scoreKind),
    ...(known && Object.keys(known).length > 0 ? { metadata: known } : {}),
  };
  return Object.keys(document).length > 0 ? document : undefined;
}

function scoreOf(
  value: JsonObject,
  metadata: JsonObject | undefined,
  scoreKind: ScoreKind,
): Pick<FoundDocument, 'score' | 'scoreKind'> {
  if (typeof value.score === 'number') return { score: value.score, scoreKind };
  if (typeof value.distance === 'number') return { score: value.distance, scoreKind: 'distance' };
  for (const [key, kind] of metadataScores) {
    const score = metadata?.[key];
    if (typeof score === 'number') return { score, scoreKind: kind };
  }
  return {};
}

/** The documents in a list of them; undefined where there is none. */
export function documentsOf(value: AttributeValue, scoreKind: ScoreKind): FoundDocument[] | undefined {
  const list = isObject(value) ? (value.documents ?? value.results ?? value.matches ?? null) : value;
  if (!Array.isArray(list)) return undefined;
  const documents = list.slice(0, MAX_DOCUMENTS).flatMap((item) => documentOf(item, scoreKind) ?? []);
  return documents.length > 0 ? documents : undefined;
}
