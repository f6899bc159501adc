import { z } from 'zod';
import { metricIds, metricUsage, usageMonth } from '@/lib/metering/schema';
import { quotaStanding } from '@/lib/workflows/quotas/schema';

const time = z.iso.datetime();
const value = z.number().int();

/** What the page is asked to show, by its address. What cannot be read is left out: the current period of the traces. */
export const usageFilter = z.object({
  metric: z.enum(metricIds).catch('trace.count'),
  /** A moment in the period that is shown; the current one unless told. */
  period: z.iso.datetime().optional().catch(undefined),
  /** The day (UTC) of the hours that are shown: the period’s last unless told. */
  day: z.iso.date().optional().catch(undefined),
});
export type UsageFilter = z.output<typeof usageFilter>;

/** A stretch of a chart. `isOpen` where more may come, or it is still to come. */
const usageBin = z.object({ from: time, to: time, value, isOpen: z.boolean() });
export type UsageBin = z.infer<typeof usageBin>;

/** A key’s or a project’s part. `name` is null for what no key did, and for a key that is not known any more. */
const part = z.object({ id: z.string().nullable(), name: z.string().nullable(), value });
export type UsagePart = z.infer<typeof part>;

/** Parts that are told one by one; the others are told together. */
export const MOST_PARTS = 20;

const breakdown = z.object({ parts: z.array(part), others: value, total: value });
export type UsageBreakdown = z.infer<typeof breakdown>;

/** The page of usage: what is used now, and one metric of one period by day, hour, key and project. Times are UTC. */
export const usageReport = z.object({
  standing: quotaStanding,
  metrics: z.array(metricUsage),
  asOf: time,
  /** When the first trace or request came; null where nothing has been used yet. */
  isEmpty: z.boolean(),
  metric: z.enum(metricIds),
  period: z.object({ from: time, to: time, isCurrent: z.boolean() }),
  /** What the metric came to in the period. */
  total: value,
  days: z.array(usageBin),
  day: z.iso.date(),
  hours: z.array(usageBin),
  /** Null for a metric that is not made of what keys send. */
  byKey: breakdown.nullable(),
  byProject: breakdown.nullable(),
  history: z.array(usageMonth),
});
export type UsageReport = z.infer<typeof usageReport>;
