import {
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

/** The JSON of one retrieved chunk as stored, in rank order. */
export type StoredChunk = {
  text: string;
  source?: string;
  score?: number;
  metadata?: Record<string, unknown>;
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
