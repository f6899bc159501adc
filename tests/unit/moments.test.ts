import { describe, expect, test } from 'vitest';
import { deliveryQuery } from '@/lib/deliveries/schema';
import { explainQuery, recordsQuery } from '@/lib/metering/schema';
import { isExactMoment } from '@/lib/moments';
import { decodeCursor, encodeCursor } from '@/lib/workflows/audit-log/rules';
import { jobQuery, jobSearch } from '@/lib/workflows/operator-jobs/schema';
import { decodeTenantCursor, encodeTenantCursor } from '@/lib/workflows/tenant-directory/rules';
import { tenantListQuery, tenantSearch } from '@/lib/workflows/tenant-directory/schema';

/** Times that ISO 8601 can write and the database, or a query of ours, cannot hold. */
const impossible = [
  '0000-01-01T00:00:00Z',
  '1969-12-31T23:59:59Z',
  '9999-12-31T23:59:59Z',
  '9999-12-31T23:59:59-14:00',
];

describe('a time in a query', () => {
  const queries = {
    'usage/explain hour': (at: string) => explainQuery.safeParse({ metric: 'trace.count', hour: at }),
    'usage/records from': (at: string) => recordsQuery.safeParse({ from: at, to: at, granularity: 'month' }),
    'usage/records to': (at: string) => recordsQuery.safeParse({ to: at }),
    'deliveries to': (at: string) => deliveryQuery.safeParse({ to: at }),
    'admin/jobs before': (at: string) => jobQuery.safeParse({ before: at }),
  };
  for (const [name, parse] of Object.entries(queries))
    test.each(impossible)(`${name} names the years that there are, for %s`, (at) => {
      expect(parse(at).error?.issues.map(({ message }) => message)).toContain(
        'expected a time in the years 1970 to 9998',
      );
    });

  test('is any other, whatever its offset', () => {
    for (const to of ['2026-02-28T23:00:00Z', '2026-03-01T04:30:00+05:30', '9998-12-31T23:59:59Z'])
      expect(recordsQuery.safeParse({ to }).success, to).toBe(true);
  });
});

describe('a day in a query', () => {
  test.each(['0000-01-01', '9999-01-01', '2026-02-30'])('is one that there is, and not %s', (day) => {
    expect(tenantListQuery.safeParse({ from: day }).success).toBe(false);
    expect(tenantSearch.parse({ to: day }).to).toBeUndefined();
  });
});

test('what cannot be read in an address bar is left out', () => {
  for (const before of impossible) expect(jobSearch.parse({ before }).before).toBeUndefined();
});

describe('a time in a cursor', () => {
  const id = '0b8f1a2c-1111-4222-8333-444455556666';
  test.each([
    '2026-02-30T12:00:00.000000Z',
    '0000-01-01T00:00:00.000000Z',
    '2026-01-31T24:00:00.000000Z',
    '2026-01-31T12:00:00Z',
  ])('is one of ours: %s means the first page', (at) => {
    expect(isExactMoment(at)).toBe(false);
    expect(decodeTenantCursor(encodeTenantCursor({ at, id }))).toBeNull();
    expect(decodeCursor(encodeCursor({ at, id: '1' }))).toBeNull();
  });

  test('comes back to the microsecond', () => {
    const at = '2026-02-28T12:00:00.123456Z';
    expect(decodeTenantCursor(encodeTenantCursor({ at, id }))).toEqual({ at, id });
    expect(decodeCursor(encodeCursor({ at, id: '1' }))).toEqual({ at, id: '1' });
  });
});
