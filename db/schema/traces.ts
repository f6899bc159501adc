import {
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

/** What the number of a chunk is: similarities and relevances are better the larger they are, distances the smaller. */
export type StoredScoreKind = 'similarity' | 'distance' | 'relevance';

/** The JSON of one retrieved chunk as stored, in rank order. `before` is where it stood until it was reranked, from 1. */
export type StoredChunk = {
  text: string;
  source?: string;
  score?: number;
  metadata?: Record<string, unknown>;
  id?: string;
  scoreKind?: StoredScoreKind;
  before?: { rank: number; score?: number; scoreKind?: StoredScoreKind };
};

/**
 * Traces: one answer of a RAG application. Tenant data: the parent is `all_tenants.traces`, partitioned by tenant_id;
 * each tenant's partition has this name in the tenant's own schema, so the unqualified name is what `withTenant` reads.
 * `received_at` is set once by the database and never changed: metering and paging stand on it.
 */
export const traces = pgTable(
  'traces',
  {
    tenantId: uuid('tenant_id').notNull(),
    traceId: text('trace_id').notNull(),
    receivedAt: timestamp('received_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    startedAt: timestamp('started_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    project: text().notNull().default('default'),
    question: text(),
    answer: text(),
    model: text(),
    latencyMs: doublePrecision('latency_ms'),
    tokensIn: integer('tokens_in'),
    tokensOut: integer('tokens_out'),
    error: text(),
    userId: text('user_id'),
    sessionId: text('session_id'),
    chunks: jsonb().$type<StoredChunk[]>(),
    prompts: jsonb().$type<string[]>(),
    metadata: jsonb().$type<Record<string, unknown>>(),
    groundingScore: doublePrecision('grounding_score'),
    helpfulnessScore: doublePrecision('helpfulness_score'),
    safetyScore: doublePrecision('safety_score'),
    overallScore: doublePrecision('overall_score'),
    trafficLight: text('traffic_light', { enum: ['green', 'amber', 'red'] }),
    /** What the program calls what it did. */
    name: text(),
    tags: text().array(),
    /** Cached tokens are part of `tokens_in`, reasoning tokens of `tokens_out`. */
    tokensCached: integer('tokens_cached'),
    tokensReasoning: integer('tokens_reasoning'),
    costUsd: doublePrecision('cost_usd'),
    /** What is odd about it, though it was kept: `odd-time`, `projects-differ`, …. */
    flags: text().array(),
    /** Spans that it was assembled from; 0 where it came whole. */
    spanCount: integer('span_count').notNull().default(0),
    /** Whether a client sent it whole. One that only its spans tell is assembled anew whenever some come. */
    isPosted: boolean('is_posted').notNull().default(true),
    /** Logical size of the row's client data in bytes (UTF-8), for the storage meter. */
    byteSize: integer('byte_size').notNull(),
    /** The API key that sent it first; null for rows made by the system. */
    keyId: uuid('key_id'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.traceId] }),
    index('traces_newest').on(t.tenantId, t.receivedAt.desc().nullsFirst(), t.traceId.desc().nullsFirst()),
    index('traces_model').on(t.tenantId, t.model, t.receivedAt.desc().nullsFirst()),
  ],
);
