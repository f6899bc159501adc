import { describe, expect, test } from 'vitest';
import { isPassing, pauseMs } from '@/lib/sdk/retry';

const bounds = { firstPauseMs: 250, longestPauseMs: 8_000 };

describe('pauseMs', () => {
  test('is anything below a bound that doubles', () => {
    const all = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => pauseMs(attempt, null, bounds, () => 1));
    expect(all).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
    expect(pauseMs(3, null, bounds, () => 0)).toBe(0);
    expect(pauseMs(3, null, bounds, () => 0.25)).toBe(250);
    expect(pauseMs(5_000, null, bounds, () => 1)).toBe(8_000);
  });

  test('keeps to Retry-After in seconds and as a date, up to a minute', () => {
    expect(pauseMs(1, '2', bounds, () => 0)).toBe(2_000);
    expect(pauseMs(1, '0', bounds, () => 0)).toBe(0);
    expect(pauseMs(1, '86400', bounds, () => 0)).toBe(60_000);
    const date = new Date(Date.now() + 20_000).toUTCString();
    expect(pauseMs(1, date, bounds, () => 0)).toBeGreaterThan(15_000);
    expect(pauseMs(1, new Date(0).toUTCString(), bounds, () => 0)).toBe(0);
    expect(pauseMs(2, 'soon', bounds, () => 1)).toBe(500);
  });
});

test('only what passes is tried again', () => {
  const tried = [200, 301, 400, 401, 403, 404, 409, 413, 422, 429, 500, 501, 502, 503, 504].filter(isPassing);
  expect(tried).toEqual([429, 502, 503, 504]);
});
