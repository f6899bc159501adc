/** A limit in figures, as a store counts it. `limit` is what `windowMs` refills; `burst` what a bucket holds. */
export type Limit = {
  algorithm: 'token-bucket' | 'sliding-window';
  limit: number;
  burst: number;
  windowMs: number;
  /** Gets narrower, and never wider, while a shared store is away. */
  strict: boolean;
};

/**
 * What became of an attempt. `remaining` is how many more would be let through now, `waitMs` how long until one would be
 * (0 where this one was), `resetMs` how long until everything is there again.
 */
export type Verdict = { allowed: boolean; remaining: number; waitMs: number; resetMs: number };

/** Where the counts are: all that a store has to do. A key names the policy, a space, and the subject. */
export interface RateLimitStore {
  /** Takes one from what is left of a key, where there is any. Throws, or rejects, when it cannot tell. */
  take(key: string, limit: Limit): Verdict | Promise<Verdict>;
}

/** A store that several processes share. */
export interface SharedStore extends RateLimitStore {
  take(key: string, limit: Limit): Promise<Verdict>;
  /** Gives the connection up and makes another: it may be one that nobody answers any more. */
  reconnect(): void;
  close(): Promise<void>;
}

/** Names of the stores, as RATE_LIMIT_STORE says them. */
export const storeNames = ['memory', 'redis', 'upstash'] as const;
export type StoreName = (typeof storeNames)[number];
