import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { GuardedStore } from '@/lib/rate-limit/guarded';
import { MemoryStore } from '@/lib/rate-limit/memory';
import { redisStore } from '@/lib/rate-limit/redis';
import type { Limit, RateLimitStore, SharedStore, Verdict } from '@/lib/rate-limit/store';
import { upstashStore } from '@/lib/rate-limit/upstash';
import { unique } from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';
import { redisServer, startBridge, startRedis, type TestBridge, type TestRedis } from '@/tests/support/redis';

// Slow to refill, so that counts say who has decided, however long the machine takes.
const limit: Limit = { algorithm: 'token-bucket', limit: 20, burst: 20, windowMs: 3_600_000, strict: false };
const INSTANCES = 4;

type Guarded = { guard: GuardedStore; store: RateLimitStore };
const open: GuardedStore[] = [];

function guarded(shared: SharedStore, deadlineMs: number): Guarded {
  const guard = new GuardedStore(shared, { name: 'test', deadlineMs, instances: INSTANCES });
  open.push(guard);
  return { guard, store: guard.beside(new MemoryStore(1_000)) };
}

/** Asks one after the other; answers how many were let through, and how long the slowest took in milliseconds. */
async function ask(store: RateLimitStore, key: string, times: number) {
  let admitted = 0;
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    const verdict: Verdict = await store.take(key, limit);
    took.push(performance.now() - began);
    if (verdict.allowed) admitted += 1;
  }
  return { admitted, took };
}

afterEach(() => Promise.all(open.splice(0).map((guard) => guard.close())));

describe.skipIf(!redisServer)('a Redis over TCP', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  const outages = {
    'that hangs': {
      begin: async () => redis.signal('SIGSTOP'),
      end: async () => redis.signal('SIGCONT'),
    },
    'that is killed': { begin: () => redis.kill(), end: () => redis.restart() },
    'that answers errors': {
      begin: async () => void (await redis.command('CONFIG', 'SET', 'maxmemory', '1')),
      end: async () => void (await redis.command('CONFIG', 'SET', 'maxmemory', '0')),
    },
  };

  test.each(Object.keys(outages) as (keyof typeof outages)[])(
    '%s is felt by one request, and exact again when it is back',
    async (name) => {
      const { guard, store } = guarded(redisStore(redis.url), 25);
      const key = `tenant ${unique()}`;
      // Until a whole run was decided by Redis: a busy machine may miss a deadline at first.
      await poll(async () => (await ask(store, `warm ${unique()}`, 30)).admitted === 20, 20_000, 'Redis');

      await outages[name].begin();
      const during = await ask(store, key, 60);
      expect(during.admitted).toBe(20 / INSTANCES);
      expect(guard.isInCharge).toBe(false);
      expect(during.took.filter((ms) => ms > 20).length).toBeLessThanOrEqual(3); // one, and what the machine itself held up
      await outages[name].end();

      await poll(() => guard.isInCharge, 20_000, 'the return of Redis');
      await poll(async () => (await ask(store, `back ${unique()}`, 30)).admitted === 20, 20_000, 'exactness');
    },
    60_000,
  );

  test('restarted empty is asked as before: its scripts are sent again', async () => {
    const shared = redisStore(redis.url);
    const { store } = guarded(shared, 2_000);
    await poll(async () => (await ask(store, `warm ${unique()}`, 30)).admitted === 20, 20_000, 'Redis');
    await redis.command('SCRIPT', 'FLUSH');
    expect((await ask(store, `tenant ${unique()}`, 30)).admitted).toBe(20);
  });
});

describe.skipIf(!redisServer)('an Upstash over REST', () => {
  let redis: TestRedis;
  let bridge: TestBridge;
  beforeAll(async () => {
    redis = await startRedis();
    bridge = await startBridge(redis);
  });
  afterAll(async () => {
    await bridge.stop();
    await redis.stop();
  });

  test.each([
    ['that is slow', { delayMs: 2_000 }],
    ['that answers errors', { status: 500 }],
    ['that limits us itself', { status: 429 }],
  ])(
    '%s is felt by one request, and exact again when it is back',
    async (_, how) => {
      const { guard, store } = guarded(upstashStore(bridge), 150);
      await poll(async () => (await ask(store, `warm ${unique()}`, 30)).admitted === 20, 20_000, 'Upstash');
      bridge.behave(how);
      const before = bridge.requests();
      const during = await ask(store, `tenant ${unique()}`, 60);
      expect(during.admitted).toBe(20 / INSTANCES);
      expect(during.took.filter((ms) => ms > 100).length).toBeLessThanOrEqual(2);
      expect(bridge.requests() - before).toBeLessThanOrEqual(4);
      bridge.behave({});
      await poll(() => guard.isInCharge, 20_000, 'the return of Upstash');
      await poll(async () => (await ask(store, `back ${unique()}`, 30)).admitted === 20, 20_000, 'exactness');
    },
    60_000,
  );

  test('with a token that is wrong is no store', async () => {
    const { guard } = guarded(upstashStore({ url: bridge.url, token: 'wrong' }), 150);
    await expect(guard.check(5_000)).rejects.toThrow('Unauthorized');
  });
});
