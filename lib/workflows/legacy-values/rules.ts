import type { TraceBody } from '@/lib/trace-ingest/schema';
import type { FieldReader } from '../legacy-source/rules';

type Chunk = NonNullable<TraceBody['retrieved_chunks']>[number];
type Fields = Record<string, unknown>;

/** Names under which applications put the text of a chunk, and the list of them. */
const TEXT_KEYS = ['text', 'content', 'page_content', 'chunk'] as const;
const LIST_KEYS = ['chunks', 'documents', 'results'] as const;

const LIGHTS: Record<string, 'green' | 'amber' | 'red'> = {
  green: 'green',
  amber: 'amber',
  yellow: 'amber',
  red: 'red',
};

/** `retrieved_chunks`: a list of texts or objects, in rank order. What an object says beyond our fields is metadata. */
export function toChunks(from: FieldReader): Chunk[] | undefined {
  const value = from.json('retrieved_chunks');
  if (value === undefined) return undefined;
  const list = listOf(value);
  if (list.some((item) => item === null))
    from.alter('retrieved_chunks', 'an entry is null and became an empty text');
  return list.map(toChunk);
}

function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (!isFields(value)) return [value];
  const key = LIST_KEYS.find((name) => Array.isArray(value[name]));
  return key ? (value[key] as unknown[]) : [value];
}

function toChunk(value: unknown): Chunk {
  if (!isFields(value))
    return { text: toText(value), source: undefined, score: undefined, metadata: undefined };
  const textKey = TEXT_KEYS.find((key) => typeof value[key] === 'string');
  const rest = { ...value };
  if (textKey) delete rest[textKey];
  const source = take(rest, 'source', (item): item is string => typeof item === 'string');
  const score = take(rest, 'score', (item): item is number => typeof item === 'number');
  const metadata = take(rest, 'metadata', isFields);
  for (const [key, item] of Object.entries(rest)) if (item === null) delete rest[key];
  const merged = { ...rest, ...metadata };
  return {
    text: textKey ? (value[textKey] as string) : '',
    source,
    score,
    metadata: Object.keys(merged).length > 0 ? merged : undefined,
  };
}

/** Takes a field out of an object where it has the type that is wanted; otherwise it stays. */
function take<T>(fields: Fields, key: string, isWanted: (item: unknown) => item is T): T | undefined {
  const value = fields[key];
  if (!isWanted(value)) return undefined;
  delete fields[key];
  return value;
}

/** `retrieval_scores`: numbers parallel to the chunks. */
export function toScores(from: FieldReader): (number | null)[] | undefined {
  const value = from.json('retrieval_scores');
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) return from.refuse('retrieval_scores', 'is not a list');
  if (value.some((item) => item !== null && typeof item !== 'number'))
    from.alter('retrieval_scores', 'an entry is not a number and became null');
  return value.map((item) => (typeof item === 'number' ? item : null));
}

/** `prompts`: texts; messages and other objects keep their JSON, a single text or an object of texts is a list too. */
export function toPrompts(from: FieldReader): string[] | undefined {
  const value = from.json('prompts');
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value.map(toText);
  if (isFields(value) && Object.values(value).every((item) => typeof item === 'string'))
    return Object.entries(value).map(([name, text]) => `${name}: ${text}`);
  return [toText(value)];
}

/** Free-form metadata. What is no object is kept as one, under `value`. */
export function toMetadata(from: FieldReader, field: string): Fields | undefined {
  const value = from.json(field);
  if (value === undefined || isFields(value)) return value;
  from.alter(field, 'is not an object and was put under "value"');
  return { value };
}

/** `traffic_light` in any case, also as Python writes a member of an enumeration (`TrafficLight.GREEN`). */
export function toLight(from: FieldReader): 'green' | 'amber' | 'red' | undefined {
  const text = from.text('traffic_light')?.trim().toLowerCase();
  if (!text) return undefined;
  const name = text.slice(text.lastIndexOf('.') + 1);
  return Object.hasOwn(LIGHTS, name)
    ? LIGHTS[name]
    : from.refuse('traffic_light', 'is none of green, amber (yellow), red');
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
