import type { Entitlements } from '@/lib/plans/plans';
import {
  type Granularity,
  type MetricId,
  type MetricValues,
  metricIds,
  metrics,
  type UsageMonth,
  type UsageRecord,
} from './schema';

export const HOUR_MS = 3_600_000;

/** A stretch of time: from `start`, before `end`. All of it is UTC. */
export type Span = { start: Date; end: Date };

/** A subscription's current period as it is stored. */
export type StoredPeriod = { periodStart: Date; periodEnd: Date; anchor: Date | null };

/** The beginning of the hour (UTC) that holds a time. */
export function toHour(at: Date): Date {
  return new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS);
}

/** The calendar month (UTC) that holds a time. */
export function calendarMonth(at: Date): Span {
  const year = at.getUTCFullYear();
  const month = at.getUTCMonth();
  return { start: new Date(Date.UTC(year, month, 1)), end: new Date(Date.UTC(year, month + 1, 1)) };
}

/**
 * The anchor's moment, so many months later (or earlier). A month that is too short has it on its last day, and the next long
 * one on the anchor's own day again, as Stripe's billing cycles go: 31 January, 28 February, 31 March.
 */
export function addMonths(anchor: Date, months: number): Date {
  const first = new Date(Date.UTC(anchor.getUTCFullYear(), anchor.getUTCMonth() + months, 1));
  const lastDay = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  const timeOfDay =
    anchor.getTime() - Date.UTC(anchor.getUTCFullYear(), anchor.getUTCMonth(), anchor.getUTCDate());
  const day = Math.min(anchor.getUTCDate(), lastDay);
  return new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), day) + timeOfDay);
}

/** The monthly period, counted from the anchor, that holds a time. */
export function anchoredMonth(anchor: Date, at: Date): Span {
  let months = (at.getUTCFullYear() - anchor.getUTCFullYear()) * 12 + at.getUTCMonth() - anchor.getUTCMonth();
  if (addMonths(anchor, months) > at) months -= 1;
  return { start: addMonths(anchor, months), end: addMonths(anchor, months + 1) };
}

/**
 * The period that holds a time: the subscription's as it is stored; where that is over and its successor is not stored yet, or
 * has not begun, the anchor's month; without a subscription the calendar month.
 */
export function periodAt(stored: StoredPeriod | null, at: Date): Span {
  if (!stored) return calendarMonth(at);
  const { periodStart: start, periodEnd: end, anchor } = stored;
  if (start <= at && at < end) return { start, end };
  return anchoredMonth(anchor ?? start, at);
}

/** The period that holds a time and those before it, the newest first. */
export function lastPeriods(stored: StoredPeriod | null, at: Date, count: number): Span[] {
  const periods = [periodAt(stored, at)];
  while (periods.length < count) {
    const newest = periods.at(-1)?.start ?? at;
    const before = new Date(newest.getTime() - 1);
    const { start } = stored
      ? anchoredMonth(stored.anchor ?? stored.periodStart, before)
      : calendarMonth(before);
    periods.push({ start, end: newest });
  }
  return periods;
}

/**
 * The hours that count in a period, as the first and the one after the last: those that begin in it. The hour in which a period
 * begins mid-hour belongs to the one before, as does its report, which is stamped with the hour's beginning.
 */
export function hoursOf({ start, end }: Span): Span {
  const firstFrom = (at: Date) => new Date(Math.ceil(at.getTime() / HOUR_MS) * HOUR_MS);
  return { start: firstFrom(start), end: firstFrom(end) };
}

/** The hour, day or month (UTC) that holds a time. */
export function bucketOf(granularity: Granularity, at: Date): Span {
  if (granularity === 'month') return calendarMonth(at);
  const length = granularity === 'hour' ? HOUR_MS : 24 * HOUR_MS;
  const start = Math.floor(at.getTime() / length) * length;
  return { start: new Date(start), end: new Date(start + length) };
}

/** What hours come to: the sum of a counter, the peak of a gauge. 0 of none. */
export function aggregate(metric: MetricId, values: readonly number[]): number {
  if (metrics[metric].kind === 'gauge') return Math.max(0, ...values);
  return values.reduce((sum, value) => sum + value, 0);
}

/**
 * What a period will come to at its end: a counter in proportion to the time that has passed, a gauge no less than it was and
 * is. In the first hour, which says too little, a counter is what it is.
 */
export function project(metric: MetricId, value: number, { start, end }: Span, now: Date): number {
  if (metrics[metric].kind === 'gauge') return value;
  const passed = now.getTime() - start.getTime();
  if (passed < HOUR_MS || now >= end) return value;
  return Math.round((value * (end.getTime() - start.getTime())) / passed);
}

/** What a period includes of a metric; null where the plan says nothing, or "as agreed". */
export function includedOf(metric: MetricId, entitlements: Entitlements): number | null {
  const { amount } = metrics[metric];
  return amount === null ? null : entitlements[amount].included;
}

/**
 * The name under which the payment provider knows a report, at most 100 characters: a repetition carries the same one. The hour
 * is written as 2026-11-26T13.
 */
export function identifierOf(metric: MetricId, tenantId: string, hour: Date, revision: number): string {
  return `${metric}:${tenantId}:${hour.toISOString().slice(0, 13)}:r${revision}`;
}

/** One value for each metric: 0 of those that are not given. */
export function toValues(given: Partial<Record<MetricId, number>> = {}): MetricValues {
  return Object.fromEntries(metricIds.map((id) => [id, given[id] ?? 0])) as MetricValues;
}

/** Whether a text, such as one from the database, names a metric. */
export function isMetric(text: string): text is MetricId {
  return Object.hasOwn(metrics, text);
}

/** A period in the fields of the predecessor's API. */
export function toUsageMonth({ start, end }: Span, values: MetricValues): UsageMonth {
  return {
    period_start: start.toISOString(),
    period_end: end.toISOString(),
    trace_count: values['trace.count'],
    seat_count: values['seat.count'],
    api_requests: values['api.requests'],
    storage_mb: Math.round(values['storage.bytes'] / 1_000) / 1_000,
    total_tokens_in: values['tokens.in'],
    total_tokens_out: values['tokens.out'],
    evaluation_count: values['evaluation.count'],
  };
}

/** Records as CSV (RFC 4180), with a line of names. No field holds what would have to be quoted. */
export function toCsv(records: readonly UsageRecord[]): string {
  const lines = records.map(({ metric, from, to, value, revision, is_open }) =>
    [metric, from, to, value, revision, is_open].join(','),
  );
  return ['metric,from,to,value,revision,is_open', ...lines, ''].join('\r\n');
}
