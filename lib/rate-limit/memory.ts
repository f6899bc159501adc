import type { Policy } from './policies';

/** What became of a request: `retryAfter` is in seconds, and 0 where it was let through. */
export type Decision = { allowed: boolean; remaining: number; retryAfter: number };

type Bucket = { tokens: number; at: number };

/** Buckets kept; past that the longest untouched go first. */
const CAPACITY = 50_000;

/**
 * Token buckets in this process. Time is monotonic: a clock that is set changes nothing.
 */
export class MemoryStore {
  private readonly buckets = new Map<string, Bucket>();

  /** @param now milliseconds of a monotonic clock */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Takes one token from the bucket of a key, where it has one. */
  consume(key: string, { limit, windowSeconds }: Policy): Decision {
    const now = this.now();
    const perMs = limit / (windowSeconds * 1_000);
    const known = this.buckets.get(key);
    const tokens = known ? Math.min(limit, known.tokens + (now - known.at) * perMs) : limit;
    const allowed = tokens >= 1;
    const left = allowed ? tokens - 1 : tokens;
    if (known) this.buckets.delete(key);
    else this.makeRoom();
    this.buckets.set(key, { tokens: left, at: now });
    return {
      allowed,
      remaining: Math.floor(left),
      retryAfter: allowed ? 0 : Math.ceil((1 - left) / perMs / 1_000),
    };
  }

  /** Forgets the longest untouched buckets: after that long they are the nearest to full. */
  private makeRoom(): void {
    while (this.buckets.size >= CAPACITY) {
      const oldest = this.buckets.keys().next();
      if (oldest.done) return;
      this.buckets.delete(oldest.value);
    }
  }
}
