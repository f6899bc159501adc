import { trafficLights } from '@/lib/traces/schema';
import { type Lights, type Overview, type Period, periods, type Totals, type WireTimeseries } from './schema';

/**
 * Latencies are kept as counts in buckets whose bounds grow by this factor, so that hours can be added up and any
 * quantile is within (γ−1)/(γ+1) ≈ 2.4 % of the true one (Masson, Rim, Lee: "DDSketch", VLDB 2019).
 */
export const LATENCY_GAMMA = 1.05;

const HOUR_MS = 3_600_000;

/** Counts by bucket number: bucket i holds latencies in (γ^(i−1), γ^i] milliseconds; below 1 ms is bucket 0. */
export type LatencyCounts = Record<string, number>;

/** What one bar and model come to, rolled up or counted live. `at` lies within the bar. */
export type BinRow = {
  at: Date;
  model: string;
  traceCount: number;
  errorCount: number;
  tokensIn: number;
  tokensOut: number;
  lights: Lights;
  /** Of each of its hours and projects. */
  latencies: readonly LatencyCounts[];
};

/** Buckets that are told apart: the last one holds all from 4.7e21 ms on. */
const BUCKETS = 1_024;

/**
 * The latency below which a share `q` (0 to 1) of the counted ones lies, in milliseconds, of counts by bucket number; null when
 * there is none.
 */
export function quantile(counts: ArrayLike<number>, q: number): number | null {
  let total = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) total += counts[bucket] ?? 0;
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    seen += counts[bucket] ?? 0;
    if (seen >= rank) return bucket <= 0 ? 1 : (2 * LATENCY_GAMMA ** bucket) / (LATENCY_GAMMA + 1);
  }
  return null;
}

/** The bounds of a period that ends with the bar in which `now` lies. Bars are aligned to UTC midnight. */
export function periodBounds(period: Period, now: Date): { from: Date; to: Date; binMs: number } {
  const { hours, binHours } = periods[period];
  const binMs = binHours * HOUR_MS;
  const to = (Math.floor(now.getTime() / binMs) + 1) * binMs;
  return { from: new Date(to - hours * HOUR_MS), to: new Date(to), binMs };
}

/** Adds rows up to an overview. Those outside of the period are left out; bars without traces are there, with zeros. */
export function toOverview(period: Period, now: Date, rows: readonly BinRow[]): Overview {
  const { from, to, binMs } = periodBounds(period, now);
  const bins = Array.from({ length: (to.getTime() - from.getTime()) / binMs }, () => new Sum());
  const models = new Map<string, Sum>();
  const all = new Sum();
  for (const row of rows) {
    const bin = bins[Math.floor((row.at.getTime() - from.getTime()) / binMs)];
    if (!bin) continue;
    const model = models.get(row.model) ?? new Sum();
    models.set(row.model, model);
    const part = toSum(row); // read once, and added up in all three
    for (const sum of [bin, model, all]) sum.add(part);
  }
  return {
    period,
    from: from.toISOString(),
    to: to.toISOString(),
    totals: all.totals(),
    bins: bins.map((sum, index) => ({
      from: new Date(from.getTime() + index * binMs).toISOString(),
      to: new Date(from.getTime() + (index + 1) * binMs).toISOString(),
      ...sum.totals(),
    })),
    models: [...models]
      .map(([model, sum]) => ({ model: model || null, ...sum.totals() }))
      .sort((a, b) => b.traces - a.traces || ((a.model ?? '') < (b.model ?? '') ? -1 : 1)),
  };
}

function toSum({ traceCount, errorCount, tokensIn, tokensOut, lights, latencies }: BinRow): Sum {
  const counts = new Float64Array(BUCKETS);
  for (const part of latencies)
    for (const name in part) {
      const bucket = Math.min(BUCKETS - 1, Math.max(0, Number(name)));
      counts[bucket] = (counts[bucket] ?? 0) + (part[name] ?? 0);
    }
  return new Sum(traceCount, errorCount, tokensIn, tokensOut, lights, counts);
}

class Sum {
  constructor(
    private traces = 0,
    private errors = 0,
    private tokensIn = 0,
    private tokensOut = 0,
    private readonly lights: Lights = { green: 0, amber: 0, red: 0 },
    private readonly latencies = new Float64Array(BUCKETS),
  ) {}

  add(other: Sum): void {
    this.traces += other.traces;
    this.errors += other.errors;
    this.tokensIn += other.tokensIn;
    this.tokensOut += other.tokensOut;
    for (const light of trafficLights) this.lights[light] += other.lights[light];
    for (let bucket = 0; bucket < BUCKETS; bucket++)
      this.latencies[bucket] = (this.latencies[bucket] ?? 0) + (other.latencies[bucket] ?? 0);
  }

  totals(): Totals {
    const { traces, errors, tokensIn, tokensOut, lights } = this;
    return {
      traces,
      errors,
      tokensIn,
      tokensOut,
      lights,
      p50: quantile(this.latencies, 0.5),
      p95: quantile(this.latencies, 0.95),
    };
  }
}

/** The last `hours` hours, the one of `now` last, each as its row says and with zeros where there is none. */
export function toTimeseries(
  rows: readonly WireTimeseries['timeseries'][number][],
  hours: number,
  now: Date,
): WireTimeseries['timeseries'] {
  const byHour = new Map(rows.map((row) => [row.hour, row]));
  const current = Math.floor(now.getTime() / HOUR_MS);
  return Array.from({ length: hours }, (_, index) => {
    const hour = new Date((current - hours + 1 + index) * HOUR_MS).toISOString();
    const nothing = { trace_count: 0, error_count: 0, avg_latency_ms: null, avg_score: null };
    return byHour.get(hour) ?? { hour, ...nothing, green: 0, amber: 0, red: 0 };
  });
}
