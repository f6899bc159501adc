import { z } from 'zod';

/** The periods that the overview offers, with their length and the width of one bar, in hours. */
export const periods = {
  '24h': { label: '24 hours', hours: 24, binHours: 1 },
  '7d': { label: '7 days', hours: 168, binHours: 6 },
  '14d': { label: '14 days', hours: 336, binHours: 12 },
  '30d': { label: '30 days', hours: 720, binHours: 24 },
} as const;

export type Period = keyof typeof periods;
export const periodNames = Object.keys(periods) as Period[];

/** What the overview reads from the address bar; anything unknown is the default. */
export const overviewFilterSchema = z.object({
  period: z.enum(Object.keys(periods) as [Period, ...Period[]]).catch('7d'),
});
export type OverviewFilter = z.infer<typeof overviewFilterSchema>;

/** Sums over some hours. Latencies are milliseconds, within 2.5 %; null where no trace has one. */
const totals = {
  traces: z.number(),
  errors: z.number(),
  tokensIn: z.number(),
  tokensOut: z.number(),
  p50: z.number().nullable(),
  p95: z.number().nullable(),
};
export const totalsSchema = z.object(totals);
export type Totals = z.infer<typeof totalsSchema>;

/** What happened in a period: in all, bar by bar, and by model. `from` is inclusive, `to` exclusive, both UTC. */
export const overviewSchema = z.object({
  period: z.enum(Object.keys(periods) as [Period, ...Period[]]),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  totals: totalsSchema,
  bins: z.array(z.object({ from: z.iso.datetime(), to: z.iso.datetime(), ...totals })),
  /** Most used first; null is "no model sent". */
  models: z.array(z.object({ model: z.string().nullable(), ...totals })),
});
export type Overview = z.infer<typeof overviewSchema>;
