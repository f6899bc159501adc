import { expect, test } from 'vitest';
import { ago } from '@/components/data/relative-time';

const now = Date.parse('2026-03-01T12:00:00Z');
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

test.each([
  [-5_000, 'just now'], // a clock that is ahead
  [0, 'just now'],
  [minute - 1, 'just now'],
  [minute, '1 minute ago'],
  [2 * minute, '2 minutes ago'],
  [hour, '1 hour ago'],
  [day - 1, '23 hours ago'],
  [day, '1 day ago'],
  [29 * day, '29 days ago'],
  [30 * day, null], // the date says more
])('%i ms ago is "%s"', (age, words) => {
  expect(ago(now - age, now)).toBe(words);
});
