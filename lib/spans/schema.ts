import { z } from 'zod';

/** Spans of one trace that a list holds at the most, the first by their beginning. */
export const MAX_LISTED_SPANS = 10_000;
/** Spans that a trace is assembled from at the most, the first by their beginning. */
export const MAX_ASSEMBLED_SPANS = 10_000;

export const spanStatuses = ['unset', 'ok', 'error'] as const;

/**
 * A row of a trace's spans, without what it carries. `kind` is what it does in a RAG application, null for a span of something
 * else. `offsetMs` is from the beginning of the first span; a span without an end has no duration.
 */
export const spanSummarySchema = z.object({
  spanId: z.string(),
  parentId: z.string().nullable(),
  name: z.string(),
  kind: z.string().nullable(),
  offsetMs: z.number(),
  durationMs: z.number().nullable(),
  status: z.enum(spanStatuses),
  statusMessage: z.string().nullable(),
  model: z.string().nullable(),
  tokensIn: z.number().nullable(),
  tokensOut: z.number().nullable(),
  costUsd: z.number().nullable(),
  flags: z.array(z.string()),
});
export type SpanSummary = z.infer<typeof spanSummarySchema>;

/** The spans of a trace in the order of their beginning; `total` also counts those that the list leaves out. */
export type SpanList = { spans: SpanSummary[]; total: number };

const anything = z.record(z.string(), z.unknown());

/** A span as the API lists it. */
export const wireSpan = z.object({
  span_id: z.string(),
  parent_id: z.string().nullable(),
  name: z.string(),
  kind: z
    .string()
    .nullable()
    .describe(
      'What it does in a RAG application: `llm`, `retriever`, `reranker`, …; null for anything else.',
    ),
  offset_ms: z.number().describe('From the beginning of the trace’s first span.'),
  duration_ms: z.number().nullable(),
  status: z.enum(spanStatuses),
  status_message: z.string().nullable(),
  model: z.string().nullable(),
  tokens_in: z.number().nullable(),
  tokens_out: z.number().nullable(),
  cost_usd: z.number().nullable(),
  flags: z
    .array(z.string())
    .describe('What is odd about it, though it was kept: `odd-time`, `negative-duration`, `bad-parent`.'),
});
export type WireSpan = z.infer<typeof wireSpan>;

/** The answer of `GET /api/v1/traces/{trace_id}/spans`. */
export const wireSpanList = z.object({
  trace_id: z.string(),
  total: z.number().describe(`All spans of the trace; the list holds the first ${MAX_LISTED_SPANS}.`),
  spans: z.array(wireSpan),
});

/** A whole span as the API returns it. Times are nanoseconds since 1970, as text. */
export const wireSpanDetail = z.object({
  trace_id: z.string(),
  span_id: z.string(),
  parent_id: z.string().nullable(),
  name: z.string(),
  kind: z.string().nullable(),
  span_kind: z.string(),
  start_time_unix_nano: z.string(),
  end_time_unix_nano: z.string().nullable(),
  status: z.enum(spanStatuses),
  status_message: z.string().nullable(),
  attributes: anything,
  events: z.array(z.object({ name: z.string(), timeNs: z.string(), attributes: anything })),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string(), attributes: anything })),
  resource: anything,
  scope: z.object({ name: z.string(), version: z.string().nullable() }).nullable(),
  flags: z.array(z.string()),
  rewrites: z.number().describe('How often it came again with another content; the last is kept.'),
});
export type WireSpanDetail = z.infer<typeof wireSpanDetail>;
