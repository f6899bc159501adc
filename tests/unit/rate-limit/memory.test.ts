import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryStore } from '@/lib/rate-limit/memory';
import type { Limit } from '@/lib/rate-limit/store';

const bucket: Limit = { algorithm: 'token-bucket', limit: 200, burst: 200, windowMs: 1_000, strict: false };
const window: Limit = { algorithm: 'sliding-window', limit: 10, burst: 10, windowMs: 1_000, strict: false };

/** A store with a clock that the test turns. */
function makeStore(capacity = 100) {
  const clock = { now: 0 };
  return { clock, store: new MemoryStore(capacity, () => clock.now) };
}

describe('a token bucket in memory', () => {
  test('lets exactly its bucket and then its rate through, however the requests come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 50, maxLength: 400 }),
        fc.integer({ min: 1, max: 12 }),
        (gaps, many) => {
          const { clock, store } = makeStore();
          let admitted = 0;
          for (const gap of gaps) {
            clock.now += gap;
            for (let i = 0; i < many; i++) if (store.take('tenant a', bucket).allowed) admitted += 1;
            expect(admitted).toBeLessThanOrEqual(200 + (clock.now * 200) / 1_000 + 1e-6);
          }
        },
      ),
    );
  });

  test('lets 2,200 of a flood through in 10 s', () => {
    const { clock, store } = makeStore();
    let admitted = 0;
    for (; clock.now <= 10_000; clock.now += 1)
      for (let i = 0; i < 3; i++) if (store.take('tenant a', bucket).allowed) admitted += 1;
    expect(admitted).toBe(2_200);
  });

  test('says what is left, how long to wait for one, and for all', () => {
    const { clock, store } = makeStore();
    const small = { ...bucket, limit: 2, burst: 2 };
    expect(store.take('tenant a', small)).toEqual({ allowed: true, remaining: 1, waitMs: 0, resetMs: 500 });
    expect(store.take('tenant a', small)).toEqual({ allowed: true, remaining: 0, waitMs: 0, resetMs: 1_000 });
    clock.now = 100;
    expect(store.take('tenant a', small)).toMatchObject({ allowed: false, remaining: 0, resetMs: 900 });
    expect(store.take('tenant a', small).waitMs).toBeCloseTo(400);
    clock.now = 500;
    expect(store.take('tenant a', small).allowed).toBe(true);
  });

  test('follows a limit that changes, without a bucket for nothing', () => {
    const { clock, store } = makeStore();
    const low = { ...bucket, limit: 5, burst: 5 };
    for (let i = 0; i < 200; i++) store.take('tenant a', bucket);
    expect(store.take('tenant a', { ...bucket, limit: 400, burst: 400 }).allowed).toBe(false);
    clock.now = 60_000;
    expect(store.take('tenant a', low)).toMatchObject({ allowed: true, remaining: 4 });
  });
});

describe('a sliding window in memory', () => {
  test('lets no second burst through right after the first', () => {
    const { clock, store } = makeStore();
    clock.now = 990;
    for (let i = 0; i < 10; i++) expect(store.take('account a', window).allowed).toBe(true);
    clock.now = 1_010; // a fixed window would begin anew
    expect(store.take('account a', window).allowed).toBe(true); // 1 % of the window before has passed
    expect(store.take('account a', window).allowed).toBe(false);
  });

  test('never lets more than its limit through in a window, but for the rounding of one', () => {
    const { clock, store } = makeStore();
    const admitted: number[] = [];
    for (; clock.now < 20_000; clock.now += 7)
      if (store.take('account a', window).allowed) admitted.push(clock.now);
    const most = Math.max(...admitted.map((at) => admitted.filter((t) => t > at - 1_000 && t <= at).length));
    expect(most).toBeLessThanOrEqual(11);
    expect(admitted.length).toBeGreaterThan(180);
  });

  test('says truly how long to wait', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 20, maxLength: 80 }), (gaps) => {
        const { clock, store } = makeStore();
        for (const gap of gaps) {
          clock.now += gap;
          const { allowed, waitMs } = store.take('account a', window);
          if (allowed) continue;
          clock.now += waitMs + 1e-3;
          expect(store.take('account a', window).allowed).toBe(true);
        }
      }),
    );
  });
});

describe('the memory of a store', () => {
  test('has its bounds, and forgets only what is as good as new', () => {
    const { clock, store } = makeStore(50);
    for (let i = 0; i < 200; i++) store.take('tenant busy', bucket);
    for (let i = 0; i < 10_000; i++) {
      clock.now += 6; // a stranger's one token is back after 5 ms, the busy one's 200 after 1 s
      store.take(`anonymous:ip ${i}`, bucket);
      store.take('tenant busy', bucket);
    }
    expect(store.size).toBe(50);
    // 60 s have passed, in which it was asked more slowly than its rate; drained again, it stays so.
    for (let i = 0; i < 250; i++) store.take('tenant busy', bucket);
    expect(store.take('tenant busy', bucket).allowed).toBe(false);
    for (let i = 0; i < 500; i++) store.take(`anonymous:ip more ${i}`, bucket);
    expect(store.take('tenant busy', bucket).allowed).toBe(false);
  });

  test('lets newcomers share one count while nothing can be forgotten', () => {
    const { clock, store } = makeStore(50);
    const slow = { ...bucket, limit: 10, burst: 10 };
    for (let i = 0; i < 50; i++) for (let n = 0; n < 10; n++) store.take(`anonymous:ip ${i}`, slow);
    let admitted = 0;
    for (let i = 0; i < 1_000; i++) if (store.take(`anonymous:ip new ${i}`, slow).allowed) admitted += 1;
    expect(admitted).toBe(10);
    expect(store.size).toBe(50);
    // Those who had their own keep it, and other policies' newcomers are not touched.
    expect(store.take('anonymous:ip 7', slow).allowed).toBe(false);
    expect(store.take('probe:ip a', slow).allowed).toBe(true);
    clock.now = 5_000;
    expect(store.take('anonymous:ip newest', slow)).toMatchObject({ allowed: true, remaining: 9 });
  });
});
