/** The width of a stretch of the chart, in milliseconds, and how many it shows: a quarter of an hour. */
export const STRETCH_MS = 10_000;
export const STRETCHES = 90;
const HOUR_MS = 3_600_000;
/** Hours of refusals that the page shows. */
export const HOURS = 24;
/** Limited in more than this many stretches of an hour is more than a minute of it. */
export const NOTICE_STRETCHES = 6;

type Counted = { at: Date; admitted: number; limited: number };
export type Stretch = { from: string; to: string; admitted: number; limited: number };

/**
 * Counts as an unbroken row of stretches that ends before the one under way, whose count is not whole yet. What was not
 * counted is zero.
 */
export function toStretches(
  counted: readonly Counted[],
  { widthMs, count, now }: { widthMs: number; count: number; now: number },
): Stretch[] {
  const end = Math.floor(now / widthMs) * widthMs;
  const sums = new Map<number, { admitted: number; limited: number }>();
  for (const { at, admitted, limited } of counted) {
    const sum = sums.get(at.getTime()) ?? { admitted: 0, limited: 0 };
    sums.set(at.getTime(), { admitted: sum.admitted + admitted, limited: sum.limited + limited });
  }
  return Array.from({ length: count }, (_, index) => {
    const from = end - (count - index) * widthMs;
    return {
      from: new Date(from).toISOString(),
      to: new Date(from + widthMs).toISOString(),
      ...(sums.get(from) ?? { admitted: 0, limited: 0 }),
    };
  });
}

/** The last hours, the one under way included: a refusal shows at once. */
export function toHours(counted: readonly Counted[], now: number): Stretch[] {
  return toStretches(counted, { widthMs: HOUR_MS, count: HOURS, now: now + HOUR_MS });
}
