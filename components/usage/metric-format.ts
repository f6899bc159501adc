import { formatMoment } from '@/components/charts/time-labels';
import { formatCompact, type Unit } from '@/components/charts/units';
import { formatBytes, formatCount } from '@/components/data/format';
import { type MetricId, metrics } from '@/lib/metering/schema';

/** From here on a number is written short, with the whole of it on hover. */
const SHORT_FROM = 10_000_000;

/** How charts write a metric's values. */
export function unitOf(metric: MetricId): Unit {
  return metrics[metric].format === 'bytes' ? 'bytes' : 'count';
}

/** A metric's value as it is read: "12,345", "48.1M", "1.02 GB". */
export function formatMetric(metric: MetricId, value: number): string {
  if (metrics[metric].format === 'bytes') return formatBytes(value);
  return value < SHORT_FROM ? formatCount(value) : formatCompact(value);
}

/** The whole of a value, for whom the short form is not enough: "12,345,678", "1,020,304,050 bytes". */
export function exactly(metric: MetricId, value: number): string {
  return `${formatCount(value)} ${value === 1 ? metrics[metric].unit.replace(/s$/, '') : metrics[metric].unit}`;
}

/** Periods and hours are those of UTC, whoever reads: "1 Dec 2026 00:00 UTC". */
export function utcMoment(iso: string): string {
  return `${formatMoment(iso, 'utc', { thisYear: 0 })} UTC`;
}

/** "1 Dec 2026", and with the time where it is not midnight. */
export function utcDay(iso: string): string {
  return formatMoment(iso, 'utc', { thisYear: 0 }).replace(/ 00:00$/, '');
}

/** A period as it is called: "Nov 2026" where it is a calendar month, "15 Nov 2026 – 15 Dec 2026" where it is none. */
export function periodName(from: string, to: string): string {
  const isMonth = /-01T00:00:00/.test(from) && /-01T00:00:00/.test(to);
  if (isMonth) return utcDay(from).replace(/^1 /, '');
  return `${utcDay(from)} – ${utcDay(to)}`;
}
