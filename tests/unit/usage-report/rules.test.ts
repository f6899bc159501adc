import { describe, expect, test } from 'vitest';
import { formatBytes } from '@/components/data/format';
import { formatMetric, periodName, utcDay, utcMoment } from '@/components/usage/metric-format';
import { csvHref, explainHref, usageHref } from '@/components/usage/usage-href';
import type { UsageRecord } from '@/lib/metering/schema';
import { dayOf, toBreakdown, toDays, toHoursOf } from '@/lib/workflows/usage-report/rules';
import { usageFilter } from '@/lib/workflows/usage-report/schema';

const at = (text: string) => new Date(text);
const hour = (from: string, value: number, isOpen = false): UsageRecord => ({
  metric: 'trace.count',
  ...{ from, to: new Date(Date.parse(from) + 3_600_000).toISOString() },
  ...{ value, revision: isOpen ? 0 : 1, is_open: isOpen },
});
const november = { start: at('2026-11-01T00:00:00Z'), end: at('2026-12-01T00:00:00Z') };

describe('toDays', () => {
  test('is an unbroken row of the period’s days, with what is still open told apart', () => {
    const records = [
      hour('2026-11-01T00:00:00.000Z', 2),
      hour('2026-11-01T23:00:00.000Z', 3),
      hour('2026-11-03T05:00:00.000Z', 7, true),
    ];
    const days = toDays('trace.count', records, november, at('2026-11-03T05:30:00Z'));
    expect(days).toHaveLength(30);
    expect(days.slice(0, 4).map(({ value, isOpen }) => [value, isOpen])).toEqual([
      [5, false],
      [0, false],
      [7, true],
      [0, true],
    ]);
    expect(days.at(-1)).toMatchObject({ from: '2026-11-30T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' });
  });

  test('holds of the first and the last day what belongs to the period', () => {
    const period = { start: at('2026-11-15T13:27:00Z'), end: at('2026-11-17T13:27:00Z') };
    const records = ['2026-11-15T13', '2026-11-15T14', '2026-11-17T13', '2026-11-17T14'].map((name) =>
      hour(`${name}:00:00.000Z`, 1),
    );
    const days = toDays('trace.count', records, period, at('2026-12-01T00:00:00Z'));
    // An hour belongs to the period in which it begins: that of 13:00 on the 15th to the one before.
    expect(days.map(({ from, to, value }) => [from.slice(5, 13), to.slice(5, 13), value])).toEqual([
      ['11-15T14', '11-16T00', 1],
      ['11-16T00', '11-17T00', 0],
      ['11-17T00', '11-17T14', 1],
    ]);
  });

  test('takes the peak of a gauge', () => {
    const records = [3, 5, 4].map((value, index) => ({
      ...hour(`2026-11-02T0${index}:00:00.000Z`, value),
      metric: 'seat.count' as const,
    }));
    expect(toDays('seat.count', records, november, november.end)[1]?.value).toBe(5);
  });
});

describe('toHoursOf', () => {
  test('is the day’s 24 hours, as far as the period holds them', () => {
    const records = [hour('2026-11-03T05:00:00.000Z', 7), hour('2026-11-04T00:00:00.000Z', 9)];
    const now = at('2026-11-10T00:00:00Z');
    const hours = toHoursOf('trace.count', records, { day: '2026-11-03', period: november, now });
    expect(hours).toHaveLength(24);
    expect(hours.filter(({ value }) => value > 0).map(({ from, value }) => [from, value])).toEqual([
      ['2026-11-03T05:00:00.000Z', 7],
    ]);
    const short = { start: at('2026-11-03T13:27:00Z'), end: november.end };
    expect(toHoursOf('trace.count', records, { day: '2026-11-03', period: short, now })).toHaveLength(10);
  });
});

describe('dayOf', () => {
  const now = at('2026-11-03T05:30:00Z');
  const days = toDays('trace.count', [], november, now);
  test.each([
    ['2026-11-02', '2026-11-02'],
    [undefined, '2026-11-03'],
    ['2026-10-31', '2026-11-03'],
  ])('of %s is %s', (asked, day) => {
    expect(dayOf(asked, days, now)).toBe(day);
  });
});

describe('toBreakdown', () => {
  test('says what the others come to beside the largest', () => {
    const largest = [24, 23].map((value) => ({ id: `${value}`, name: null, value }));
    expect(toBreakdown(largest, 50)).toEqual({ parts: largest, others: 3, total: 50 });
    expect(toBreakdown([], 0)).toEqual({ parts: [], others: 0, total: 0 });
  });
});

describe('the page’s address', () => {
  test('says what is shown, and is read again', () => {
    const href = usageHref({ metric: 'tokens.in', period: '2026-10-01T00:00:00.000Z', day: '2026-10-02' });
    const query = Object.fromEntries(new URL(href, 'http://x').searchParams);
    expect(usageFilter.parse(query)).toEqual({
      ...{ metric: 'tokens.in', period: '2026-10-01T00:00:00.000Z', day: '2026-10-02' },
    });
    expect(explainHref('trace.count', '2026-10-02T05:00:00.000Z')).toBe(
      '/usage/explain?metric=trace.count&hour=2026-10-02T05%3A00%3A00.000Z',
    );
    const range = { from: '2026-10-01T00:00:00.000Z', to: '2026-11-01T00:00:00.000Z' };
    expect(csvHref({ metric: 'tokens.in', ...range, granularity: 'day' })).toContain('format=csv');
  });

  test('that cannot be read shows the traces of today', () => {
    expect(usageFilter.parse({ metric: 'coffee', period: 'then', day: ['x'] })).toEqual({
      ...{ metric: 'trace.count', period: undefined, day: undefined },
    });
  });
});

describe('numbers and times', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1 kB'],
    [12_345_678, '12.3 MB'],
    [999_600, '1 MB'],
    [2e12, '2 TB'],
    [-5_000, '-5 kB'],
  ])('write %d bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test('are written as the metric is read', () => {
    expect(formatMetric('trace.count', 12_345)).toBe('12,345');
    expect(formatMetric('tokens.in', 48_123_456)).toBe('48.1M');
    expect(formatMetric('storage.bytes', 1_020_304_050)).toBe('1.02 GB');
  });

  test('are those of UTC, whoever reads', () => {
    expect(utcMoment('2026-12-01T00:00:00.000Z')).toBe('1 Dec 2026 00:00 UTC');
    expect(utcDay('2026-12-01T00:00:00.000Z')).toBe('1 Dec 2026');
    expect(periodName('2026-11-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z')).toBe('Nov 2026');
    expect(periodName('2026-11-15T13:27:00.000Z', '2026-12-15T13:27:00.000Z')).toBe(
      '15 Nov 2026 13:27 – 15 Dec 2026 13:27',
    );
  });
});
