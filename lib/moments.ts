import { z } from 'zod';

/**
 * Times that a query may name: PostgreSQL knows no year 0, and of the last year of four digits the month after the last
 * would have five.
 */
const EARLIEST = Date.UTC(1970, 0, 1);
const LATEST = Date.UTC(9999, 0, 1);

function isWithin(text: string): boolean {
  const time = Date.parse(text);
  return time >= EARLIEST && time < LATEST;
}

/** A time in a query: ISO 8601 with its offset. The console's links and the API share it. */
export const momentSchema = z.iso
  .datetime({ offset: true, abort: true, error: 'expected an ISO 8601 time such as 2026-11-01T00:00:00Z' })
  .refine(isWithin, 'expected a time in the years 1970 to 9998');

/** A day in a query, such as 2026-01-31. */
export const daySchema = z.iso
  .date({ abort: true, error: 'expected a day such as 2026-01-31' })
  .refine(isWithin, 'expected a day in the years 1970 to 9998');

const MICROSECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/**
 * Whether a text out of a cursor is a time to the microsecond, as our queries write it, on a day that the calendar has, as
 * the database will check: JavaScript counts on from one that it has not.
 */
export function isExactMoment(text: string): boolean {
  if (!MICROSECONDS.test(text) || !isWithin(text)) return false;
  return new Date(Date.parse(text)).toISOString().slice(0, 19) === text.slice(0, 19);
}
