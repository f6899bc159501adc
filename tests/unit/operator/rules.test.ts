import { describe, expect, test } from 'vitest';
import { latencyBucket, latencyQuantile } from '@/lib/vitals/latency';
import { judge, summarise, sweepLateMs } from '@/lib/workflows/platform-health/rules';
import { decodeTenantCursor, encodeTenantCursor } from '@/lib/workflows/tenant-directory/rules';

describe('latencyQuantile', () => {
  test('is within the bucket that holds it', () => {
    const counts: number[] = [];
    for (const ms of [1, 3, 3, 3, 400]) counts[latencyBucket(ms)] = (counts[latencyBucket(ms)] ?? 0) + 1;
    const filled = Array.from({ length: 15 }, (_, bucket) => counts[bucket] ?? 0);
    expect(latencyQuantile(filled, 0.5)).toBeGreaterThan(2);
    expect(latencyQuantile(filled, 0.5)).toBeLessThanOrEqual(5);
    expect(latencyQuantile(filled, 1)).toBe(500);
  });

  test('of nothing is nothing, and past the last bound its beginning', () => {
    expect(latencyQuantile([0, 0], 0.5)).toBeNull();
    const last = new Array(15).fill(0);
    last[latencyBucket(99_999)] = 1;
    expect(latencyQuantile(last, 0.5)).toBe(30_000);
  });
});

describe('judge', () => {
  test.each([
    [null, []],
    [4, []],
    [5, ['warn']],
    [10, ['bad']],
  ])('finds of %s %j', (value, states) => {
    expect(judge(value, { warn: 5, bad: 10 }, 'Says.', 'Do.').map(({ state }) => state)).toEqual(states);
  });
});

describe('summarise', () => {
  const section = (...states: ('warn' | 'bad')[]) => ({
    ...{ id: 'x', title: 'X', facts: [], table: null },
    findings: states.map((state, n) => ({ state, says: `${state} ${n}.`, todo: 'Do.' })),
  });
  test('says that all is well, or the worst and how much more there is', () => {
    expect(summarise([section()])).toEqual({ state: 'ok', line: 'All is well.' });
    expect(summarise([section('warn')])).toEqual({ state: 'warn', line: 'warn 0. Do.' });
    expect(summarise([section('warn'), section('warn', 'bad')])).toEqual({
      state: 'bad',
      line: 'bad 1. Do. 2 more below.',
    });
  });
});

describe('sweepLateMs', () => {
  test('forgives one run, and no second', () => {
    const run = { everyMs: 60_000, durationMs: 0, finishedAt: 0 };
    expect(sweepLateMs(run, 180_000)).toBe(0);
    expect(sweepLateMs(run, 180_001)).toBe(1);
  });
});

describe('a place in the list of tenants', () => {
  const place = { at: '2026-01-31T12:00:00.123456Z', id: '0b8f1a2c-1111-4222-8333-444455556666' };
  test('comes back as it was', () => expect(decodeTenantCursor(encodeTenantCursor(place))).toEqual(place));
  test.each([
    undefined,
    '',
    'nothing',
    encodeTenantCursor({ ...place, id: 'x' }),
    encodeTenantCursor({ ...place, at: '2026-99-31T12:00:00.123456Z' }),
    Buffer.from('{"at":1}').toString('base64url'),
  ])('that we did not make (%s) is the first page', (text) => expect(decodeTenantCursor(text)).toBeNull());
});
