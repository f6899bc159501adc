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

/** How many traces have which light; together less than all where some are not judged. */
const lights = { green: z.number(), amber: z.number(), red: z.number() };
const lightsSchema = z.object(lights);
export type Lights = z.infer<typeof lightsSchema>;

/** Sums over some hours. Latencies are milliseconds, within 2.5 %; null where no trace has one. */
const totals = {
  traces: z.number(),
  errors: z.number(),
  tokensIn: z.number(),
  tokensOut: z.number(),
  lights: lightsSchema,
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

const averageScore = z.number().nullable().describe('From 0 to 1, over the traces that have one.');

/** The answer of `GET /api/v1/stats`. */
export const wireStats = z.object({
  total_traces: z.number(),
  traces_today: z.number().describe('Received since midnight, UTC.'),
  error_rate: z.number().describe('The share of traces with an error, from 0 to 1.'),
  avg_latency_ms: z.number().nullable(),
  avg_grounding_score: averageScore,
  avg_helpfulness_score: averageScore,
  avg_safety_score: averageScore,
  traffic_light: lightsSchema.describe('How many traces have which.'),
});
export type WireStats = z.infer<typeof wireStats>;

/** The query of `GET /api/v1/stats/timeseries`. */
export const timeseriesQuery = z.object({
  hours: z.coerce
    .number('expected a whole number from 1 to 168')
    .int('expected a whole number from 1 to 168')
    .min(1, 'expected 1 or more')
    .max(168, 'expected at most 168')
    .default(24),
});

/** The answer of `GET /api/v1/stats/timeseries`: one element per hour, the current one last. */
export const wireTimeseries = z.object({
  timeseries: z.array(
    z.object({
      hour: z.iso.datetime().describe('When it begins, UTC.'),
      trace_count: z.number(),
      error_count: z.number(),
      avg_latency_ms: z.number().nullable(),
      avg_score: averageScore.describe('The overall score, from 0 to 1, over the traces that have one.'),
      ...lights,
    }),
  ),
});
export type WireTimeseries = z.infer<typeof wireTimeseries>;
