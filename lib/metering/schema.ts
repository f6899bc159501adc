import { z } from 'zod';
import { momentSchema } from '@/lib/moments';

/** How a metric behaves, and what is done with it. */
export type Metric = {
  /** What people call it. */
  name: string;
  /** What is counted, for the documents: one sentence. */
  description: string;
  /** A counter adds up over hours; of a gauge the highest hour stands for a day, a month or a period. */
  kind: 'counter' | 'gauge';
  /** The unit of its values, which are always whole numbers. */
  unit: 'traces' | 'seats' | 'requests' | 'bytes' | 'tokens' | 'evaluations';
  /** How its values are written: as a whole number, or in MB, GB and so on. */
  format: 'number' | 'bytes';
  /**
   * How it is billed: `usage` by the sum of its records, which the outbox reports; `quantity` by the seats of the
   * subscription, which the outbox does not know; null not at all.
   */
  billed: 'usage' | 'quantity' | null;
  /** Which amount of lib/plans the period includes of it; null where plans say nothing. */
  amount: 'traces' | 'seats' | null;
  /** The columns of usage_deltas whose sum it is; null for what is not made of them. */
  column:
    | 'trace_count'
    | 'api_requests'
    | 'storage_bytes'
    | 'tokens_in'
    | 'tokens_out'
    | 'evaluation_count'
    | null;
};

/** The one table of what is metered. A row is stored under the metric's id; a new metric is a line here. */
export const metrics = {
  'trace.count': {
    name: 'Traces',
    description:
      'Traces first stored in the hour. Sending one again, changing or deleting it does not change it.',
    ...{ kind: 'counter', unit: 'traces', format: 'number', billed: 'usage', amount: 'traces' },
    column: 'trace_count',
  },
  'seat.count': {
    name: 'Seats',
    description: 'The most people who were members at the same time in the hour.',
    ...{ kind: 'gauge', unit: 'seats', format: 'number', billed: 'quantity', amount: 'seats' },
    column: null,
  },
  'api.requests': {
    name: 'API requests',
    description: 'Authenticated requests to the API that were answered with neither 429 nor 5xx.',
    ...{ kind: 'counter', unit: 'requests', format: 'number', billed: null, amount: null },
    column: 'api_requests',
  },
  'storage.bytes': {
    name: 'Storage',
    description:
      'Logical bytes of traces, spans and evaluations that are stored at the end of the hour, before compression and indexes.',
    ...{ kind: 'gauge', unit: 'bytes', format: 'bytes', billed: null, amount: null },
    column: 'storage_bytes',
  },
  'tokens.in': {
    name: 'Input tokens',
    description: 'Input tokens that traces stored in the hour say.',
    ...{ kind: 'counter', unit: 'tokens', format: 'number', billed: null, amount: null },
    column: 'tokens_in',
  },
  'tokens.out': {
    name: 'Output tokens',
    description: 'Output tokens that traces stored in the hour say.',
    ...{ kind: 'counter', unit: 'tokens', format: 'number', billed: null, amount: null },
    column: 'tokens_out',
  },
  'evaluation.count': {
    name: 'Evaluations',
    description: 'Evaluations first stored in the hour. Sending one again does not change it.',
    ...{ kind: 'counter', unit: 'evaluations', format: 'number', billed: null, amount: null },
    column: 'evaluation_count',
  },
} as const satisfies Record<string, Metric>;

export type MetricId = keyof typeof metrics;
export const metricIds = Object.keys(metrics) as [MetricId, ...MetricId[]];

/** One whole number for each metric. */
export type MetricValues = Record<MetricId, number>;

const amount = z.number().int();
const time = z.iso.datetime();

/** What was used of one metric in the current period. */
export const metricUsage = z.object({
  metric: z.enum(metricIds),
  name: z.string(),
  unit: z.string(),
  kind: z.enum(['counter', 'gauge']),
  billed: z.boolean(),
  value: amount.describe('Up to now, the open hour included. Of a gauge the highest hour.'),
  current: amount.nullable().describe('A gauge’s value now; null for a counter.'),
  included: amount.nullable().describe('What the plan includes; null where it says nothing.'),
  over: amount.describe('How much of the value is beyond what is included.'),
  projected: amount.describe('The value at the end of the period, if it goes on as it has so far.'),
  resets_at: time.describe('When the count begins anew: the end of the period.'),
});
export type MetricUsage = z.infer<typeof metricUsage>;

/** The fields of the predecessor’s API, for a period. */
const totals = {
  period_start: time,
  period_end: time,
  trace_count: amount,
  seat_count: amount,
  api_requests: amount,
  storage_mb: z.number().describe('Millions of bytes, to three decimals.'),
  total_tokens_in: amount,
  total_tokens_out: amount,
  evaluation_count: amount,
};

/** The answer of `GET /api/v1/usage`. */
export const currentUsage = z.object({
  ...totals,
  plan: z.string(),
  as_of: time.describe('When this was read, by the database’s clock.'),
  closed_until: time.nullable().describe('Hours before this are closed; later ones are counted live.'),
  metrics: z.array(metricUsage),
});
export type CurrentUsage = z.infer<typeof currentUsage>;

export const usageMonth = z.object(totals);
export type UsageMonth = z.infer<typeof usageMonth>;

/** The answer of `GET /api/v1/usage/history`. */
export const usageHistory = z.object({
  usage_history: z
    .array(usageMonth)
    .describe('By period, the newest first: the current one and those before.'),
});

const MONTHS = 'expected a whole number from 1 to 12';
export const historyQuery = z.object({
  months: z.coerce.number(MONTHS).int(MONTHS).min(1, MONTHS).max(12, MONTHS).default(12),
});
export type HistoryQuery = z.output<typeof historyQuery>;

export const granularities = ['hour', 'day', 'month'] as const;
export type Granularity = (typeof granularities)[number];

/** So many days may be asked for at once. */
const MAX_DAYS = { hour: 92, day: 800, month: 4_000 } as const satisfies Record<Granularity, number>;
const DAY_MS = 86_400_000;

const metricName = z.enum(metricIds, `expected one of ${metricIds.join(', ')}`);

/** The query of `GET /api/v1/usage/records`: the last day by hour unless told. */
export const recordsQuery = z
  .object({
    metric: metricName.optional().describe('Of this metric alone.'),
    from: momentSchema
      .optional()
      .describe('From the hour, day or month (UTC) that holds this time; a day before `to` unless told.'),
    to: momentSchema.optional().describe('Before this time; now unless told.'),
    granularity: z.enum(granularities, 'expected hour, day or month').default('hour'),
    format: z
      .enum(['json', 'csv'], 'expected json or csv')
      .optional()
      .describe('What is answered; unless told, what the header `Accept` prefers.'),
  })
  .transform(({ from, to, ...rest }) => {
    const end = to ? new Date(to) : new Date();
    return { ...rest, from: from ? new Date(from) : new Date(end.getTime() - DAY_MS), to: end };
  })
  .refine(({ from, to }) => from < to, { path: ['from'], message: 'expected a time before `to`' })
  .refine(({ from, to, granularity }) => to.getTime() - from.getTime() <= MAX_DAYS[granularity] * DAY_MS, {
    path: ['from'],
    error: ({ input }) => {
      const { granularity } = input as { granularity: Granularity };
      return `expected at most ${MAX_DAYS[granularity]} days by ${granularity}`;
    },
  });
export type RecordsQuery = z.output<typeof recordsQuery>;

/** What was used of a metric in an hour, a day or a month. */
export const usageRecord = z.object({
  metric: z.enum(metricIds),
  from: time.describe('When the hour, day or month begins, UTC.'),
  to: time,
  value: amount,
  revision: z
    .number()
    .int()
    .describe(
      'How often an hour was counted anew, from 1; of a day or a month the highest; 0 while it is open.',
    ),
  is_open: z.boolean().describe('Whether more may come: it is counted live.'),
});
export type UsageRecord = z.infer<typeof usageRecord>;

/** The answer of `GET /api/v1/usage/records`. */
export const usageRecordList = z.object({
  records: z.array(usageRecord).describe('Oldest first. Where nothing was used there is no record.'),
});

/** The query of `GET /api/v1/usage/explain`. */
export const explainQuery = z.object({
  metric: metricName,
  hour: momentSchema.describe('A time within the hour.').transform((text) => new Date(text)),
});
export type ExplainQuery = z.output<typeof explainQuery>;

/** The answer of `GET /api/v1/usage/explain`: what an hour's number is made of. */
export const usageExplanation = z.object({
  metric: z.enum(metricIds),
  hour: time,
  value: amount.describe(
    'What the hour came to: the sum of the parts, or of a gauge the level at its end or its peak.',
  ),
  recorded: amount.nullable().describe('What stands in the record; null while the hour is open.'),
  revision: z.number().int().describe('0 while the hour is open.'),
  is_open: z.boolean(),
  before: amount.nullable().describe('A gauge’s level when the hour began; null for a counter.'),
  keys: z
    .array(z.object({ key_id: z.uuid().nullable(), name: z.string().nullable(), value: amount }))
    .describe('By API key, the most first, up to 1,000; null is what people or the system did.'),
  projects: z
    .array(z.object({ project: z.string(), value: amount }))
    .describe('By project, the most first, up to 1,000.'),
  commits: z
    .array(
      z.object({
        id: z.string(),
        at: time,
        key_id: z.uuid().nullable(),
        project: z.string(),
        value: amount,
        commits: z.number().int().describe('For how many commits it stands, where old ones are summed up.'),
        trace_ids: z
          .array(z.string())
          .describe('Up to 20 of the traces that it stored and that are there still.'),
      }),
    )
    .describe('The first 1,000 transactions that changed the number, oldest first.'),
  commits_total: z.number().int(),
  members: z
    .array(z.object({ user_id: z.uuid(), from: time, to: time.nullable() }))
    .describe('Of seats: who was a member within the hour.'),
  sample_trace_ids: z.array(z.string()).describe('Up to 20 traces that were first stored in the hour.'),
  revisions: z
    .array(
      z.object({
        revision: z.number().int(),
        delta: amount,
        at: time,
        identifier: z.string(),
        delivered_at: time.nullable(),
      }),
    )
    .describe('What was reported of the hour, where the metric is billed by use.'),
});
export type UsageExplanation = z.infer<typeof usageExplanation>;

/** A run of the tick or of the reconciliation. Times are ISO 8601 in UTC. */
export const meteringRun = z.object({
  id: z.uuid(),
  kind: z.enum(['tick', 'reconciliation']),
  trigger: z.enum(['boot', 'timer', 'cron', 'operator']),
  started_at: time,
  finished_at: time.nullable(),
  duration_ms: z.number().int().nullable(),
  tenants_total: z.number().int(),
  tenants: z.number().int(),
  hours: z.number().int(),
  revisions: z.number().int(),
  traces: z.number().int(),
  seats: z.number().int(),
  errors: z.number().int(),
  failures: z.array(z.object({ tenant_id: z.uuid(), message: z.string() })),
});
export type MeteringRun = z.infer<typeof meteringRun>;
export type Trigger = MeteringRun['trigger'];

/** The query of `POST /api/v1/admin/metering/run`. */
export const runQuery = z.object({
  tenant_id: z
    .uuid('expected the id of a workspace')
    .optional()
    .describe('Of this tenant alone; of all unless told.'),
});

/** The answer of `GET /api/cron/metering`. */
export const cronReport = z.object({ run: meteringRun.nullable() });

/** What the reconciliation compares, and with what. */
export const checks = {
  records: 'An hour’s record is the sum of its deltas.',
  traces: 'The traces of an hour, those deleted since included, are its record.',
  outbox: 'What was reported, or is to be, is the record.',
  provider: 'What the payment provider counts is what was delivered to it.',
  seats: 'Whoever is a member has an open interval, and nobody else.',
  storage: 'The bytes of the rows that are stored are the meter’s.',
} as const;
export type CheckName = keyof typeof checks;
