import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  type ChartBin,
  countScale,
  durationScale,
  highestStack,
  nextLinked,
  stackBars,
  thinned,
  traceLine,
} from '@/components/charts/prepare';
import { axisLabels, formatMoment, formatRange, zoneName } from '@/components/charts/time-labels';
import { cellText, formatCompact, formatShare, spoken, units } from '@/components/charts/units';

afterEach(() => vi.restoreAllMocks());

/** As if the reader were this many minutes ahead of UTC. */
function readerAt(minutes: number) {
  vi.spyOn(Date.prototype, 'getTimezoneOffset').mockReturnValue(-minutes);
}

function binsFrom(start: string, hours: number, count: number): ChartBin[] {
  return Array.from({ length: count }, (_, index) => ({
    from: new Date(Date.parse(start) + index * hours * 3_600_000).toISOString(),
    to: new Date(Date.parse(start) + (index + 1) * hours * 3_600_000).toISOString(),
    href: '/traces',
  }));
}

describe('countScale', () => {
  test.each([
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [42, [0, 10, 20, 30, 40, 50]],
    [385, [0, 100, 200, 300, 400]],
    [1190, [0, 250, 500, 750, 1000, 1250]],
    [184_302, [0, 50_000, 100_000, 150_000, 200_000]],
  ])('of %d ends just above it', (max, ticks) => {
    expect(countScale(max)).toEqual({ max: ticks.at(-1), ticks });
  });

  test('of nothing still has a height', () => {
    expect(countScale(0)).toEqual({ max: 1, ticks: [0, 1] });
    expect(countScale(Number.NaN).max).toBe(1);
  });

  test('never puts a tick between two whole numbers', () => {
    for (let max = 1; max <= 500; max++) {
      const { ticks, max: top } = countScale(max);
      expect(top).toBeGreaterThanOrEqual(max);
      expect(ticks.length).toBeLessThanOrEqual(6);
      expect(ticks.every(Number.isInteger)).toBe(true);
    }
  });
});

describe('durationScale', () => {
  test('takes round parts of a second, and fractions below a millisecond', () => {
    expect(durationScale(4510).ticks).toEqual([0, 1000, 2000, 3000, 4000, 5000]);
    expect(durationScale(0.3).ticks).toEqual([0, 0.1, 0.2, 0.3]);
  });

  test('takes round parts of a minute and of an hour above', () => {
    expect(durationScale(110_000).ticks).toEqual([0, 30_000, 60_000, 90_000, 120_000]);
    expect(durationScale(3_000_000).ticks.map((ms) => ms / 60_000)).toEqual([0, 10, 20, 30, 40, 50]);
  });

  test('reaches above a latency that somebody sent in the wrong unit', () => {
    expect(durationScale(9e12).max).toBeGreaterThanOrEqual(9e12);
  });
});

describe('stackBars', () => {
  test('stands the first series on the ground and the next upon it', () => {
    const [errors, ok] = stackBars([[25], [50]], 100);
    expect(errors).toMatchObject({ series: 0, bin: 0, y: 75, height: 25 });
    expect(ok).toMatchObject({ series: 1, bin: 0, y: 25, height: 50 });
  });

  test('gives zero no rectangle', () => {
    expect(
      stackBars(
        [
          [0, 1],
          [0, 0],
        ],
        1,
      ),
    ).toHaveLength(1);
  });

  test('keeps a single trace visible beside a spike, within the plot', () => {
    const bars = stackBars(
      [
        [1, 1],
        [0, 184_302],
      ],
      184_303,
    );
    expect(bars.every(({ height }) => height >= 1)).toBe(true);
    expect(bars.every(({ y }) => y >= 0)).toBe(true);
  });

  test('keeps each bar within its own slot', () => {
    for (const { bin, x, width } of stackBars([Array.from({ length: 28 }, () => 3)], 3)) {
      expect(x).toBeGreaterThan((bin / 28) * 100);
      expect(x + width).toBeLessThan(((bin + 1) / 28) * 100);
    }
  });

  test('has its highest stack where the sums are', () => {
    expect(
      highestStack([
        [1, 5, 0],
        [2, 1, 0],
      ]),
    ).toBe(6);
    expect(highestStack([])).toBe(0);
  });
});

describe('traceLine', () => {
  test('breaks where a value is missing and keeps a lone point', () => {
    const { points, path } = traceLine([100, 50, null, 0], 100);
    expect(path).toBe('M12.5 0L37.5 50M87.5 100');
    expect(points.map(({ bin }) => bin)).toEqual([0, 1, 3]);
  });

  test('of nothing is nothing', () => {
    expect(traceLine([null, null], 1)).toEqual({ points: [], path: '' });
  });
});

describe('nextLinked', () => {
  const bins = binsFrom('2026-05-04T00:00:00.000Z', 6, 5).map((bin, index) =>
    index === 2 ? { ...bin, href: null } : bin,
  );

  test('skips bins with nothing behind them', () => {
    expect(nextLinked(bins, 1, 1)).toBe(3);
    expect(nextLinked(bins, 3, -1)).toBe(1);
  });

  test('stays at either end', () => {
    expect(nextLinked(bins, 4, 1)).toBe(4);
    expect(nextLinked(bins, 0, -1)).toBe(0);
  });
});

describe('formatRange', () => {
  const range = (from: string, to: string) => ({
    from: `2026-05-0${from}:00.000Z`,
    to: `2026-05-0${to}:00.000Z`,
  });

  test.each([
    [range('4T12:00', '4T18:00'), 'Mon 4 May 12:00–18:00'],
    [range('4T18:00', '5T00:00'), 'Mon 4 May 18:00–24:00'],
    [range('4T00:00', '5T00:00'), 'Mon 4 May'],
    [range('4T02:00', '5T02:00'), 'Mon 4 May 02:00 – Tue 5 May 02:00'],
  ])('writes %j as %s', (value, written) => {
    expect(formatRange(value, 'utc', { weekday: true })).toBe(written);
  });

  test('writes the reader’s own clock', () => {
    readerAt(330);
    expect(formatRange(range('4T18:00', '5T00:00'), 'local', { weekday: true })).toBe(
      'Mon 4 May 23:30 – Tue 5 May 05:30',
    );
    expect(zoneName('2026-05-04T18:00:00.000Z', 'local')).toBe('UTC+05:30');
  });

  test('names the year only when it is another one', () => {
    expect(formatMoment('2025-12-31T23:00:00.000Z', 'utc', { thisYear: 2026 })).toBe('31 Dec 2025 23:00');
    expect(formatMoment('2026-01-01T09:05:00.000Z', 'utc', { thisYear: 2026 })).toBe('1 Jan 09:05');
  });
});

describe('axisLabels', () => {
  test('names each day where it begins, in the reader’s zone', () => {
    const bins = binsFrom('2026-05-04T12:00:00.000Z', 6, 8);
    expect(axisLabels(bins, 'utc', { wide: 8, narrow: 4 })).toEqual([
      { bin: 2, text: '5 May', narrow: true },
      { bin: 6, text: '6 May', narrow: true },
    ]);
    readerAt(-300);
    expect(axisLabels(bins, 'local', { wide: 8, narrow: 4 }).map(({ bin }) => bin)).toEqual([3, 7]);
  });

  test('names hours within a day, and midnight by its date', () => {
    const labels = axisLabels(binsFrom('2026-05-04T15:00:00.000Z', 1, 24), 'utc', { wide: 8, narrow: 4 });
    expect(labels.map(({ text }) => text)).toEqual([
      '15:00',
      '18:00',
      '21:00',
      '5 May',
      '03:00',
      '06:00',
      '09:00',
      '12:00',
    ]);
    expect(labels.filter(({ narrow }) => narrow)).toHaveLength(4);
  });

  test('thins what would not fit', () => {
    const labels = axisLabels(binsFrom('2026-05-01T00:00:00.000Z', 24, 30), 'utc', { wide: 8, narrow: 4 });
    expect(labels).toHaveLength(8);
    expect(thinned([1, 2, 3, 4, 5], 2)).toEqual([1, 4]);
  });
});

describe('the words for a number', () => {
  const traces = { label: 'Traces', unit: 'count', words: ['trace', 'traces'], values: [1, 1204] } as const;
  const p95 = { label: 'p95', unit: 'duration', values: [840, null] } as const;

  test('tell one from many, and what is missing', () => {
    expect(spoken(traces, 0)).toBe('1 trace');
    expect(spoken(traces, 1)).toBe('1,204 traces');
    expect(spoken(p95, 0)).toBe('p95 840 ms');
    expect(spoken(p95, 1)).toBe('no p95');
    expect(cellText(p95, 1)).toBe('–');
  });

  test.each([
    [0, '0'],
    [999, '999'],
    [1000, '1k'],
    [12_345, '12.3k'],
    [999_600, '1M'],
    [4_512_000, '4.51M'],
    [2_000_000_000, '2B'],
  ])('are short: %d is %s', (value, written) => {
    expect(formatCompact(value)).toBe(written);
  });

  test.each([
    [0, 10, '0 %'],
    [1, 5000, '<0.1 %'],
    [3, 42, '7.1 %'],
    [55, 100, '55 %'],
    [9999, 10_000, '>99.9 %'],
    [10, 10, '100 %'],
    [0, 0, '0 %'],
  ])('say %d of %d as %s', (part, whole, written) => {
    expect(formatShare(part, whole)).toBe(written);
  });

  test.each([
    [0, '0'],
    [0.2, '0.2 ms'],
    [500, '500 ms'],
    [1500, '1.5 s'],
    [90_000, '1.5 min'],
    [7_200_000, '2 h'],
  ])('are short at an axis of time: %d is %s', (ms, written) => {
    expect(units.duration.short(ms)).toBe(written);
  });
});
