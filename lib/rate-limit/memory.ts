import type { Limit, RateLimitStore, Verdict } from './store';

type Bucket = { limit: Limit; tokens: number; at: number };
type Window = { limit: Limit; index: number; current: number; previous: number };
type Count = Bucket | Window;

/** How many counts are looked at to find one that may be forgotten. */
const STEPS = 16;
/** 200 times 0.005 is not quite 1 in floating point. */
const EPSILON = 1e-6;

/**
 * Counts in this process: exact, bounded, without I/O. Time is monotonic, so that setting the clock changes nothing. Only
 * what is full is forgotten: a full bucket and a new one are the same. When all places are taken by others, newcomers
 * share one count per policy.
 */
export class MemoryStore implements RateLimitStore {
  private readonly counts = new Map<string, Count>();
  private readonly shared = new Map<string, Count>();
  // Goes round the counts and stays where it was: each is looked at once a round.
  private hand = this.counts.entries();

  /**
   * @param capacity counts kept
   * @param now milliseconds of a monotonic clock
   */
  constructor(
    private readonly capacity: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** How many counts are held. */
  get size(): number {
    return this.counts.size;
  }

  /** Takes one from what is left of a key, where there is any. */
  take(key: string, limit: Limit): Verdict {
    const now = this.now();
    const known = this.counts.get(key);
    const count =
      known && 'tokens' in known === (limit.algorithm === 'token-bucket')
        ? known
        : this.begin(key, limit, now, known !== undefined);
    count.limit = limit;
    return 'tokens' in count ? takeToken(count, now) : takePlace(count, now);
  }

  private begin(key: string, limit: Limit, now: number, hasPlace: boolean): Count {
    const isFull = !hasPlace && this.counts.size >= this.capacity && !this.makeRoom(now);
    const [map, name] = isFull ? ([this.shared, policyIn(key)] as const) : ([this.counts, key] as const);
    const found = isFull ? map.get(name) : undefined;
    if (found) return found;
    const count: Count =
      limit.algorithm === 'token-bucket'
        ? { limit, tokens: limit.burst, at: now }
        : { limit, index: Math.floor(now / limit.windowMs), current: 0, previous: 0 };
    map.set(name, count);
    return count;
  }

  /** Forgets a count that is as good as new; false when none was found. */
  private makeRoom(now: number): boolean {
    for (let step = 0; step < STEPS; step++) {
      let next = this.hand.next();
      if (next.done) {
        this.hand = this.counts.entries();
        next = this.hand.next();
        if (next.done) return true;
      }
      const [key, count] = next.value;
      if (!isAsNew(count, now)) continue;
      this.counts.delete(key);
      return true;
    }
    return false;
  }
}

function policyIn(key: string): string {
  return key.slice(0, key.indexOf(' '));
}

function isAsNew(count: Count, now: number): boolean {
  const { limit, burst, windowMs } = count.limit;
  if ('tokens' in count) return count.tokens + ((now - count.at) * limit) / windowMs >= burst;
  return Math.floor(now / windowMs) > count.index + 1;
}

function takeToken(bucket: Bucket, now: number): Verdict {
  const { limit, burst, windowMs } = bucket.limit;
  const perMs = limit / windowMs;
  const tokens = Math.min(burst, bucket.tokens + (now - bucket.at) * perMs);
  const allowed = tokens >= 1 - EPSILON;
  bucket.tokens = allowed ? Math.max(0, tokens - 1) : tokens;
  bucket.at = now;
  return {
    allowed,
    remaining: Math.floor(bucket.tokens + EPSILON),
    waitMs: allowed ? 0 : (1 - tokens) / perMs,
    resetMs: (burst - bucket.tokens) / perMs,
  };
}

/** What the window before still weighs falls evenly as this one passes: as good as remembering every attempt. */
function takePlace(window: Window, now: number): Verdict {
  const { limit, windowMs } = window.limit;
  const index = Math.floor(now / windowMs);
  if (index !== window.index) {
    window.previous = index === window.index + 1 ? window.current : 0;
    window.current = 0;
    window.index = index;
  }
  const passed = (now % windowMs) / windowMs;
  const weight = Math.floor((1 - passed) * window.previous);
  const allowed = weight + window.current < limit;
  if (allowed) window.current += 1;
  return {
    allowed,
    remaining: Math.max(0, limit - weight - window.current),
    waitMs: allowed ? 0 : waitForPlace(window, passed),
    resetMs: (2 - passed) * windowMs,
  };
}

/** Until the weight of the window before has fallen far enough; where this one is used up, until the next begins. */
function waitForPlace({ limit: { limit, windowMs }, current, previous }: Window, passed: number): number {
  const free = limit - current;
  const share = free > 0 ? 1 - free / previous : 1;
  return Math.max(1, (share - passed) * windowMs);
}
