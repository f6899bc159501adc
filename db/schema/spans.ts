import {
  bigint,
  boolean,
  doublePrecision,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

/**
 * Spans: the steps of a trace, as OpenTelemetry sent them. Tenant data, partitioned like `traces`; ids are in lower-case hex.
 * Columns are what a list of spans shows; the rest is JSON, as it came. There is no foreign key to the trace: who deletes a
 * trace deletes its spans with it.
 */
export const spans = pgTable(
  'spans',
  {
    tenantId: uuid('tenant_id').notNull(),
    traceId: text('trace_id').notNull(),
    spanId: text('span_id').notNull(),
    parentId: text('parent_id'),
    receivedAt: timestamp('received_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    name: text().notNull(),
    /** What it does in a RAG application: `llm`, `retriever`, …; null for a span of something else. */
    kind: text(),
    spanKind: text('span_kind').notNull(),
    /** Nanoseconds since 1970, by the client's clock. */
    startedNs: bigint('started_ns', { mode: 'bigint' }).notNull(),
    endedNs: bigint('ended_ns', { mode: 'bigint' }),
    status: text({ enum: ['unset', 'ok', 'error'] }).notNull(),
    statusMessage: text('status_message'),
    project: text(),
    model: text(),
    tokensIn: integer('tokens_in'),
    tokensOut: integer('tokens_out'),
    costUsd: doublePrecision('cost_usd'),
    attributes: jsonb().$type<Record<string, unknown>>().notNull(),
    events: jsonb().$type<{ name: string; timeNs: string; attributes: Record<string, unknown> }[]>(),
    links: jsonb().$type<{ traceId: string; spanId: string; attributes: Record<string, unknown> }[]>(),
    resource: jsonb().$type<Record<string, unknown>>(),
    scope: jsonb().$type<{ name: string; version: string | null }>(),
    /** What is odd about it, though it was kept: `odd-time`, `negative-duration`, `bad-parent`. */
    flags: text().array(),
    /** Whether it says anything of the trace it belongs to. Only these are read when the trace is assembled. */
    isTelling: boolean('is_telling').notNull(),
    /** How often it came again with another content: the last one is kept. */
    rewrites: integer().notNull().default(0),
    /** SHA-256 of what the client sent, by which a span sent again is known to be the same. */
    digest: text().notNull(),
    /** Logical size of the client's data in bytes of its JSON in UTF-8, for the storage meter. */
    byteSize: integer('byte_size').notNull(),
    keyId: uuid('key_id'),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.traceId, t.spanId] })],
);
