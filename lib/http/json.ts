import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip, createInflate, type Gunzip, type Inflate } from 'node:zlib';
import { AppError, type Issue } from '@/lib/errors';
import { toStorable } from '@/lib/text';

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
const MAX_DEPTH = 64;
/** Values that a body may hold: V8 parses a million in some tenths of a second, in which nothing else is done. */
const MAX_VALUES = 1_000_000;
/** A body that is shorter cannot hold so many. */
const COUNTED_FROM = MAX_VALUES * 2;

/**
 * Python writes NaN and Infinity into JSON, which has no such numbers. They are read as NaN, so that the one field is
 * refused where a number is expected, and not the whole body. The text that stands for them cannot be sent by chance.
 */
const QUOTES_AND_NAMES = /"|\\.|NaN|-?Infinity/gs;
const NO_NUMBER = `no number ${randomUUID()}`;

/** What of a request `readBody` needs: a Request is one, and so is what server.ts makes of Node's own. */
export type BodySource = {
  headers: { get(name: string): string | null };
  body: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | null;
};

/** The most that bodies under way may hold: of all, and of one owner (a tenant), who then leaves room for the others. */
const HELD_BYTES = { all: 128_000_000, owner: 64_000_000 };

// Bodies that come through server.ts's bundle and through Next's share one allowance.
const HELD = Symbol.for('ragtoolkit.bodies');
type Held = { all: number; owners: Map<string, number> };
const globals = globalThis as { [HELD]?: Held };

/**
 * Reads a request's body up to a limit in bytes, inflating gzip and deflate as it comes: the limit holds before and after,
 * and no more than that is ever inflated. Throws AppError `payload_too_large` as soon as more arrives, without holding it (a
 * stated Content-Length above the limit is refused unread), `unsupported_media_type` for another encoding, `invalid_body` for
 * bytes that are not what the encoding says, and `unavailable` when bodies under way hold all the memory they may.
 */
export async function readBody(source: BodySource, limit: number, owner = ''): Promise<Uint8Array> {
  const encoding = source.headers.get('content-encoding')?.trim().toLowerCase() || 'identity';
  const inflate = encoding === 'identity' ? null : inflaters.get(encoding);
  if (inflate === undefined)
    throw new AppError(
      'unsupported_media_type',
      `Content-Encoding "${encoding.slice(0, 40)}" is not supported. Send gzip, deflate or none.`,
    );
  if (Number(source.headers.get('content-length') ?? 0) > limit) throw tooLarge(limit);
  if (!source.body) return new Uint8Array();
  const received = source.body as AsyncIterable<Uint8Array>;
  const held = holder(owner);
  try {
    if (!inflate) return await collect(received, limit, held);
    return await collect(inflated(received, inflate(), limit), limit, held);
  } finally {
    held.release();
  }
}

const inflaters = new Map<string, () => Gunzip | Inflate>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
]);

function tooLarge(limit: number): AppError {
  return new AppError(
    'payload_too_large',
    `The request body is larger than this route's limit of ${limit} bytes.`,
  );
}

async function collect(
  parts: AsyncIterable<Uint8Array>,
  limit: number,
  held: ReturnType<typeof holder>,
): Promise<Uint8Array> {
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const part of parts) {
    size += part.byteLength;
    if (size > limit) throw tooLarge(limit);
    held.take(part.byteLength);
    kept.push(part);
  }
  const [only] = kept;
  return only && kept.length === 1 ? only : Buffer.concat(kept, size);
}

/** What comes out of an inflater while a body goes in, a piece at a time. */
async function* inflated(
  received: AsyncIterable<Uint8Array>,
  inflater: Gunzip | Inflate,
  limit: number,
): AsyncGenerator<Uint8Array> {
  let arrived = 0;
  async function* counted() {
    for await (const part of received) {
      arrived += part.byteLength;
      if (arrived > limit) throw tooLarge(limit);
      yield part;
    }
  }
  const source = Readable.from(counted(), { objectMode: false });
  source.on('error', (error) => inflater.destroy(error));
  try {
    yield* source.pipe(inflater) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (!/^Z_/.test(String((error as { code?: unknown }).code))) throw error;
    throw invalid('expected a body that is compressed as its Content-Encoding says');
  } finally {
    source.destroy();
    inflater.destroy();
  }
}

/** Counts what one body holds, until it is released. */
function holder(owner: string) {
  globals[HELD] ??= { all: 0, owners: new Map() };
  const state = globals[HELD];
  let own = 0;
  return {
    take(bytes: number): void {
      const ofOwner = (state.owners.get(owner) ?? 0) + bytes;
      if (state.all + bytes > HELD_BYTES.all || ofOwner > HELD_BYTES.owner)
        throw new AppError(
          'unavailable',
          'Too much is being uploaded at the moment. Send this again.',
          [],
          2,
        );
      own += bytes;
      state.all += bytes;
      state.owners.set(owner, ofOwner);
    },
    release(): void {
      const left = (state.owners.get(owner) ?? 0) - own;
      state.all -= own;
      if (left > 0) state.owners.set(owner, left);
      else state.owners.delete(owner);
    },
  };
}

/**
 * Parses JSON from a client into values that are safe to keep: no keys that reach a prototype (dropped), no NUL and no
 * lone surrogate, which PostgreSQL cannot store (replaced by U+FFFD). NaN and Infinity become NaN. Throws AppError
 * `invalid_body` for anything that is not UTF-8, not JSON, or nested deeper than `maxDepth` levels, and `payload_too_large`
 * for more than a million values.
 */
export function parseJson(body: Uint8Array, maxDepth = MAX_DEPTH): unknown {
  if (body.length >= COUNTED_FROM && holdsMore(body, MAX_VALUES))
    throw new AppError(
      'payload_too_large',
      `The request body holds more than ${MAX_VALUES} values. Send them in several requests.`,
    );
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw invalid('expected UTF-8');
  }
  return clean(parse(text), 0, maxDepth);
}

/** Bytes of JSON's syntax, which no other byte of UTF-8 is. */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const BRACE = 0x7b;
const BRACKET = 0x5b;

/**
 * Whether JSON holds more values than that, by its commas and brackets outside of texts: counted before anything is made of
 * it, in a few hundredths of a second for the largest body.
 */
function holdsMore(body: Uint8Array, most: number): boolean {
  let left = most;
  let inText = false;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (inText) {
      if (byte === BACKSLASH) i += 1;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (byte === COMMA || byte === BRACE || byte === BRACKET) {
      left -= 1;
      if (left < 0) return true;
    }
  }
  return false;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const repaired = withoutNames(text);
    if (repaired !== text)
      try {
        return JSON.parse(repaired);
      } catch {
        // The place is told in the text as it came.
      }
    throw invalid(
      text.trim() === '' ? 'expected JSON, got an empty body' : `expected JSON: ${placeOf(error)}`,
    );
  }
}

/** The text with NaN and Infinity replaced where they are no part of a string. In one pass, however the quotes stand. */
function withoutNames(text: string): string {
  let inString = false;
  return text.replace(QUOTES_AND_NAMES, (found) => {
    if (found === '"') inString = !inString;
    return inString || found === '"' || found.startsWith('\\') ? found : `"${NO_NUMBER}"`;
  });
}

/** Where V8 found the error, without the excerpt of the body that its message quotes. */
function placeOf(error: unknown): string {
  const place = /at position \d+( \(line \d+ column \d+\))?/.exec(String(error));
  return place ? `syntax error ${place[0]}` : 'it ends too early or has a syntax error';
}

function invalid(message: string): AppError {
  const issues: Issue[] = [{ path: '', message }];
  return new AppError('invalid_body', undefined, issues);
}

/** In place: what JSON.parse has just made is nobody else's, and a copy of a large body costs as much as parsing it. */
function clean(value: unknown, depth: number, maxDepth: number): unknown {
  if (typeof value === 'string') return value === NO_NUMBER ? Number.NaN : toStorable(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= maxDepth) throw invalid(`expected at most ${maxDepth} levels of nesting`);
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const cleaned = clean(item, depth + 1, maxDepth);
      if (cleaned !== item) value[index] = cleaned;
    }
    return value;
  }
  const object = value as Record<string, unknown>;
  for (const key of Object.keys(object)) {
    const item = object[key];
    const name = toStorable(key);
    const cleaned = clean(item, depth + 1, maxDepth);
    if (name !== key || FORBIDDEN_KEYS.has(name)) delete object[key];
    if (!FORBIDDEN_KEYS.has(name) && (name !== key || cleaned !== item)) object[name] = cleaned;
  }
  return object;
}
