import { describe, expect, test } from 'vitest';
import { justNow, overTwoWeeks } from '@/db/seed/times';
import { loadCorpus } from '@/demo/corpus';
import { makeTraces } from '@/demo/pipeline';

const now = new Date('2026-03-18T15:30:00Z');
const DAY = 24 * 3_600_000;
const timed = overTwoWeeks(makeTraces({ corpus: loadCorpus(), count: 320, seed: 2 }), { now, seed: 2 });
const ages = timed.map(({ receivedAt }) => now.getTime() - receivedAt.getTime());

describe('overTwoWeeks', () => {
  test('spreads over fourteen days, none older, none of the last minutes', () => {
    expect(Math.min(...ages)).toBeGreaterThanOrEqual(12 * 60_000);
    expect(Math.max(...ages)).toBeLessThanOrEqual(14 * DAY);
    expect(Math.max(...ages)).toBeGreaterThan(12 * DAY);
    expect(new Set(ages.map((age) => Math.floor(age / DAY))).size).toBeGreaterThanOrEqual(12);
  });

  test('is busy in the daytime and has a few in the last hour', () => {
    const hours = timed.map(({ receivedAt }) => receivedAt.getUTCHours());
    expect(hours.filter((hour) => hour >= 8 && hour < 18).length / timed.length).toBeGreaterThan(0.65);
    expect(ages.filter((age) => age < 3_600_000).length).toBeGreaterThanOrEqual(3);
  });

  test('keeps a session together', () => {
    for (const id of new Set(timed.map(({ trace }) => trace.metadata.session_id))) {
      const session = timed.filter(({ trace }) => trace.metadata.session_id === id);
      const times = session.map(({ receivedAt }) => receivedAt.getTime());
      expect(Math.max(...times) - Math.min(...times)).toBeLessThan(15 * 60_000);
    }
  });
});

test('justNow puts the last half a minute ago, and the others a minute apart before it', () => {
  expect(justNow(['a', 'b', 'c'], now).map(({ receivedAt }) => now.getTime() - receivedAt.getTime())).toEqual(
    [150_000, 90_000, 30_000],
  );
});
