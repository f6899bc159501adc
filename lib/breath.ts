/** How long one thing may keep the process from everything else, in milliseconds. */
const SLICE_MS = 10;

/**
 * For long computations: awaited now and then between their steps, it lets everything else have its turn once a slice of
 * time is used up, and costs next to nothing before.
 */
export function makeBreath(now: () => number = () => performance.now()): () => Promise<void> | void {
  let since = now();
  return () => {
    if (now() - since < SLICE_MS) return;
    return new Promise((resolve) =>
      setImmediate(() => {
        since = now();
        resolve();
      }),
    );
  };
}
