const HOUR_MS = 3_600_000;

/** Stripe takes no report that is older, in days; ours are given up a little earlier. */
export const MAX_AGE_DAYS = 34;
/** Stripe remembers an identifier for a day at least: an outcome that is unknown for longer is looked up. */
export const UNKNOWN_MS = 20 * HOUR_MS;

/** A stretch of time in which a tenant subscribed; `until` null is still. */
export type Subscribed = { from: Date; until: Date | null };

/** Whether an hour is reported: those that begin while there is a subscription. */
export function isReported(hour: Date, subscribed: readonly Subscribed[]): boolean {
  return subscribed.some(({ from, until }) => from <= hour && (until === null || hour < until));
}

/** In how many milliseconds a report is tried again after so many attempts: 5 s, 10 s, … half an hour at the most. */
export function retryDelay(attempts: number): number {
  return Math.min(1_800_000, 5_000 * 2 ** Math.min(attempts, 10));
}

/** Whether Stripe refuses a report because it has it already: what was sent before had arrived. */
export function isKnownAlready(refusal: { message: string; code: string | null }): boolean {
  return /already exists with identifier/i.test(refusal.message) || refusal.code === 'duplicate_meter_event';
}

/** What became of a report whose answer was lost a day ago, by what Stripe counts of its hour. */
export function verdictOn(
  counted: number,
  delivered: number,
  delta: number,
): 'delivered' | 'missing' | 'unclear' {
  if (counted === delivered + delta) return 'delivered';
  return counted === delivered ? 'missing' : 'unclear';
}
