import { aggregate, HOUR_MS, hoursOf, type Span } from '@/lib/metering/rules';
import type { MetricId, UsageRecord } from '@/lib/metering/schema';
import type { UsageBin, UsageBreakdown, UsagePart } from './schema';

const DAY_MS = 24 * HOUR_MS;

/**
 * The days (UTC) of a period as an unbroken row, out of the records of its hours. The first and the last are as much of a day
 * as the period holds.
 */
export function toDays(metric: MetricId, hours: readonly UsageRecord[], period: Span, now: Date): UsageBin[] {
  return toBins(metric, hours, { ...hoursOf(period), widthMs: DAY_MS, now });
}

/** The hours of a day as an unbroken row, as far as the period holds them. */
export function toHoursOf(
  metric: MetricId,
  hours: readonly UsageRecord[],
  { day, period, now }: { day: string; period: Span; now: Date },
): UsageBin[] {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  const held = hoursOf(period);
  const start = new Date(Math.max(midnight, held.start.getTime()));
  const end = new Date(Math.min(midnight + DAY_MS, held.end.getTime()));
  return toBins(metric, hours, { start, end, widthMs: HOUR_MS, now });
}

function toBins(
  metric: MetricId,
  records: readonly UsageRecord[],
  { start, end, widthMs, now }: Span & { widthMs: number; now: Date },
): UsageBin[] {
  const values = new Map<number, number[]>();
  const open = new Set<number>();
  const placeOf = (at: number) => Math.floor(at / widthMs);
  for (const { from, value, is_open } of records) {
    const at = Date.parse(from);
    if (at < start.getTime() || at >= end.getTime()) continue;
    values.set(placeOf(at), [...(values.get(placeOf(at)) ?? []), value]);
    if (is_open) open.add(placeOf(at));
  }
  const bins: UsageBin[] = [];
  for (let at = start.getTime(); at < end.getTime(); at = (placeOf(at) + 1) * widthMs) {
    const to = Math.min((placeOf(at) + 1) * widthMs, end.getTime());
    bins.push({
      ...{ from: new Date(at).toISOString(), to: new Date(to).toISOString() },
      value: aggregate(metric, values.get(placeOf(at)) ?? []),
      isOpen: open.has(placeOf(at)) || to > now.getTime(),
    });
  }
  return bins;
}

/** The day whose hours are shown: the one that was asked for, where the period holds it; else the last that has begun. */
export function dayOf(asked: string | undefined, days: readonly UsageBin[], now: Date): string {
  const begun = days.filter(({ from }) => Date.parse(from) <= now.getTime());
  const found = days.find(({ from }) => from.slice(0, 10) === asked) ?? begun.at(-1) ?? days[0];
  return (found?.from ?? now.toISOString()).slice(0, 10);
}

/** The largest parts one by one, and what the others come to beside them. */
export function toBreakdown(largest: readonly UsagePart[], total: number): UsageBreakdown {
  return { parts: [...largest], others: total - largest.reduce((sum, { value }) => sum + value, 0), total };
}
