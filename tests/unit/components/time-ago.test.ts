import { expect, test } from 'vitest';
import { describeAge } from '@/components/data/time-ago';

test.each([
  [0, 'just now'],
  [59, 'just now'],
  [-30, 'just now'],
  [60, '1 minute ago'],
  [3_599, '59 minutes ago'],
  [3_600, '1 hour ago'],
  [86_400, '1 day ago'],
  [29 * 86_400, '29 days ago'],
  [30 * 86_400, '1 month ago'],
  [364 * 86_400, '12 months ago'],
  [800 * 86_400, '2 years ago'],
])('%d seconds ago reads "%s"', (seconds, words) => {
  const now = Date.parse('2026-06-01T00:00:00Z');
  expect(describeAge(new Date(now - seconds * 1_000).toISOString(), now)).toBe(words);
});
