export type Interval = 'day' | 'week' | 'month' | 'year';

/**
 * The moment `count` intervals after an anchor, in UTC. Months end on the anchor's day or, where there is none, on their
 * last: from January 31 it goes to February 28 and on to March 31. Times are in seconds since 1970.
 */
export function addIntervals(anchor: number, interval: Interval, count: number): number {
  if (interval === 'day' || interval === 'week')
    return anchor + count * (interval === 'day' ? 1 : 7) * 86_400;
  const from = new Date(anchor * 1_000);
  const months = from.getUTCMonth() + count * (interval === 'year' ? 12 : 1);
  const lastDay = new Date(Date.UTC(from.getUTCFullYear(), months + 1, 0)).getUTCDate();
  const time = (anchor * 1_000) % 86_400_000;
  return (Date.UTC(from.getUTCFullYear(), months, Math.min(from.getUTCDate(), lastDay)) + time) / 1_000;
}

/** The period of the cycle that starts at `anchor` in which `moment` lies; the end belongs to the next one. */
export function periodAt(
  anchor: number,
  interval: Interval,
  intervalCount: number,
  moment: number,
): { start: number; end: number } {
  const length = addIntervals(0, interval, intervalCount);
  // An estimate that is never too late, since no period is shorter than 28/31 of the first month's length or a leap day.
  let index = Math.max(0, Math.floor(((moment - anchor) / length) * 0.9) - 1);
  while (addIntervals(anchor, interval, intervalCount * (index + 1)) <= moment) index++;
  return {
    start: addIntervals(anchor, interval, intervalCount * index),
    end: addIntervals(anchor, interval, intervalCount * (index + 1)),
  };
}
