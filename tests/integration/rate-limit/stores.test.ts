import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createClient } from '@redis/client';
import { Ratelimit } from '@upstash/ratelimit';
import { build } from 'esbuild';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { bucketScript } from '@/lib/rate-limit/bucket-script';
import { MemoryStore } from '@/lib/rate-limit/memory';
import { redisStore } from '@/lib/rate-limit/redis';
import { stepOf } from '@/lib/rate-limit/shared';
import type { Limit, RateLimitStore, SharedStore } from '@/lib/rate-limit/store';
import { upstashStore } from '@/lib/rate-limit/upstash';
import { keepPackages } from '@/scripts/lib/build/bundle.mjs';
import { unique } from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';
import { redisServer, startBridge, startRedis, type TestBridge, type TestRedis } from '@/tests/support/redis';

const bucket: Limit = { algorithm: 'token-bucket', limit: 200, burst: 200, windowMs: 1_000, strict: false };
const window: Limit = { algorithm: 'sliding-window', limit: 10, burst: 10, windowMs: 60_000, strict: false };

let redis: TestRedis;
let bridge: TestBridge;
const open: SharedStore[] = [];

beforeAll(async () => {
  if (!redisServer) return;
  redis = await startRedis();
  bridge = await startBridge(redis);
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await Promise.all(open.map((store) => store.close()));
  await bridge?.stop();
  await redis?.stop();
});

const stores: { name: string; make: () => RateLimitStore | Promise<RateLimitStore>; exact: boolean }[] = [
  { name: 'memory', make: () => new MemoryStore(1_000), exact: true },
  ...(redisServer
    ? [
        { name: 'redis', make: () => connected(redisStore(redis.url)), exact: false },
        {
          name: 'upstash',
          make: () => connected(upstashStore({ ...bridge, giveUpMs: 20_000 })),
          exact: false,
        },
      ]
    : []),
];

async function connected(store: SharedStore): Promise<SharedStore> {
  open.push(store);
  await poll(
    () => store.take('warm up', bucket).then(Boolean, () => false),
    10_000,
    'an answer of the store',
  );
  return store;
}

/** Asks so often at once, and counts who was let through. */
async function ask(store: RateLimitStore, key: string, limit: Limit, times: number): Promise<number> {
  const verdicts = await Promise.all(Array.from({ length: times }, async () => store.take(key, limit)));
  return verdicts.filter(({ allowed }) => allowed).length;
}

describe.each(stores)('the store $name', ({ make, exact }) => {
  test('lets a bucket through at once, and no more than its rate after it', async () => {
    const store = await make();
    const key = `tenant ${unique()}`;
    const began = performance.now();
    const admitted = await ask(store, key, bucket, 600);
    const refilled = ((performance.now() - began) / 1_000) * 200 + (exact ? 0 : 20); // one step of Redis's
    expect(admitted).toBeGreaterThanOrEqual(200);
    expect(admitted).toBeLessThanOrEqual(200 + refilled + 1);
    await poll(async () => (await store.take(key, bucket)).allowed, 2_000, 'a token');
  });

  test('says what is left and how long to wait', async () => {
    const store = await make();
    const slow: Limit = { ...bucket, limit: 2, burst: 2, windowMs: 60_000 };
    const key = `mail:ip ${unique()}`;
    expect(await store.take(key, slow)).toMatchObject({ allowed: true, remaining: 1, waitMs: 0 });
    const last = await store.take(key, slow);
    expect(last).toMatchObject({ allowed: true, remaining: 0, waitMs: 0 });
    expect(last.resetMs).toBeGreaterThan(50_000);
    const refused = await store.take(key, slow);
    expect(refused).toMatchObject({ allowed: false, remaining: 0 });
    expect(refused.waitMs).toBeGreaterThan(20_000);
    expect(refused.waitMs).toBeLessThanOrEqual(30_000);
  });

  test('counts each key for itself', async () => {
    const store = await make();
    const one: Limit = { ...bucket, limit: 1, burst: 1, windowMs: 60_000 };
    const [a, b] = [`sign-up:ip ${unique()}`, `sign-up:ip ${unique()}`];
    expect(await ask(store, a, one, 5)).toBe(1);
    expect(await ask(store, b, one, 5)).toBe(1);
  });

  test('holds a bucket larger than its rate, and a rate that is larger than its bucket', async () => {
    const store = await make();
    const wide: Limit = { ...bucket, limit: 1, burst: 50, windowMs: 60_000 };
    expect(await ask(store, `a ${unique()}`, wide, 200)).toBe(50);
    const narrow: Limit = { ...bucket, limit: 10, burst: 3, windowMs: 60_000 };
    expect(await ask(store, `b ${unique()}`, narrow, 200)).toBe(3);
  });

  test('follows a limit that changes while it is counted', async () => {
    const store = await make();
    const key = `tenant ${unique()}`;
    const low: Limit = { ...bucket, limit: 5, burst: 5, windowMs: 60_000 };
    expect(await ask(store, key, low, 20)).toBe(5);
    const high: Limit = { ...low, limit: 600, burst: 600 };
    await poll(async () => (await store.take(key, high)).allowed, 5_000, 'a token at the higher rate');
  });

  test('counts a sliding window', async () => {
    const store = await make();
    const key = `sign-in:account ${unique()}`;
    expect(await ask(store, key, window, 50)).toBe(10);
    const refused = await store.take(key, window);
    expect(refused).toMatchObject({ allowed: false, remaining: 0 });
    expect(refused.waitMs).toBeGreaterThan(0);
    expect(refused.waitMs).toBeLessThanOrEqual(60_000);
  });

  test.each([
    ['an hour ahead', 3_600_000],
    ['an hour back', -3_600_000],
  ])('keeps a bucket’s rate when the clock is set %s', async (_, by) => {
    const store = await make();
    const key = `tenant ${unique()}`;
    await ask(store, key, bucket, 300);
    const began = performance.now();
    const clock = Date.now;
    const setClock = vi.spyOn(Date, 'now').mockImplementation(() => clock() + by);
    const admitted = await ask(store, key, bucket, 300);
    // Neither a bucket for nothing, beyond the steps of Redis's at both ends …
    expect(admitted).toBeLessThanOrEqual(((performance.now() - began) / 1_000) * 200 + 41);
    // … nor a wait for the clock to come round.
    await poll(async () => (await store.take(key, bucket)).allowed, 2_000, 'a token');
    const verdicts = await Promise.all(Array.from({ length: 300 }, async () => store.take(key, bucket)));
    const waits = verdicts.filter(({ allowed }) => !allowed).map(({ waitMs }) => waitMs);
    expect(Math.max(...waits)).toBeLessThanOrEqual(100);
    expect(Math.min(...waits)).toBeGreaterThan(0);
    setClock.mockRestore();
    await poll(async () => (await store.take(key, bucket)).allowed, 2_000, 'a token after it');
  });
});

/** The library's own script, as it hands it to a client. */
async function theirBucketScript(): Promise<string> {
  let script = '';
  const client = {
    evalsha: () => Promise.reject(new Error('NOSCRIPT')),
    eval: async (text: string) => {
      script = text;
      return [1, 1, 1];
    },
  };
  const context = { redis: client, prefix: '', dynamicLimits: false };
  await Ratelimit.tokenBucket(1, '1 s', 1)().limit(context as never, 'key');
  return script;
}

describe('stepOf', () => {
  test.each([
    [200, 1_000, { tokens: 20, intervalMs: 100 }],
    [50, 1_000, { tokens: 5, intervalMs: 100 }],
    [7, 1_000, { tokens: 7, intervalMs: 1_000 }],
    [30, 60_000, { tokens: 1, intervalMs: 2_000 }],
    [5, 3_600_000, { tokens: 1, intervalMs: 720_000 }],
    [1_000_000, 1_000, { tokens: 100_000, intervalMs: 100 }],
  ])('makes %i per %i ms whole tokens per whole milliseconds', (limit, windowMs, step) => {
    expect(stepOf({ limit, windowMs })).toEqual(step);
  });
});

describe.skipIf(!redisServer)('the store redis', () => {
  test.each([
    [
      'redis',
      () => redisStore(redis.url),
      "return redis.call('SET', KEYS[1], struct.pack('dd', ARGV[1], 0))",
    ],
    [
      'upstash',
      () => upstashStore({ ...bridge, giveUpMs: 20_000 }),
      "redis.call('PERSIST', KEYS[1]) return redis.call('HSET', KEYS[1], 'refilledAt', ARGV[1], 'tokens', 0)",
    ],
  ] as const)('is healed when the clock of the Redis server was set back: %s', async (_, open, fill) => {
    const store = await connected(open());
    const key = `tenant ${unique()}`;
    await ask(store, key, bucket, 300);
    // As if its clock had been an hour ahead when the bucket was filled, and when it was to expire.
    const ahead = String(Date.now() + 3_600_000);
    await redis.command('EVAL', fill, '1', `ragtoolkit:limit:${key}`, ahead);
    await poll(async () => (await store.take(key, bucket)).allowed, 2_000, 'a token');
  });

  test('decides as @upstash/ratelimit does, whatever the time and the limit', async () => {
    const client = createClient({ url: redis.url, RESP: 2 });
    await client.connect();
    const theirs = (await theirBucketScript()).replace(/^#!lua[^\n]*\n/, '');
    const clock = /^local time = .*\nlocal now = .*\n/;
    expect(bucketScript).toMatch(clock);
    const ours = bucketScript.replace(clock, 'local now = tonumber(ARGV[5])\n');
    // Steps are long, so that no key expires by the real clock while the made-up one runs.
    const step = fc.record({
      max: fc.integer({ min: 1, max: 50 }),
      rate: fc.integer({ min: 1, max: 50 }),
      by: fc.constantFrom(1, 1, 1, 1, 3, 0, -2),
      passed: fc.integer({ min: 0, max: 200_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const key = unique();
        let now = 1_800_000_000_000;
        for (const { max, rate, by, passed } of steps) {
          now += passed;
          const [size, interval, refill, at, take] = [max, 60_000, rate, now, by].map(String);
          const expected = await client.eval(theirs, {
            keys: [`theirs ${key}`],
            arguments: [size, interval, refill, at, take] as string[],
          });
          const got = await client.eval(ours, {
            keys: [`ours ${key}`],
            arguments: [size, interval, refill, take, at] as string[],
          });
          expect(got).toEqual(expected);
        }
      }),
      { numRuns: 150 },
    );
    client.destroy();
  });

  test('keeps no key longer than its bucket needs to be full', async () => {
    const store = await connected(redisStore(redis.url));
    const key = `tenant ${unique()}`;
    await store.take(key, { ...bucket, limit: 6, burst: 6, windowMs: 360_000 });
    const ttl = Number(await redis.command('PTTL', `ragtoolkit:limit:${key}`));
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(60_000); // one token is back by then
  });

  test('lets four processes together through at 200 a second and one bucket, ± 2 %, for 10 s', async () => {
    // Below the repository, whose packages it imports.
    mkdirSync('.build', { recursive: true });
    const folder = mkdtempSync(path.resolve('.build/rate-limit-worker-'));
    const file = path.join(folder, 'worker.mjs');
    await build({
      entryPoints: [path.resolve('tests/support/rate-limit-worker.ts')],
      outfile: file,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'error',
      plugins: [{ name: 'packages', setup: keepPackages }],
    });
    const key = `tenant ${unique()}`;
    const args = [redis.url, key, '10000', JSON.stringify(bucket)];
    const workers = Array.from({ length: 4 }, () => fork(file, args, { cwd: process.cwd() }));
    const messages = (worker: (typeof workers)[number]) =>
      new Promise<unknown>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('exit', (code) => reject(new Error(`a worker ended with ${code}`)));
      });
    await Promise.all(workers.map(messages));
    const began = performance.now();
    const done = workers.map(messages);
    for (const worker of workers) worker.send('go');
    const results = (await Promise.all(done)) as { admitted: number; asked: number }[];
    const seconds = (performance.now() - began) / 1_000;
    rmSync(folder, { recursive: true, force: true });

    const sum = (of: 'admitted' | 'asked') => results.reduce((all, one) => all + one[of], 0);
    expect(sum('asked')).toBeGreaterThan(2 * 200 * seconds); // otherwise nothing was limited
    expect(sum('admitted')).toBeLessThanOrEqual(200 + 200 * seconds * 1.02);
    expect(sum('admitted')).toBeGreaterThanOrEqual((200 + 200 * 10) * 0.98);
    for (const { admitted } of results) expect(admitted).toBeGreaterThan(0);
  });
});
