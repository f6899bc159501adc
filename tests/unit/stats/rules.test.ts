import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BinRow, LATENCY_GAMMA, periodBounds, quantile, toOverview } from '@/lib/stats/rules';

/** The bucket of a latency, as the SQL of the rollup computes it. */
function toBucket(ms: number): number {
  return Math.ceil(Math.log(Math.max(ms, 1)) / Math.log(LATENCY_GAMMA));
}

function countsOf(latencies: readonly number[]): number[] {
  const counts: number[] = [];
  for (const ms of latencies) counts[toBucket(ms)] = (counts[toBucket(ms)] ?? 0) + 1;
  return counts;
}

function row(hour: string, given: Partial<BinRow> = {}): BinRow {
  return {
    at: new Date(hour),
    model: 'm',
    traceCount: 1,
    errorCount: 0,
    tokensIn: 0,
    tokensOut: 0,
    lights: { green: 0, amber: 0, red: 0 },
    latencies: [],
    ...given,
  };
}

describe('quantile', () => {
  test('is within 2.5 % of the true one', () => {
    const latencies = fc.array(fc.double({ min: 1, max: 600_000, noNaN: true }), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(latencies, fc.constantFrom(0.5, 0.95), (given, q) => {
        const sorted = given.toSorted((a, b) => a - b);
        const truth = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] ?? 0;
        const estimate = quantile(countsOf(given), q) ?? 0;
        expect(Math.abs(estimate - truth) / truth).toBeLessThan(0.025);
      }),
    );
  });

  test('is nothing where nothing was counted', () => {
    expect(quantile([], 0.5)).toBeNull();
  });

  test('takes what is faster than a millisecond for one', () => {
    expect(quantile(countsOf([0, 0.2]), 0.95)).toBe(1);
  });
});

describe('periodBounds', () => {
  test('ends with the bar of now, aligned to UTC', () => {
    const now = new Date('2026-03-29T01:30:00Z'); // the night in which Europe skips an hour
    expect(periodBounds('24h', now)).toMatchObject({
      from: new Date('2026-03-28T02:00:00Z'),
      to: new Date('2026-03-29T02:00:00Z'),
    });
    expect(periodBounds('7d', now)).toMatchObject({
      from: new Date('2026-03-22T06:00:00Z'),
      to: new Date('2026-03-29T06:00:00Z'),
    });
    expect(periodBounds('30d', now)).toMatchObject({
      from: new Date('2026-02-28T00:00:00Z'),
      to: new Date('2026-03-30T00:00:00Z'),
    });
  });
});

describe('toOverview', () => {
  const now = new Date('2026-05-04T12:34:00Z');

  test('adds hours up into bars, models and totals', () => {
    const overview = toOverview('7d', now, [
      row('2026-05-04T12:00:00Z', {
        traceCount: 3,
        errorCount: 1,
        tokensIn: 10,
        tokensOut: 4,
        lights: { green: 1, amber: 0, red: 1 },
        latencies: [{ [toBucket(100)]: 1 }, { [toBucket(100)]: 2 }],
      }),
      row('2026-05-04T13:00:00Z', {
        traceCount: 2,
        model: '',
        tokensIn: 1,
        lights: { green: 1, amber: 1, red: 0 },
      }),
      row('2026-05-01T00:00:00Z', { traceCount: 5, latencies: [{ [toBucket(1000)]: 5 }] }),
    ]);
    expect(overview.totals).toMatchObject({ traces: 10, errors: 1, tokensIn: 11, tokensOut: 4 });
    expect(overview.bins).toHaveLength(28);
    expect(overview.bins.at(-1)).toMatchObject({
      from: '2026-05-04T12:00:00.000Z',
      to: '2026-05-04T18:00:00.000Z',
      traces: 5,
      errors: 1,
    });
    expect(overview.models.map(({ model, traces }) => [model, traces])).toEqual([
      ['m', 8],
      [null, 2],
    ]);
    expect(overview.totals.lights).toEqual({ green: 2, amber: 1, red: 1 });
    expect(overview.bins.at(-1)?.lights).toEqual({ green: 2, amber: 1, red: 1 });
    expect(overview.models.map(({ lights }) => lights.green)).toEqual([1, 1]);
    expect(overview.totals.p50).toBeGreaterThan(900);
    expect(overview.bins.at(-1)?.p50).toBeLessThan(110);
  });

  test('leaves out what lies before the period, and shows bars without traces', () => {
    const overview = toOverview('24h', now, [row('2026-05-03T12:00:00Z'), row('2026-05-03T13:00:00Z')]);
    expect(overview.totals.traces).toBe(1);
    expect(overview.bins.map(({ traces }) => traces)).toEqual([1, ...Array(23).fill(0)]);
    expect(overview.bins[5]).toMatchObject({ traces: 0, p50: null, p95: null });
  });
});
