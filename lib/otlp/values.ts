import { toStorable } from '@/lib/text';
import type { Attributes, AttributeValue } from './span';

/** A message, of protobuf or JSON alike: fields by their lowerCamelCase names. */
export type Message = Record<string, unknown>;

/** A segment that reaches an object's prototype. A key may be as long as a request: it is not cut into segments. */
const FORBIDDEN = /(?:^|\.)(?:__proto__|constructor|prototype)(?:\.|$)/;
/** Levels of lists and maps within one attribute; deeper ones are cut off. */
const MAX_DEPTH = 16;
const TOO_DEEP = '[nested too deeply]';
const MAX_INT64 = 9_223_372_036_854_775_807n;

/** Whether a value is an object with fields. */
export function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The attributes of a `repeated KeyValue` by key; of a key that comes twice, the last. Keys that reach a prototype are dropped. */
export function readAttributes(list: unknown): Attributes {
  return readPairs(list, 0);
}

function readPairs(list: unknown, depth: number): Attributes {
  const attributes: Attributes = {};
  if (!Array.isArray(list)) return attributes;
  for (const pair of list) {
    if (!isMessage(pair) || typeof pair.key !== 'string') continue;
    const key = toStorable(pair.key);
    if (isForbiddenKey(key)) continue;
    attributes[key] = readValue(pair.value, depth);
  }
  return attributes;
}

/** Whether a segment of a key reaches an object's prototype. */
export function isForbiddenKey(key: string): boolean {
  return FORBIDDEN.test(key);
}

/** What an `AnyValue` holds. A value of a kind that we do not know is null. */
function readValue(value: unknown, depth: number): AttributeValue {
  if (!isMessage(value)) return null;
  if (typeof value.stringValue === 'string') return toStorable(value.stringValue);
  if (typeof value.boolValue === 'boolean') return value.boolValue;
  if (value.intValue !== undefined && value.intValue !== null) return readInteger(value.intValue);
  if (value.doubleValue !== undefined && value.doubleValue !== null) return readDouble(value.doubleValue);
  if (isMessage(value.arrayValue)) {
    if (depth >= MAX_DEPTH) return TOO_DEEP;
    const { values } = value.arrayValue;
    return Array.isArray(values) ? values.map((item) => readValue(item, depth + 1)) : [];
  }
  if (isMessage(value.kvlistValue)) {
    return depth >= MAX_DEPTH ? TOO_DEEP : readPairs(value.kvlistValue.values, depth + 1);
  }
  if (value.bytesValue instanceof Uint8Array) return Buffer.from(value.bytesValue).toString('base64');
  return typeof value.bytesValue === 'string' ? toStorable(value.bytesValue) : null;
}

/** A 64-bit integer; as text where a JavaScript number would lose some of it. */
function readInteger(value: unknown): AttributeValue {
  if (isLong(value)) {
    const whole = BigInt.asIntN(64, (BigInt(value.high) << 32n) | BigInt(value.low >>> 0));
    return isSafe(whole) ? Number(whole) : String(whole);
  }
  if (typeof value === 'number') return readDouble(value);
  if (typeof value !== 'string' || !/^-?\d{1,20}$/.test(value)) return null;
  const whole = BigInt(value);
  return isSafe(whole) ? Number(whole) : String(whole);
}

function isSafe(whole: bigint): boolean {
  return whole >= Number.MIN_SAFE_INTEGER && whole <= Number.MAX_SAFE_INTEGER;
}

function readDouble(value: unknown): AttributeValue {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  return typeof value === 'string' ? toStorable(value).slice(0, 40) : null; // "NaN" and "Infinity" in JSON
}

/**
 * Nanoseconds since 1970: a 64-bit integer of protobuf, or in JSON a number or text. 0 where none was sent; null for what
 * is none. Times past the year 2262, which our columns end with, are cut to it.
 */
export function readNanos(value: unknown): bigint | null {
  const whole = toWhole(value);
  if (whole === null || whole < 0n) return null;
  return whole > MAX_INT64 ? MAX_INT64 : whole;
}

function toWhole(value: unknown): bigint | null {
  if (value === undefined || value === null) return 0n;
  if (isLong(value)) return (BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0);
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.trunc(value)) : null;
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : null;
}

function isLong(value: unknown): value is { low: number; high: number } {
  return isMessage(value) && typeof value.low === 'number' && typeof value.high === 'number';
}

/** An id of that many bytes as lower-case hex: bytes in protobuf, hex in JSON. Null for another length, and for all zeros. */
export function readId(value: unknown, bytes: number): string | null {
  const hex =
    value instanceof Uint8Array
      ? Buffer.from(value).toString('hex')
      : typeof value === 'string'
        ? value.toLowerCase()
        : '';
  return hex.length === bytes * 2 && /^[0-9a-f]+$/.test(hex) && !/^0+$/.test(hex) ? hex : null;
}

/** Whether no id was sent: none at all, an empty one, or all zeros. */
export function isNoId(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (value instanceof Uint8Array) return value.every((byte) => byte === 0);
  return typeof value === 'string' && /^0+$/.test(value);
}

/** A text as it may be stored, cut at `length` characters; empty where none was sent. */
export function readText(value: unknown, length: number): string {
  return typeof value === 'string' ? toStorable(value.slice(0, length)) : '';
}

/** The member of an enum, by its number or, as some clients send it, by its name; the fallback for an unknown one. */
export function readEnum<T extends string>(
  value: unknown,
  { prefix, names, from, fallback }: { prefix: string; names: readonly T[]; from: number; fallback: T },
): T {
  if (typeof value === 'number') return names[value - from] ?? fallback;
  if (typeof value !== 'string') return fallback;
  return (
    names.find((name) => value === `${prefix}${name.toUpperCase()}`) ??
    names[Number(value) - from] ??
    fallback
  );
}
