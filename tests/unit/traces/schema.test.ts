import { describe, expect, test } from 'vitest';
import { parseTimestamp, traceFilterSchema, traceListQuery } from '@/lib/traces/schema';

describe('parseTimestamp', () => {
  const iso = (value: number | string) => parseTimestamp(value)?.toISOString() ?? null;

  test.each([
    [0, '1970-01-01T00:00:00.000Z'],
    [1_700_000_000, '2023-11-14T22:13:20.000Z'],
    [1_700_000_000.5, '2023-11-14T22:13:20.500Z'],
    [253_402_300_799, '9999-12-31T23:59:59.000Z'],
    [253_402_300_799.999, '9999-12-31T23:59:59.999Z'],
    ['2026-01-02', '2026-01-02T00:00:00.000Z'],
    ['2026-01-02T03:04Z', '2026-01-02T03:04:00.000Z'],
    ['2026-01-02T03:04:05', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05.678901', '2026-01-02T03:04:05.678Z'],
    ['2026-01-02 03:04:05', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05+00:00', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05.5+05:30', '2026-01-01T21:34:05.500Z'],
    ['2026-01-02T03:04:05-0800', '2026-01-02T11:04:05.000Z'],
    ['2026-01-02t03:04:05z', '2026-01-02T03:04:05.000Z'],
    [' 2026-01-02T03:04:05Z ', '2026-01-02T03:04:05.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('reads %j', (value, expected) => expect(iso(value)).toBe(expected));

  test.each([
    -1,
    -0.001,
    253_402_300_800,
    1_700_000_000_000, // milliseconds by mistake: the year 55841
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e300,
    '',
    'now',
    '1700000000x',
    '2026-13-01',
    '2026-01-32',
    '2026-01-02T25:00:00Z',
    '2026-01-02T03:04:05+99:00',
    '10000-01-01T00:00:00Z',
    '+010000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-01:00', // the year 10000 in UTC
    '1969-12-31T23:59:59Z',
    '0000-01-01',
    '-000001-01-01',
    'Fri, 02 Jan 2026 03:04:05 GMT',
    '01/02/2026',
  ])('answers %j with null', (value) => expect(parseTimestamp(value)).toBeNull());
});

describe('traceListQuery', () => {
  test('has the first page of 20 without a query', () => {
    expect(traceListQuery.parse({})).toEqual({ page: 1, size: 20, sort: 'newest' });
  });

  test('reads what stands in an address', () => {
    expect(
      traceListQuery.parse({
        page: '2',
        size: '100',
        model_name: 'm',
        traffic_light: 'red',
        start_date: '2026-01-01',
        end_date: '2026-01-02T00:00:00Z',
        has_error: 'true',
        other: 'x',
      }),
    ).toEqual({
      page: 2,
      size: 100,
      sort: 'newest',
      model_name: 'm',
      traffic_light: 'red',
      start_date: new Date('2026-01-01'),
      end_date: new Date('2026-01-02'),
      has_error: true,
    });
    expect(traceListQuery.parse({ has_error: '0' })).toMatchObject({ has_error: false });
  });

  test.each([
    { page: '0' },
    { page: '-1' },
    { page: '1.5' },
    { page: 'x' },
    { page: '1e9' },
    { size: '0' },
    { size: '101' },
    { traffic_light: 'blue' },
    { start_date: 'yesterday' },
    { end_date: '10000-01-01' },
    { has_error: 'maybe' },
    { model_name: 'x'.repeat(201) },
  ])('refuses %j', (query) => {
    const [name] = Object.keys(query);
    expect(traceListQuery.safeParse(query).error?.issues.map((issue) => issue.path[0])).toEqual([name]);
  });
});

describe('traceFilterSchema', () => {
  test('takes what it cannot read for no filter', () => {
    for (const broken of [
      { model: ['a', 'b'], error: ['only'], cursor: ['x'] },
      { model: '', error: 'all', cursor: 'x'.repeat(501) },
      { model: 'x'.repeat(201) },
    ])
      expect(traceFilterSchema.parse(broken)).toEqual({});
  });

  test('reads a filter', () => {
    const filter = { model: 'gpt', error: 'only', cursor: 'abc' };
    expect(traceFilterSchema.parse({ ...filter, page: '7' })).toEqual(filter);
  });
});
