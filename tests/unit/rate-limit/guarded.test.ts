import { describe, expect, test, vi } from 'vitest';
import { GuardedStore, shareOf } from '@/lib/rate-limit/guarded';
import { MemoryStore } from '@/lib/rate-limit/memory';
import type { Limit, Verdict } from '@/lib/rate-limit/store';
import { poll } from '@/tests/support/poll';

const limit: Limit = { algorithm: 'token-bucket', limit: 8, burst: 8, windowMs: 60_000, strict: false };
const yes: Verdict = { allowed: true, remaining: 1_000_000, waitMs: 0, resetMs: 0 };

/** A shared store that does what the test says, behind its guard. */
function makeGuarded({ instances = 1, deadlineMs = 20 } = {}) {
  const clock = { now: 0 };
  const shared = {
    take: vi.fn(async (): Promise<Verdict> => yes),
    reconnect: vi.fn(),
    close: vi.fn(async () => {}),
  };
  const guard = new GuardedStore(shared, { name: 'test', deadlineMs, instances, now: () => clock.now });
  const store = guard.beside(new MemoryStore(100, () => clock.now));
  return { clock, shared, guard, store };
}

const hang = () => new Promise<Verdict>(() => {});
const refuse = () => Promise.reject(new Error('ECONNREFUSED'));

/** Asks so often, one after the other, and counts who was let through. */
async function admitted(store: { take(key: string, limit: Limit): unknown }, times: number, of = limit) {
  let count = 0;
  for (let i = 0; i < times; i++) if (((await store.take('tenant a', of)) as Verdict).allowed) count += 1;
  return count;
}

describe('a shared store that is away', () => {
  test.each([
    ['hangs', hang],
    ['refuses', refuse],
  ])('and %s is waited for by the first request only', async (_, take) => {
    const { shared, guard, store } = makeGuarded();
    shared.take.mockImplementation(take);
    expect(await admitted(store, 50)).toBe(8); // a bucket of its own, and neither none nor all
    expect(shared.take).toHaveBeenCalledTimes(1);
    expect(guard.isInCharge).toBe(false);
  });

  test('leaves each of several processes its part of a limit', async () => {
    const { shared, store } = makeGuarded({ instances: 4 });
    shared.take.mockImplementation(refuse);
    expect(await admitted(store, 50)).toBe(2);
  });

  test('makes a strict limit stricter', async () => {
    const { shared, store } = makeGuarded();
    shared.take.mockImplementation(refuse);
    expect(await admitted(store, 50, { ...limit, strict: true })).toBe(4);
  });

  test('is asked by one probe at a time, for which nobody waits', async () => {
    const { clock, shared, store } = makeGuarded();
    shared.take.mockImplementation(hang);
    await store.take('tenant a', limit);
    clock.now = 200;
    await Promise.all(Array.from({ length: 20 }, () => store.take('tenant a', limit)));
    expect(shared.take).toHaveBeenCalledTimes(2);
  });

  test('decides again from the first probe that comes back in time', async () => {
    const { clock, shared, guard, store } = makeGuarded();
    shared.take.mockImplementation(refuse);
    await admitted(store, 20);
    shared.take.mockImplementation(async () => yes);
    expect(guard.isInCharge).toBe(false); // not before its time
    clock.now = 150;
    await poll(() => guard.isInCharge);
    expect(await admitted(store, 20)).toBe(20);
  });

  test('is asked less and less often, and by a new connection when none answers', async () => {
    const { clock, shared, guard, store } = makeGuarded({ deadlineMs: 1 });
    shared.take.mockImplementation(refuse);
    await store.take('tenant a', limit);
    const probes = () => shared.take.mock.calls.length - 1;
    for (; clock.now < 60_000; clock.now += 100) {
      void guard.isInCharge;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(probes()).toBeGreaterThan(20);
    expect(probes()).toBeLessThan(40);
    expect(shared.reconnect).toHaveBeenCalledTimes(Math.floor(probes() / 5));
  });

  test('is not left again because of what was under way before', async () => {
    const { clock, shared, guard, store } = makeGuarded({ deadlineMs: 300 });
    let fail: (error: Error) => void = () => {};
    shared.take.mockImplementationOnce(() => new Promise((_, reject) => (fail = reject)));
    const old = store.take('tenant a', limit);
    shared.take.mockImplementationOnce(refuse);
    await store.take('tenant a', limit);
    clock.now = 150;
    await poll(() => guard.isInCharge);
    fail(new Error('ECONNRESET'));
    expect(((await old) as Verdict).allowed).toBe(true);
    expect(guard.isInCharge).toBe(true);
  });

  test('has answered when the answer is there, though this process was held up', async () => {
    const { shared, guard, store } = makeGuarded({ deadlineMs: 5 });
    // The answer comes by I/O, which is read after timers that are overdue.
    shared.take.mockImplementation(() => new Promise((resolve) => setImmediate(() => resolve(yes))));
    const taken = store.take('tenant a', limit);
    const until = performance.now() + 30;
    while (performance.now() < until);
    expect(await taken).toEqual(yes);
    expect(guard.isInCharge).toBe(true);
  });
});

describe('shareOf', () => {
  test('is never nothing, and never more than the whole together', () => {
    for (const instances of [1, 2, 3, 7, 50])
      for (const strict of [false, true]) {
        const part = shareOf({ ...limit, strict }, instances);
        expect(part.limit).toBeGreaterThanOrEqual(1);
        expect(part.burst).toBeGreaterThanOrEqual(1);
        const rate = (one: Limit) => one.limit / one.windowMs;
        expect(rate(part) * instances).toBeLessThanOrEqual(rate(limit) * 1.000001);
      }
  });
});
