import { AppError, type Issue } from '@/lib/errors';
import { toStorable } from '@/lib/text';

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
const MAX_DEPTH = 64;

/**
 * Reads a request's body up to a limit in bytes. Throws AppError `payload_too_large` as soon as more arrives, without
 * holding it; a stated Content-Length above the limit is refused unread.
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new AppError(
      'payload_too_large',
      `The request body is larger than this route's limit of ${limit} bytes.`,
    );
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw tooLarge();
  const parts: Uint8Array[] = [];
  let size = 0;
  if (request.body) {
    const reader = request.body.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      size += read.value.byteLength;
      if (size > limit) {
        await reader.cancel().catch(() => {});
        throw tooLarge();
      }
      parts.push(read.value);
    }
  }
  return Buffer.concat(parts, size);
}

/**
 * Parses JSON from a client into values that are safe to keep: no keys that reach a prototype (dropped), no NUL and no
 * lone surrogate, which PostgreSQL cannot store (replaced by U+FFFD). Throws AppError `invalid_body` for anything that
 * is not UTF-8, not JSON, or nested deeper than `maxDepth` levels.
 */
export function parseJson(body: Uint8Array, maxDepth = MAX_DEPTH): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw invalid('expected UTF-8');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(
      text.trim() === '' ? 'expected JSON, got an empty body' : `expected JSON: ${placeOf(error)}`,
    );
  }
  return clean(value, 0, maxDepth);
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

function clean(value: unknown, depth: number, maxDepth: number): unknown {
  if (typeof value === 'string') return toStorable(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= maxDepth) throw invalid(`expected at most ${maxDepth} levels of nesting`);
  if (Array.isArray(value)) return value.map((item) => clean(item, depth + 1, maxDepth));
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const name = toStorable(key);
    if (!FORBIDDEN_KEYS.has(name)) result[name] = clean(item, depth + 1, maxDepth);
  }
  return result;
}
