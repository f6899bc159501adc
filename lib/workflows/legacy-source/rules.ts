import { createHash } from 'node:crypto';
import { toStorable } from '@/lib/text';
import { parseTimestamp } from '@/lib/traces/schema';
import type { LegacyValue, SourceAddress } from './schema';

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
const MAX_DEPTH = 64;
/** Seconds since 1970 stay below this until the year 5138; milliseconds passed it in 1973. */
const LARGEST_SECONDS = 1e11;

/**
 * What `--from` names: a PostgreSQL URL or a SQLite file, also as the predecessor's own setting wrote them
 * (`postgresql+psycopg2://…`, `sqlite:///./rag.db`). Throws an Error for another kind of URL.
 */
export function parseSourceAddress(from: string): SourceAddress {
  const text = from.trim();
  const scheme = /^([a-z][a-z0-9]*)(\+\w+)?:\/\//i.exec(text);
  const rest = text.slice(scheme?.[0].length ?? 0);
  const name = scheme?.[1]?.toLowerCase();
  if (name === 'postgres' || name === 'postgresql') return { kind: 'postgres', url: `postgres://${rest}` };
  if (scheme && name !== 'sqlite')
    throw new Error(
      `Expected postgres://user:password@host:port/database or a SQLite file, not a ${name} URL.`,
    );
  const path = scheme ? rest.replace(/^\//, '') : text;
  if (!path) throw new Error('Expected the path of a SQLite file.');
  return { kind: 'sqlite', path };
}

/** What a source is called: its place without user and password. */
export function describeSource(address: SourceAddress): string {
  if (address.kind === 'sqlite') return address.path;
  const url = new URL(address.url);
  return `postgres://${url.hostname}:${url.port || 5432}${url.pathname}`;
}

/** A name for a source that is the same for the same place and tells nothing of it. */
export function sourceId(address: SourceAddress): string {
  return createHash('sha256').update(describeSource(address)).digest('hex').slice(0, 32);
}

/** What became of a field: left out, or kept with something in it replaced. */
export type FieldNote = { field: string; outcome: 'field refused' | 'field altered'; reason: string };

/**
 * Parses JSON as Python writes it, NaN and Infinity (and numbers that are too large) becoming null, into values that
 * PostgreSQL can store. JSON inside of a JSON string counts as itself. Throws an Error that says what is wrong.
 */
export function parseLegacyJson(text: string): { value: unknown; altered: string[] } {
  const altered = new Set<string>();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const known = text.replace(/"[^"\\]*(?:\\[\s\S][^"\\]*)*"|-?\bInfinity\b|\bNaN\b/g, (token) =>
      token.startsWith('"') ? token : 'null',
    );
    if (known === text) throw new Error('is not JSON');
    try {
      value = JSON.parse(known);
    } catch {
      throw new Error('is not JSON');
    }
    altered.add('NaN or Infinity became null');
  }
  if (typeof value === 'string' && /^\s*[[{]/.test(value)) {
    try {
      const inner = parseLegacyJson(value);
      return { value: inner.value, altered: [...altered, ...inner.altered] };
    } catch {
      // A text that only begins like JSON.
    }
  }
  return { value: clean(value, 0, altered), altered: [...altered] };
}

function clean(value: unknown, depth: number, altered: Set<string>): unknown {
  if (typeof value === 'string') {
    const text = toStorable(value);
    if (text !== value) altered.add('characters that cannot be stored became U+FFFD');
    return text;
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    altered.add('a number out of range became null');
    return null;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) throw new Error(`is nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return value.map((item) => clean(item, depth + 1, altered));
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const name = clean(key, depth, altered) as string;
    if (FORBIDDEN_KEYS.has(name)) altered.add(`the key ${name} was dropped`);
    else result[name] = clean(item, depth + 1, altered);
  }
  return result;
}

/** A moment as SQLAlchemy stored it: naive UTC, with a zone, or a number of seconds or milliseconds; null for others. */
export function parseLegacyTime(value: string | number): Date | null {
  if (typeof value === 'number')
    return parseTimestamp(Math.abs(value) >= LARGEST_SECONDS ? value / 1000 : value);
  const text = value.trim();
  if (/^\d+(\.\d+)?(e\+?\d+)?$/i.test(text) && text.length > 4) return parseLegacyTime(Number(text));
  // PostgreSQL writes whole hours of a zone without minutes.
  return parseTimestamp(/:\d{2}(\.\d+)?[+-]\d{2}$/.test(text) ? `${text}:00` : text);
}

/** Reads a row's values one by one, and notes what could not be taken as it is. Absent, NULL and blank are undefined. */
export class FieldReader {
  readonly notes: FieldNote[] = [];

  constructor(private readonly values: Readonly<Record<string, LegacyValue>>) {}

  /** Notes that a field was left out. */
  refuse(field: string, reason: string): undefined {
    this.notes.push({ field, outcome: 'field refused', reason });
    return undefined;
  }

  /** Notes that a field was kept with something in it replaced. */
  alter(field: string, reason: string): void {
    this.notes.push({ field, outcome: 'field altered', reason });
  }

  /** A text as it can be stored; cut at `longest` characters. */
  text(field: string, longest = Number.POSITIVE_INFINITY): string | undefined {
    const value = this.values[field] ?? '';
    if (value === '') return undefined;
    const text = toStorable(String(value));
    if (text !== String(value)) this.alter(field, 'characters that cannot be stored became U+FFFD');
    if (text.length <= longest) return text;
    this.alter(field, `is longer than ${longest} characters and was cut`);
    return text.slice(0, longest).toWellFormed();
  }

  /** A finite number, within bounds. */
  number(
    field: string,
    { integer = false, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = {},
  ): number | undefined {
    const value = this.values[field] ?? '';
    if (typeof value === 'string' && value.trim() === '') return undefined;
    const number = Number(value);
    if (!Number.isFinite(number)) return this.refuse(field, 'is not a finite number');
    if (integer && !Number.isInteger(number)) return this.refuse(field, 'is not an integer');
    if (number < min) return this.refuse(field, `is below ${min}`);
    if (number > max) return this.refuse(field, `is above ${max}`);
    return number === 0 ? 0 : number; // no negative zero, which JSON does not know
  }

  /** A moment between the years 1970 and 9999. */
  time(field: string): Date | undefined {
    const value = this.values[field] ?? '';
    if (value === '') return undefined;
    return parseLegacyTime(value) ?? this.refuse(field, 'is not a time between the years 1970 and 9999');
  }

  /** Whatever JSON says, undefined for null. */
  json(field: string): unknown {
    const value = this.values[field] ?? '';
    if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
    if (value.trim() === '') return undefined;
    try {
      const parsed = parseLegacyJson(value);
      for (const reason of parsed.altered) this.alter(field, reason);
      return parsed.value ?? undefined;
    } catch (error) {
      return this.refuse(field, (error as Error).message);
    }
  }
}
