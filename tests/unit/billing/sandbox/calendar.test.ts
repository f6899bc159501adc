import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addIntervals, periodAt } from '@/lib/billing/sandbox/calendar';

const at = (text: string) => Date.parse(text) / 1_000;

describe('addIntervals', () => {
  test.each([
    ['2027-01-31T10:20:30Z', 1, '2027-02-28T10:20:30Z'],
    ['2027-01-31T10:20:30Z', 2, '2027-03-31T10:20:30Z'],
    ['2028-01-31T10:20:30Z', 1, '2028-02-29T10:20:30Z'],
    ['2027-12-15T00:00:00Z', 1, '2028-01-15T00:00:00Z'],
  ])('goes from %s %i months on to %s', (from, months, to) => {
    expect(addIntervals(at(from), 'month', months)).toBe(at(to));
  });

  test('knows days, weeks and leap years', () => {
    expect(addIntervals(at('2027-03-27T12:00:00Z'), 'day', 3)).toBe(at('2027-03-30T12:00:00Z'));
    expect(addIntervals(at('2027-03-27T12:00:00Z'), 'week', 1)).toBe(at('2027-04-03T12:00:00Z'));
    expect(addIntervals(at('2028-02-29T12:00:00Z'), 'year', 1)).toBe(at('2029-02-28T12:00:00Z'));
  });
});

describe('periodAt', () => {
  test('holds the moment, and the next one begins where it ends', () => {
    const interval = fc.constantFrom('day', 'week', 'month', 'year');
    const anchor = fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2032-12-31T00:00:00Z') });
    fc.assert(
      fc.property(
        anchor,
        interval,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 200_000_000 }),
        (start, kind, count, later) => {
          const period = periodAt(start, kind, count, start + later);
          expect(period.start).toBeLessThanOrEqual(start + later);
          expect(period.end).toBeGreaterThan(start + later);
          expect(periodAt(start, kind, count, period.end).start).toBe(period.end);
        },
      ),
    );
  });
});
