const SECONDS = 10;

/** Requests of a stretch of 10 s as a rate: one decimal where it is small. "0", "0.4", "12.5", "187". */
export function formatRate(requests: number): string {
  const rate = requests / SECONDS;
  return rate >= 100 ? String(Math.round(rate)) : String(Number(rate.toFixed(1)));
}
