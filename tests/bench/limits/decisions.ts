import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createClient } from '@redis/client';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { MemoryStore } from '@/lib/rate-limit/memory';
import type { Limit, RateLimitStore } from '@/lib/rate-limit/store';
import { median } from '../measure';

/** Never used up: what is measured is a decision, not a refusal. */
const limit: Limit = {
  algorithm: 'token-bucket',
  limit: 1_000_000,
  burst: 1_000_000,
  windowMs: 1_000,
  strict: false,
};

/** A decision about one of many tenants. */
export type Decide = (tenant: number) => unknown;

const names = (count: number) => Array.from({ length: count }, (_, i) => `tenant ${i}`);

/** A store's decision, as `consume` asks for it. */
export function decideBy(store: RateLimitStore, tenants: number): Decide {
  const keys = names(tenants);
  return (i) => store.take(keys[i % tenants] ?? '', limit);
}

/** The same by rate-limiter-flexible, in this process. */
export function decideByFlexibleMemory(tenants: number): Decide {
  const limiter = new RateLimiterMemory({ points: limit.limit, duration: 1 });
  const keys = names(tenants);
  return (i) => limiter.consume(keys[i % tenants] ?? '').catch(refusedOnly);
}

/** The same by rate-limiter-flexible in Redis, over a connection of the same kind. */
export async function decideByFlexibleRedis(
  url: string,
  tenants: number,
): Promise<{ decide: Decide; close: () => void }> {
  const client = createClient({ url, RESP: 2 });
  client.on('error', () => {});
  await client.connect();
  const limiter = new RateLimiterRedis({
    storeClient: client,
    useRedisPackage: true,
    points: limit.limit,
    duration: 1,
  });
  const keys = names(tenants);
  return {
    decide: (i) => limiter.consume(keys[i % tenants] ?? '').catch(refusedOnly),
    close: () => client.destroy(),
  };
}

function refusedOnly(reason: unknown): void {
  if (!(reason instanceof RateLimiterRes)) throw reason;
}

/**
 * Microseconds per decision of each, each sample the mean of `batch` decisions one after the other. They take turns by the
 * sample, so that what else the machine does meets all of them.
 */
export async function measureCosts(
  deciders: readonly Decide[],
  { samples, batch }: { samples: number; batch: number },
): Promise<number[][]> {
  const costs = deciders.map((): number[] => []);
  for (let sample = -Math.ceil(samples / 10); sample < samples; sample++)
    for (const [at, decide] of deciders.entries()) {
      const began = performance.now();
      for (let i = 0; i < batch; i++) {
        const decided = decide(i);
        if (decided instanceof Promise) await decided;
      }
      // The first samples warm up.
      if (sample >= 0) costs[at]?.push(((performance.now() - began) * 1_000) / batch);
    }
  return costs;
}

const ROUNDS = 20;

/** Decisions a second of each about tenants in turn, so many under way at once: the median of rounds that they take in turns. */
export async function measureThroughputs(
  deciders: readonly Decide[],
  total: number,
  concurrency: number,
): Promise<number[]> {
  const rates = deciders.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [at, decide] of deciders.entries())
      rates[at]?.push(await rateOf(decide, Math.ceil(total / ROUNDS), concurrency));
  return rates.map(median);
}

async function rateOf(decide: Decide, total: number, concurrency: number): Promise<number> {
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < total) {
        const decided = decide(next++);
        if (decided instanceof Promise) await decided;
      }
    }),
  );
  return total / ((performance.now() - began) / 1_000);
}

/** Bytes of this process's memory for each tenant that a store counts. */
export function measureMemory(tenants: number): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const store = new MemoryStore(tenants);
  const keep = { store };
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < tenants; i++) keep.store.take(`tenant ${crypto.randomUUID()}`, limit);
  collect();
  return (process.memoryUsage().heapUsed - before) / keep.store.size;
}
