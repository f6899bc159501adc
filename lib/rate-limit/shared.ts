import { Ratelimit } from '@upstash/ratelimit';
import type { ScriptClient } from './scripts';
import type { Limit, Verdict } from './store';

type Algorithm = ReturnType<ReturnType<typeof Ratelimit.tokenBucket>>;
type Context = Parameters<Algorithm['limit']>[0];

const PREFIX = 'ragtoolkit:limit';
/** A bucket in Redis is filled in steps; smaller ones would make it no more exact, only busier. */
const LEAST_STEP_MS = 100;
/** Limits of a figure of their own (plans, overrides, caps) are few; a limiter is made anew after this many. */
const LIMITERS = 1_000;

/** Counts attempts in a Redis through `@upstash/ratelimit`. Rejects when Redis does, and when it is slow, late. */
export function sharedCounter(client: ScriptClient): (key: string, limit: Limit) => Promise<Verdict> {
  const limiters = new Map<string, Algorithm>();
  // A policy's limit is one object as long as the process lives: by it, no name has to be made for each decision.
  const byLimit = new WeakMap<Limit, Algorithm>();
  // The library's own wrapper around its algorithms lets everybody through when Redis is slow, remembers the refused
  // without bounds, and costs a part of every decision: guarded.ts has what is needed of it.
  const context = { redis: client, prefix: PREFIX, dynamicLimits: false } as unknown as Context;

  return async (key, limit) => {
    const {
      success: allowed,
      remaining,
      reset,
    } = await (byLimit.get(limit) ?? limiterFor(limit)).limit(context, `${PREFIX}:${key}`);
    const { windowMs } = limit;
    // `reset` is a time of another clock where Redis has its own: never believed beyond what the limit itself allows.
    const isBucket = limit.algorithm === 'token-bucket';
    const most = isBucket ? stepOf(limit).intervalMs : windowMs;
    const wait = Math.min(most, Math.max(1, reset - Date.now()));
    return {
      allowed,
      remaining,
      waitMs: allowed ? 0 : wait,
      resetMs: isBucket ? ((limit.burst - remaining) / limit.limit) * windowMs : wait + windowMs,
    };
  };

  function limiterFor(limit: Limit): Algorithm {
    const name = `${limit.algorithm} ${limit.limit} ${limit.burst} ${limit.windowMs}`;
    let found = limiters.get(name);
    if (!found) {
      if (limiters.size >= LIMITERS) limiters.clear();
      found = algorithmOf(limit);
      limiters.set(name, found);
    }
    byLimit.set(limit, found);
    return found;
  }
}

function algorithmOf(limit: Limit): Algorithm {
  if (limit.algorithm === 'sliding-window')
    return Ratelimit.slidingWindow(limit.limit, `${limit.windowMs} ms`)();
  const { tokens, intervalMs } = stepOf(limit);
  return Ratelimit.tokenBucket(tokens, `${intervalMs} ms`, limit.burst)();
}

/**
 * A rate as whole tokens per whole milliseconds, which is how the library fills a bucket: 200 in 1 s are 20 in 100 ms. The
 * steps are as short as they can be without getting shorter than `LEAST_STEP_MS`.
 */
export function stepOf({ limit, windowMs }: Pick<Limit, 'limit' | 'windowMs'>): {
  tokens: number;
  intervalMs: number;
} {
  const divisor = greatestCommonDivisor(limit, windowMs);
  const tokens = limit / divisor;
  const intervalMs = windowMs / divisor;
  const times = Math.ceil(LEAST_STEP_MS / intervalMs);
  return { tokens: tokens * times, intervalMs: intervalMs * times };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
