/** The value below which `share` (0 to 1) of the values lie. NaN when there is none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]) => percentile(values, 0.5);

/** How long `work` takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Milliseconds for a table. */
export function ms(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}

/** How many times the baseline a value is. */
export const ratio = (value: number, baseline: number) => `${(value / baseline).toFixed(2)}×`;

/** A whole number for a table. */
export const count = (value: number) => value.toLocaleString('en-US');
