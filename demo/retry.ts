import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './http';

/** How often a request is tried, and how long the pauses are: the first, and the longest we choose ourselves. */
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8_000;
/** A server may ask for a longer pause than ours, but not for the evening. */
const LONGEST_RETRY_AFTER_MS = 60_000;

const PASSING = new Set([429, 502, 503, 504]);
const CONNECTION_ERRORS = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN']);

type Options = { signal?: AbortSignal; random?: () => number };

/**
 * Sends until there is an answer that another attempt would not change. Pauses double and are drawn at random below that
 * bound, so that clients that failed together do not come back together; Retry-After is kept to. The last answer is
 * returned, and the last connection error thrown, when all attempts are used up.
 */
export async function withRetries(send: () => Promise<Answer>, options: Options = {}): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    let answer: Answer | undefined;
    try {
      answer = await send();
      if (!PASSING.has(answer.status) || attempt === ATTEMPTS) return answer;
    } catch (error) {
      if (!CONNECTION_ERRORS.has(errorCode(error)) || attempt === ATTEMPTS) throw error;
    }
    await sleep(pauseMs(attempt, answer?.retryAfter, options.random), undefined, { signal: options.signal });
  }
}

/** How long to wait after an attempt: what the server asked for in seconds or as a date, else our own growing pause. */
export function pauseMs(attempt: number, retryAfter: string | undefined, random = Math.random): number {
  const jitter = random();
  const asked = retryAfter === undefined ? Number.NaN : toMs(retryAfter);
  if (asked >= 0) return Math.min(asked, LONGEST_RETRY_AFTER_MS) + jitter * FIRST_PAUSE_MS;
  const bound = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
  return bound / 2 + (jitter * bound) / 2;
}

/** The code of a system error, such as ECONNREFUSED. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function toMs(retryAfter: string): number {
  if (/^\d+$/.test(retryAfter.trim())) return Number(retryAfter) * 1000;
  return Math.max(0, Date.parse(retryAfter) - Date.now());
}
