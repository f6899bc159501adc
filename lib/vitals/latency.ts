/**
 * Upper ends of the buckets in which the times of answers are counted, in milliseconds; the last bucket has none. The same
 * for all routes and processes, so that counts add up.
 */
export const LATENCY_BOUNDS = [
  1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000,
] as const;
export const LATENCY_BUCKETS = LATENCY_BOUNDS.length + 1;

/** The bucket of a time in milliseconds. */
export function latencyBucket(ms: number): number {
  const found = LATENCY_BOUNDS.findIndex((bound) => ms <= bound);
  return found === -1 ? LATENCY_BOUNDS.length : found;
}

/**
 * The time, in milliseconds, that a share of the answers did not take longer than, evenly within its bucket; null where
 * nothing was counted. What is in the last bucket counts as its beginning.
 */
export function latencyQuantile(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const wanted = share * total;
  let below = 0;
  for (const [bucket, count] of counts.entries()) {
    if (count > 0 && below + count >= wanted) {
      const from = LATENCY_BOUNDS[bucket - 1] ?? 0;
      const to = LATENCY_BOUNDS[bucket] ?? from;
      return from + (to - from) * Math.max(0, Math.min(1, (wanted - below) / count));
    }
    below += count;
  }
  return LATENCY_BOUNDS.at(-1) ?? null;
}
