const PASSING = new Set([429, 502, 503, 504]);
/** A server may ask for a longer pause than ours, but not for the evening. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/** Whether another attempt may be answered otherwise. */
export function isPassing(status: number): boolean {
  return PASSING.has(status);
}

/**
 * How long to wait after an attempt, in milliseconds: what the server asks for in seconds or as a date, up to a minute, and
 * a little more, so that clients do not come back together; else anything below a bound that doubles ("full jitter").
 */
export function pauseMs(
  attempt: number,
  retryAfter: string | null,
  { firstPauseMs, longestPauseMs }: { firstPauseMs: number; longestPauseMs: number },
  random: () => number = Math.random,
): number {
  const asked = retryAfter === null ? Number.NaN : toMs(retryAfter);
  if (asked >= 0) return Math.min(asked, LONGEST_RETRY_AFTER_MS) + random() * firstPauseMs;
  return random() * Math.min(firstPauseMs * 2 ** (attempt - 1), longestPauseMs);
}

function toMs(retryAfter: string): number {
  if (/^\s*\d+\s*$/.test(retryAfter)) return Number(retryAfter) * 1000;
  return Math.max(0, Date.parse(retryAfter) - Date.now());
}
