import { isNotNull, sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  customType,
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
    /**
     * Where it has more spans than it is assembled from: when the last of those began, in nanoseconds since 1970. A span that
     * began later changes nothing of it.
     */
    assembledUntilNs: bigint('assembled_until_ns', { mode: 'bigint' }),
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
    index('traces_project').on(
      t.tenantId,
      t.project,
      t.receivedAt.desc().nullsFirst(),
      t.traceId.desc().nullsFirst(),
    ),
    index('traces_user')
      .on(t.tenantId, t.userId, t.receivedAt.desc().nullsFirst(), t.traceId.desc().nullsFirst())
      .where(sql`user_id is not null`),
    index('traces_session')
      .on(t.tenantId, t.sessionId, t.receivedAt.desc().nullsFirst(), t.traceId.desc().nullsFirst())
      .where(sql`session_id is not null`),
    index('traces_errors')
      .on(t.tenantId, t.receivedAt.desc().nullsFirst(), t.traceId.desc().nullsFirst())
      .where(sql`error is not null`),
    index('traces_light')
      .on(t.tenantId, t.trafficLight, t.receivedAt.desc().nullsFirst(), t.traceId.desc().nullsFirst())
      .where(sql`traffic_light is not null`),
    index('traces_started_page').on(
      t.tenantId,
      t.startedAt,
      t.receivedAt.desc().nullsFirst(),
      t.traceId.desc().nullsFirst(),
    ),
    index('traces_latency').on(t.tenantId, t.latencyMs, t.traceId).where(sql`latency_ms is not null`),
    index('traces_tokens')
      .on(t.tenantId, sql`(coalesce(tokens_in, 0) + coalesce(tokens_out, 0))`, t.traceId)
      .where(sql`tokens_in is not null or tokens_out is not null`),
    index('traces_grounding')
      .on(t.tenantId, t.groundingScore, t.traceId)
      .where(sql`grounding_score is not null`),
    ...(
      [
        ['traces_tokens_in', t.tokensIn],
        ['traces_tokens_out', t.tokensOut],
        ['traces_helpfulness', t.helpfulnessScore],
        ['traces_safety', t.safetyScore],
        ['traces_overall', t.overallScore],
      ] as const
    ).map(([name, column]) => index(name).on(t.tenantId, column, t.traceId).where(isNotNull(column))),
    index('traces_tags').using('gin', t.tags).where(sql`tags is not null`),
  ],
);

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });

/**
 * The words of each trace's question, answer and chunks, for the text search. Tenant data, partitioned like `traces`, and
 * filed soon after the trace from the notes in `trace_words_pending`.
 */
export const traceWords = pgTable(
  'trace_words',
  {
    tenantId: uuid('tenant_id').notNull(),
    traceId: text('trace_id').notNull(),
    words: tsvector().notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.traceId] }), index('trace_words_words').using('gin', t.words)],
);

/** Traces whose words are to be filed: a note by each transaction that writes traces, taken out by the sweep. */
export const traceWordsPending = pgTable(
  'trace_words_pending',
  {
    tenantId: uuid('tenant_id').notNull(),
    id: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity(),
    traceIds: text('trace_ids').array().notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.id] })],
);
