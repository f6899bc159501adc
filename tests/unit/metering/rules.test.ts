import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addMonths,
  aggregate,
  anchoredMonth,
  bucketOf,
  calendarMonth,
  hoursOf,
  identifierOf,
  includedOf,
  lastPeriods,
  periodAt,
  project,
  type Span,
  toCsv,
  toHour,
  toUsageMonth,
  toValues,
} from '@/lib/metering/rules';
import { historyQuery, metricIds, metrics, recordsQuery } from '@/lib/metering/schema';
import { entitlementsOf } from '@/lib/plans/plans';

const at = (text: string) => new Date(text);
const told = ({ start, end }: Span) => [start.toISOString(), end.toISOString()];

describe('addMonths', () => {
  test.each([
    ['2026-01-31T10:30:00Z', 1, '2026-02-28T10:30:00.000Z'],
    ['2026-01-31T10:30:00Z', 2, '2026-03-31T10:30:00.000Z'],
    ['2026-01-31T10:30:00Z', 3, '2026-04-30T10:30:00.000Z'],
    ['2028-01-31T10:30:00Z', 1, '2028-02-29T10:30:00.000Z'],
    ['2028-02-29T00:00:00Z', 12, '2029-02-28T00:00:00.000Z'],
    ['2028-02-29T00:00:00Z', 48, '2032-02-29T00:00:00.000Z'],
    ['2026-11-30T23:59:59.999Z', 3, '2027-02-28T23:59:59.999Z'],
    ['2026-03-31T00:00:00Z', -1, '2026-02-28T00:00:00.000Z'],
    ['2026-01-15T00:00:00Z', -1, '2025-12-15T00:00:00.000Z'],
    ['2026-12-15T00:00:00Z', 1, '2027-01-15T00:00:00.000Z'],
  ])('of %s by %i is %s', (anchor, months, expected) => {
    expect(addMonths(at(anchor), months).toISOString()).toBe(expected);
  });
});

describe('anchoredMonth', () => {
  test('of the 31st ends on the last day of short months, and on the 31st of long ones', () => {
    const anchor = at('2026-01-31T12:00:00Z');
    expect(told(anchoredMonth(anchor, at('2026-02-28T11:59:59.999Z')))).toEqual([
      '2026-01-31T12:00:00.000Z',
      '2026-02-28T12:00:00.000Z',
    ]);
    expect(told(anchoredMonth(anchor, at('2026-02-28T12:00:00Z')))).toEqual([
      '2026-02-28T12:00:00.000Z',
      '2026-03-31T12:00:00.000Z',
    ]);
    expect(told(anchoredMonth(anchor, at('2025-12-31T12:00:00Z')))).toEqual([
      '2025-12-31T12:00:00.000Z',
      '2026-01-31T12:00:00.000Z',
    ]);
  });

  test('holds the time that was asked for, and follows on the one before, for any anchor', () => {
    const moment = fc.date({
      min: at('2020-01-01T00:00:00Z'),
      max: at('2040-01-01T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moment, moment, (anchor, time) => {
        const { start, end } = anchoredMonth(anchor, time);
        expect(start <= time && time < end).toBe(true);
        const days = (end.getTime() - start.getTime()) / 86_400_000;
        expect(days).toBeGreaterThanOrEqual(28);
        expect(days).toBeLessThanOrEqual(31);
        expect(anchoredMonth(anchor, new Date(start.getTime() - 1)).end).toEqual(start);
        expect(anchoredMonth(anchor, end).start).toEqual(end);
      }),
    );
  });
});

describe('periodAt', () => {
  test('is the calendar month in UTC without a subscription', () => {
    expect(told(periodAt(null, at('2026-02-28T23:59:59.999Z')))).toEqual([
      '2026-02-01T00:00:00.000Z',
      '2026-03-01T00:00:00.000Z',
    ]);
    expect(told(calendarMonth(at('2028-02-29T12:00:00Z')))).toEqual([
      '2028-02-01T00:00:00.000Z',
      '2028-03-01T00:00:00.000Z',
    ]);
    expect(told(calendarMonth(at('2026-12-31T23:00:00Z')))[1]).toBe('2027-01-01T00:00:00.000Z');
  });

  test('knows nothing of daylight saving: an hour is an hour, and a period begins at its UTC moment', () => {
    // Clocks in Europe change on 29 March and 25 October 2026.
    for (const [month, days] of [
      ['2026-03-29T01:30:00Z', 31],
      ['2026-10-25T00:30:00Z', 31],
    ] as const) {
      const { start, end } = periodAt(null, at(month));
      expect(end.getTime() - start.getTime()).toBe(days * 86_400_000);
      expect(bucketOf('day', at(month)).end.getTime() - bucketOf('day', at(month)).start.getTime()).toBe(
        86_400_000,
      );
    }
  });

  const stored = {
    periodStart: at('2026-02-28T09:15:00Z'),
    periodEnd: at('2026-03-31T09:15:00Z'),
    anchor: at('2026-01-31T09:15:00Z'),
  };

  test('is the subscription’s as it is stored', () => {
    expect(told(periodAt(stored, at('2026-03-01T00:00:00Z')))).toEqual([
      '2026-02-28T09:15:00.000Z',
      '2026-03-31T09:15:00.000Z',
    ]);
  });

  test('goes on by the anchor when the next one is not stored yet', () => {
    expect(told(periodAt(stored, at('2026-03-31T09:15:00Z')))).toEqual([
      '2026-03-31T09:15:00.000Z',
      '2026-04-30T09:15:00.000Z',
    ]);
    expect(told(periodAt({ ...stored, anchor: null }, at('2026-03-31T09:15:00Z')))).toEqual([
      '2026-03-28T09:15:00.000Z',
      '2026-04-28T09:15:00.000Z',
    ]);
  });
});

describe('lastPeriods', () => {
  test('go back without a gap, the newest first', () => {
    const stored = {
      periodStart: at('2026-03-31T09:15:00Z'),
      periodEnd: at('2026-04-30T09:15:00Z'),
      anchor: at('2025-08-31T09:15:00Z'),
    };
    const periods = lastPeriods(stored, at('2026-04-02T00:00:00Z'), 4);
    expect(periods.map(({ start }) => start.toISOString().slice(0, 10))).toEqual([
      '2026-03-31',
      '2026-02-28',
      '2026-01-31',
      '2025-12-31',
    ]);
    for (const [index, period] of periods.entries())
      if (index > 0) expect(period.end).toEqual(periods[index - 1]?.start);
    expect(lastPeriods(null, at('2026-01-15T00:00:00Z'), 2).map(told)).toEqual([
      ['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'],
      ['2025-12-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'],
    ]);
  });
});

describe('hoursOf', () => {
  test('gives each hour to the period in which it begins, and none to two', () => {
    const first = hoursOf({ start: at('2026-01-31T09:15:00Z'), end: at('2026-02-28T09:15:00Z') });
    const second = hoursOf({ start: at('2026-02-28T09:15:00Z'), end: at('2026-03-31T09:15:00Z') });
    expect(told(first)).toEqual(['2026-01-31T10:00:00.000Z', '2026-02-28T10:00:00.000Z']);
    expect(second.start).toEqual(first.end);
    expect(told(hoursOf(calendarMonth(at('2026-02-10T00:00:00Z'))))).toEqual([
      '2026-02-01T00:00:00.000Z',
      '2026-03-01T00:00:00.000Z',
    ]);
  });
});

describe('aggregate', () => {
  test('adds counters up, and takes the peak of gauges', () => {
    expect(aggregate('trace.count', [1, 2, 3])).toBe(6);
    expect(aggregate('seat.count', [1, 3, 2])).toBe(3);
    expect(aggregate('storage.bytes', [])).toBe(0);
  });
});

describe('project', () => {
  const month = calendarMonth(at('2026-04-10T00:00:00Z'));
  test('goes on as it has so far', () => {
    expect(project('trace.count', 100, month, at('2026-04-11T00:00:00Z'))).toBe(300);
    expect(project('seat.count', 7, month, at('2026-04-11T00:00:00Z'))).toBe(7);
  });
  test('says no more than is there in the first hour, and when the period is over', () => {
    expect(project('trace.count', 100, month, at('2026-04-01T00:10:00Z'))).toBe(100);
    expect(project('trace.count', 100, month, month.end)).toBe(100);
  });
});

describe('includedOf', () => {
  test('is what the plan says, and null where it says nothing', () => {
    expect(includedOf('trace.count', entitlementsOf('starter', { confirmed: true }))).toBe(10_000);
    expect(includedOf('seat.count', entitlementsOf('pro', { confirmed: true }))).toBe(5);
    expect(includedOf('api.requests', entitlementsOf('pro', { confirmed: true }))).toBeNull();
    expect(includedOf('trace.count', entitlementsOf('enterprise', { confirmed: true }))).toBeNull();
  });
});

describe('identifierOf', () => {
  test('names metric, tenant, hour and revision, in at most 100 characters', () => {
    const tenant = 'f47ac10b-58cc-4372-a567-0e02b2c3d479';
    expect(identifierOf('trace.count', tenant, at('2026-01-05T09:00:00Z'), 2)).toBe(
      `trace.count:${tenant}:2026-01-05T09:r2`,
    );
    for (const metric of metricIds)
      expect(identifierOf(metric, tenant, toHour(new Date()), 999_999).length).toBeLessThanOrEqual(100);
  });
});

describe('metrics', () => {
  test('bill by use only what adds up', () => {
    for (const id of metricIds) if (metrics[id].billed === 'usage') expect(metrics[id].kind).toBe('counter');
  });
});

describe('toUsageMonth', () => {
  test('speaks as the predecessor did', () => {
    const values = toValues({ 'trace.count': 3, 'storage.bytes': 1_234_567 });
    expect(toUsageMonth(calendarMonth(at('2026-01-05T09:00:00Z')), values)).toEqual({
      period_start: '2026-01-01T00:00:00.000Z',
      period_end: '2026-02-01T00:00:00.000Z',
      trace_count: 3,
      seat_count: 0,
      api_requests: 0,
      storage_mb: 1.235,
      total_tokens_in: 0,
      total_tokens_out: 0,
      evaluation_count: 0,
    });
  });
});

describe('toCsv', () => {
  test('has a line of names and one for each record', () => {
    const record = {
      ...{ metric: 'trace.count' as const, from: '2026-01-01T00:00:00.000Z', to: '2026-01-01T01:00:00.000Z' },
      ...{ value: 5, revision: 1, is_open: false },
    } as const;
    expect(toCsv([record])).toBe(
      'metric,from,to,value,revision,is_open\r\ntrace.count,2026-01-01T00:00:00.000Z,2026-01-01T01:00:00.000Z,5,1,false\r\n',
    );
  });
});

describe('queries', () => {
  test('name what they expect', () => {
    const issues = (result: { error?: { issues: { path: PropertyKey[]; message: string }[] } }) =>
      result.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    expect(issues(historyQuery.safeParse({ months: '13' }))).toEqual([
      'months: expected a whole number from 1 to 12',
    ]);
    expect(historyQuery.parse({})).toEqual({ months: 12 });
    expect(issues(recordsQuery.safeParse({ metric: 'x' }))?.[0]).toMatch(
      /^metric: expected one of trace\.count/,
    );
    expect(
      issues(recordsQuery.safeParse({ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' })),
    ).toEqual(['from: expected a time before `to`']);
    expect(
      issues(recordsQuery.safeParse({ from: '2025-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' })),
    ).toEqual(['from: expected at most 92 days by hour']);
  });
});
