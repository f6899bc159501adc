import type { Meaning } from './meaning';
import { isObject, messagesOf, parsed, textOf } from './readable';
import type { Attributes, AttributeValue, OtlpSpan } from './span';

/** What one attribute says; undefined where its value is not of the kind that the convention names. */
export type Rule = (value: AttributeValue) => Partial<Meaning> | undefined;

/** What attributes say, by their names. Of two that say the same thing, the first in the table counts. */
export type Table = Readonly<Record<string, Rule>>;

/**
 * How one family of SDKs describes a RAG application. `rest` reads what no single attribute says: flattened lists, events.
 */
export type Dialect = {
  name: string;
  table: Table;
  rest?: (span: Pick<OtlpSpan, 'name' | 'attributes' | 'events'>) => Partial<Meaning>;
};

/** The longest identifier that is kept, in characters. */
const MAX_LABEL = 200;
const MAX_TAGS = 50;
const MAX_ITEMS = 1_000;
const MAX_COUNT = 2_147_483_647;

type Field<T> = {
  [K in keyof Meaning]-?: NonNullable<Meaning[K]> extends T
    ? T extends NonNullable<Meaning[K]>
      ? K
      : never
    : never;
}[keyof Meaning];

/** A text that goes to a field as it is. */
export function text(field: Field<string>): Rule {
  return (value) => (typeof value === 'string' && value !== '' ? { [field]: value } : undefined);
}

/** A name or an id, cut at 200 characters; numbers are taken as text. */
export function label(field: Field<string>): Rule {
  return (value) =>
    (typeof value === 'string' && value !== '') || typeof value === 'number'
      ? { [field]: String(value).slice(0, MAX_LABEL).toWellFormed() }
      : undefined;
}

/** A number of tokens: 0 or more. Some SDKs send it as text. */
export function count(field: Field<number>): Rule {
  return (value) => {
    const number = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
    return typeof number === 'number' && number >= 0 && number <= MAX_COUNT
      ? { [field]: Math.round(number) }
      : undefined;
  };
}

/** An amount of US dollars: 0 or more. */
export function amount(field: Field<number>): Rule {
  return (value) =>
    typeof value === 'number' && Number.isFinite(value) && value >= 0 ? { [field]: value } : undefined;
}

/** Input or output in whatever structure: what a person reads of it, or else itself. Messages in it are kept as such. */
export function content(side: 'input' | 'output'): Rule {
  const raw = side === 'input' ? 'rawInput' : 'rawOutput';
  return (value) => {
    if (value === null || value === '') return undefined;
    const whole = parsed(value);
    const readable = textOf(whole, side);
    return {
      ...(readable === undefined
        ? { [raw]: typeof value === 'string' ? value : JSON.stringify(value) }
        : { [side]: readable }),
    };
  };
}

/** Messages to a model, in JSON or as a structure. */
export const messages: Rule = (value) => {
  const whole = parsed(value);
  const list =
    messagesOf(whole) ?? (isObject(whole) && whole.messages ? messagesOf(whole.messages) : undefined);
  return list ? { messages: list } : undefined;
};

/** One of the words that a convention knows, as what it says; any other word says nothing. */
export function oneOf(words: Readonly<Record<string, Partial<Meaning>>>): Rule {
  return (value) => (typeof value === 'string' && Object.hasOwn(words, value) ? words[value] : undefined);
}

/** Tags: a list of words, which may come as JSON or separated by commas. */
export const tags: Rule = (value) => {
  const whole = parsed(value);
  const list = Array.isArray(whole) ? whole : typeof whole === 'string' ? whole.split(',') : [];
  const words = list
    .filter((word) => typeof word === 'string')
    .map((word) => word.trim().slice(0, MAX_LABEL).toWellFormed())
    .filter((word) => word !== '');
  return words.length > 0 ? { tags: [...new Set(words)].slice(0, MAX_TAGS) } : undefined;
};

/** An object of anything, which may come as JSON. */
export const metadata: Rule = (value) => {
  const whole = parsed(value);
  return isObject(whole) && Object.keys(whole).length > 0 ? { metadata: whole } : undefined;
};

/** What a table says of attributes. */
export function applyTable(table: Table, attributes: Attributes): Meaning {
  const meaning: Meaning = {};
  for (const [key, rule] of Object.entries(table)) {
    const value = attributes[key];
    if (value !== undefined) add(meaning, rule(value));
  }
  return meaning;
}

/** Adds what is not known yet; metadata and tags are joined. */
export function add(meaning: Meaning, more: Partial<Meaning> | undefined): Meaning {
  if (!more) return meaning;
  const joined = { ...more, ...meaning };
  if (meaning.metadata && more.metadata) joined.metadata = { ...more.metadata, ...meaning.metadata };
  if (meaning.tags && more.tags)
    joined.tags = [...new Set([...meaning.tags, ...more.tags])].slice(0, MAX_TAGS);
  return Object.assign(meaning, joined);
}

/** What a table says of attributes below a prefix, by the rest of their names; those it does not name are metadata. */
export function applyBelow(prefix: string, table: Table, attributes: Attributes): Meaning {
  const meaning: Meaning = {};
  const others: Attributes = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (!key.startsWith(prefix)) continue;
    const name = key.slice(prefix.length);
    const said = Object.hasOwn(table, name) ? table[name]?.(value) : undefined;
    if (said) add(meaning, said);
    else others[name] = value;
  }
  return Object.keys(others).length > 0 ? add(meaning, { metadata: others }) : meaning;
}

/**
 * A list that was flattened into attributes, `<prefix>.<i>.<rest>`, as objects by what is left of the names. The order is that
 * of the numbers; gaps are closed. At most 1,000 items.
 */
export function listBelow(prefix: string, attributes: Attributes): Attributes[] {
  const items = new Map<number, Attributes>();
  const start = `${prefix}.`;
  for (const [key, value] of Object.entries(attributes)) {
    if (!key.startsWith(start)) continue;
    const [, index, name] = /^(\d{1,6})\.(.+)$/s.exec(key.slice(start.length)) ?? [];
    if (index === undefined || name === undefined) continue;
    const item = items.get(Number(index)) ?? {};
    item[name] = value;
    items.set(Number(index), item);
  }
  return [...items]
    .sort(([a], [b]) => a - b)
    .slice(0, MAX_ITEMS)
    .map(([, item]) => item);
}
