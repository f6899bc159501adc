import { z } from 'zod';

/** The longest identifier-like string that is stored in an indexed column, in characters. */
export const MAX_LABEL = 200;
/** Traces on one page of the console's list. */
export const TRACES_PER_PAGE = 50;

/** PostgreSQL has no place for NUL: in a body it is replaced before, in an address it is refused. */
export const labelSchema = z
  .string()
  .max(MAX_LABEL, `expected at most ${MAX_LABEL} characters`)
  .refine((text) => !text.includes('\u0000'), 'expected text without NUL characters');
const moment = z.iso.datetime().refine((text) => parseTimestamp(text) !== null);

export const trafficLights = ['green', 'amber', 'red'] as const;

/** Similarities and relevances are better the larger they are, distances the smaller. */
export const scoreKinds = ['similarity', 'distance', 'relevance'] as const;
const scoreKind = z.enum(scoreKinds).nullable();

/**
 * One retrieved chunk, in rank order within its trace. `score` is the retriever's own number, on its own scale; its kind is null
 * where the client did not say it. `before` is where the chunk stood until a reranker ordered it, from 1.
 */
export const chunkSchema = z.object({
  text: z.string(),
  source: z.string().nullable(),
  score: z.number().nullable(),
  metadata: z.record(z.string(), z.unknown()).nullable(),
  scoreKind,
  before: z.object({ rank: z.number(), score: z.number().nullable(), scoreKind }).nullable(),
});
export type Chunk = z.infer<typeof chunkSchema>;

/** A row of the trace list. Times are ISO 8601 in UTC, durations milliseconds. */
export const traceSummarySchema = z.object({
  traceId: z.string(),
  receivedAt: z.iso.datetime(),
  project: z.string(),
  question: z.string().nullable(),
  model: z.string().nullable(),
  latencyMs: z.number().nullable(),
  tokensIn: z.number().nullable(),
  tokensOut: z.number().nullable(),
  chunkCount: z.number(),
  error: z.string().nullable(),
  trafficLight: z.enum(trafficLights).nullable(),
});
export type TraceSummary = z.infer<typeof traceSummarySchema>;

/** A whole trace as the console shows it. `startedAt` is the client's clock, `receivedAt` the database's. */
export const traceDetailSchema = traceSummarySchema.extend({
  startedAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  chunks: z.array(chunkSchema),
  prompts: z.array(z.string()),
  answer: z.string().nullable(),
  userId: z.string().nullable(),
  sessionId: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  name: z.string().nullable(),
  tags: z.array(z.string()),
  /** Parts of the tokens in and out, never on top of them. */
  tokensCached: z.number().nullable(),
  tokensReasoning: z.number().nullable(),
  costUsd: z.number().nullable(),
  /** What is odd about it, though it was kept. */
  flags: z.array(z.string()),
  /** Spans that it was assembled from; 0 for one that came whole. */
  spanCount: z.number(),
  scores: z.object({
    grounding: z.number().nullable(),
    helpfulness: z.number().nullable(),
    safety: z.number().nullable(),
    overall: z.number().nullable(),
  }),
});
export type TraceDetail = z.infer<typeof traceDetailSchema>;

/** The longest text that is searched for, and the most tags that are asked for at once. */
export const MAX_SEARCH = 500;
export const MAX_TAGS = 20;

const words = z
  .string()
  .max(MAX_SEARCH, `expected at most ${MAX_SEARCH} characters`)
  .refine((text) => !text.includes('\u0000') && text.isWellFormed(), 'expected well-formed text');
const name = labelSchema.min(1, 'expected at least 1 character').refine((text) => text.isWellFormed(), {
  message: 'expected well-formed text',
});

/** What can be asked to lie within bounds, both inclusive. A trace without the value is outside. */
export const rangeNames = [
  'grounding',
  'helpfulness',
  'safety',
  'overall',
  'latency_ms',
  'tokens_in',
  'tokens_out',
] as const;
export type RangeName = (typeof rangeNames)[number];
type Bounds = Partial<Record<`${'min' | 'max'}_${RangeName}`, number>>;

/** Which traces: each field that is there narrows them. Times are ISO 8601 in UTC. */
export type TraceSelection = Bounds & {
  /** Words of question, answer and chunks, as people type them: all of them, "in this order", -without, or. */
  q?: string;
  /** Has all of them. */
  tags?: string[];
  model?: string;
  project?: string;
  user_id?: string;
  session_id?: string;
  traffic_light?: (typeof trafficLights)[number];
  has_error?: boolean;
  /** By the client's clock, both inclusive. */
  started_from?: string;
  started_to?: string;
  /** By ours, the end exclusive. */
  received_from?: string;
  received_to?: string;
};

/**
 * In which order a list stands. `latency` and `tokens` have the largest first, `grounding` the worst, each only of traces that
 * have the value.
 */
export const traceSorts = ['newest', 'oldest', 'latency', 'tokens', 'grounding'] as const;
export type TraceSort = (typeof traceSorts)[number];

/** A bound from an address; a form without scripts sends empty fields. */
const bound = (most: number) =>
  z
    .preprocess((value) => (value === '' ? undefined : value), z.coerce.number().min(0).max(most).optional())
    .catch(undefined);
const share = bound(1);
const quantity = bound(Number.MAX_VALUE);
const exactly = name.optional().catch(undefined);

/** What the console's list reads from the address bar. Unknown or malformed values fall back to "no filter". */
export const traceFilterSchema = z.object({
  q: words
    .trim()
    .transform((text) => text || undefined)
    .optional()
    .catch(undefined),
  model: labelSchema.min(1).optional().catch(undefined),
  project: exactly,
  user: exactly,
  session: exactly,
  /** Has all of them. */
  tag: z
    .union([name.transform((tag) => [tag]), z.array(name).min(1).max(MAX_TAGS)])
    .optional()
    .catch(undefined),
  light: z.enum(trafficLights).optional().catch(undefined),
  error: z.enum(['only', 'none']).optional().catch(undefined),
  /** Both bounds are inclusive, and are named as the API's are. */
  min_grounding: share,
  max_grounding: share,
  min_helpfulness: share,
  max_helpfulness: share,
  min_safety: share,
  max_safety: share,
  min_overall: share,
  max_overall: share,
  min_latency_ms: quantity,
  max_latency_ms: quantity,
  min_tokens_in: quantity,
  max_tokens_in: quantity,
  min_tokens_out: quantity,
  max_tokens_out: quantity,
  /** Received from (inclusive) and to (exclusive), ISO 8601 in UTC. */
  from: moment.optional().catch(undefined),
  to: moment.optional().catch(undefined),
  /** `newest` where there is none. */
  sort: z.enum(traceSorts).optional().catch(undefined),
  cursor: z.string().max(500).optional().catch(undefined),
} satisfies Record<`${'min' | 'max'}_${RangeName}`, z.ZodType> & Record<string, z.ZodType>);
export type TraceFilter = z.infer<typeof traceFilterSchema>;
export const traceFilterNames = Object.keys(traceFilterSchema.shape) as (keyof TraceFilter)[];

/** What the set-up page reads from the address bar: the language and framework to show code for. */
const choiceName = z.string().max(40).optional().catch(undefined);
export const setupChoiceSchema = z.object({ language: choiceName, framework: choiceName });

/** A page of the list in its order. `nextCursor` is null on the last page. */
export const tracePageSchema = z.object({
  traces: z.array(traceSummarySchema),
  nextCursor: z.string().nullable(),
});
export type TracePage = z.infer<typeof tracePageSchema>;

const ISO = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i;
const YEAR_10000_SECONDS = 253_402_300_800;

/** Epoch seconds or ISO 8601 as a Date; null for anything else, and outside the years 1970 to 9999. */
export function parseTimestamp(value: number | string): Date | null {
  if (typeof value === 'number')
    return value >= 0 && value < YEAR_10000_SECONDS ? new Date(value * 1000) : null;
  if (!ISO.test(value.trim())) return null;
  const text = value.trim().replace(' ', 'T');
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/i.test(text) || !text.includes('T') ? text : `${text}Z`;
  const date = new Date(zoned);
  const time = date.getTime();
  return Number.isNaN(time) || time < 0 || time >= YEAR_10000_SECONDS * 1000 ? null : date;
}

/** A moment as clients send it: epoch seconds with fraction, or ISO 8601 (UTC where no zone is named). Years 1970 to 9999. */
const TIMESTAMP_EXPECTED = 'expected epoch seconds, or an ISO 8601 time, between the years 1970 and 9999';
export const timestampSchema = z
  .union([z.number(), z.string()], TIMESTAMP_EXPECTED)
  .transform((value, ctx) => {
    const date = parseTimestamp(value);
    if (date) return date;
    ctx.addIssue({ code: 'custom', message: TIMESTAMP_EXPECTED });
    return z.NEVER;
  });

/** In an address, epoch seconds come as text. */
const queryTimestamp = z
  .string()
  .transform((text) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : text))
  .pipe(timestampSchema);

const score = z.coerce.number().min(0, 'expected 0 or more').max(1, 'expected at most 1').optional();
const amount = z.coerce.number().min(0, 'expected 0 or more').optional();

/**
 * The query of `GET /api/v1/traces`: pages from 1, at most 100 traces on one, or from a cursor on.
 */
export const traceListQuery = z
  .object({
    page: z.coerce.number().int().min(1).max(100_000).default(1),
    size: z.coerce.number().int().min(1).max(100).default(20),
    cursor: z
      .string()
      .min(1)
      .max(600)
      .optional()
      .describe('`next_cursor` of the page before, with the same filters and sort; instead of `page`.'),
    sort: z
      .enum(traceSorts)
      .default('newest')
      .describe(
        '`latency` and `tokens` (in and out together) have the largest first, `grounding` the worst, each only of traces that have the value.',
      ),
    q: words
      .optional()
      .describe(
        'Words of question, answer and chunks, in any case and order; `"in this order"`, `-without`, `or`. What has just come may take some seconds.',
      ),
    tag: z
      .union([
        name.transform((tag) => [tag]),
        z.array(name).max(MAX_TAGS, `expected at most ${MAX_TAGS} tags`),
      ])
      .optional()
      .describe('May stand there several times: traces that have all of them.'),
    model_name: labelSchema.optional(),
    project: name.optional(),
    user_id: name.optional(),
    session_id: name.optional(),
    traffic_light: z.enum(trafficLights).optional(),
    start_date: queryTimestamp.optional(),
    end_date: queryTimestamp.optional(),
    has_error: z
      .string()
      .toLowerCase() // Python's clients say True
      .pipe(z.enum(['true', 'false', '1', '0']))
      .transform((value) => value === 'true' || value === '1')
      .optional(),
    min_grounding: score,
    max_grounding: score,
    min_helpfulness: score,
    max_helpfulness: score,
    min_safety: score,
    max_safety: score,
    min_overall: score,
    max_overall: score,
    min_latency_ms: amount,
    max_latency_ms: amount,
    min_tokens_in: amount,
    max_tokens_in: amount,
    min_tokens_out: amount,
    max_tokens_out: amount,
  })
  .refine(({ cursor, page }) => cursor === undefined || page === 1, {
    path: ['page'],
    message: 'expected no page beside a cursor',
  });
export type TraceListQuery = z.output<typeof traceListQuery>;

/** A chunk as the API returns it. */
const wireStoredChunk = chunkSchema.pick({ text: true, source: true, score: true, metadata: true }).extend({
  score_kind: scoreKind.describe(
    'What the score is, where the client said it: for a distance, less is better.',
  ),
  retrieved_rank: z.number().nullable().describe('Its rank before a reranker ordered the chunks, from 1.'),
  retrieved_score: z.number().nullable(),
});

/** A trace as the API returns it: the fields of the body, the scores, and when it was received. */
export const wireTrace = z.object({
  trace_id: z.string(),
  timestamp: z.iso.datetime(),
  project: z.string(),
  user_input: z.string().nullable(),
  retrieved_chunks: z.array(wireStoredChunk),
  retrieval_scores: z.array(z.number().nullable()),
  prompts: z.array(z.string()),
  model_output: z.string().nullable(),
  model_name: z.string().nullable(),
  response_latency_ms: z.number().nullable(),
  tokens_in: z.number().nullable(),
  tokens_out: z.number().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  error: z.string().nullable(),
  name: z.string().nullable(),
  tags: z.array(z.string()),
  tokens_cached: z.number().nullable().describe('Part of `tokens_in`.'),
  tokens_reasoning: z.number().nullable().describe('Part of `tokens_out`.'),
  cost_usd: z.number().nullable(),
  flags: z
    .array(z.string())
    .describe('What is odd about it, though it was kept: `odd-time`, `projects-differ`, ….'),
  span_count: z
    .number()
    .describe('OpenTelemetry spans that it was assembled from; 0 for one that came whole.'),
  grounding_score: z.number().nullable(),
  helpfulness_score: z.number().nullable(),
  safety_score: z.number().nullable(),
  overall_score: z.number().nullable(),
  traffic_light: z
    .enum(trafficLights)
    .nullable()
    .describe(
      'Of `overall_score`, or else of `grounding_score`: green from 0.75, amber from 0.5, red below.',
    ),
  created_at: z.iso.datetime(),
});
export type WireTrace = z.infer<typeof wireTrace>;

/** How many traces a list with filters is counted to. */
export const COUNTED = 1_000;

export const wireTracePage = z.object({
  traces: z.array(wireTrace),
  total: z.number().describe(`How many there are. With filters, counted to ${COUNTED} at the most.`),
  total_is_exact: z.boolean().describe('False where there are more than were counted.'),
  page: z.number(),
  size: z.number(),
  has_next: z.boolean(),
  next_cursor: z.string().nullable().describe('Where the next page begins; null on the last.'),
});
