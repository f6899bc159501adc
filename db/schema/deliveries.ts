import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

/** One thing wrong with a refused trace: where, and what is expected there. */
export type StoredIssue = { path: string; message: string };

/**
 * The delivery ledger: what became of the traces that a key sent, by hour of the database's clock in UTC. Written in the
 * transaction of what it counts; `received` is counted where traces arrive and the rest where they end, and the database
 * holds the two against each other.
 */
export const deliveries = pgTable(
  'deliveries',
  {
    tenantId: uuid('tenant_id').notNull(),
    hour: timestamp({ withTimezone: true }).notNull(),
    keyId: uuid('key_id').notNull(),
    /** Which of a few rows of the same key and hour a process adds to, so that processes do not wait for each other. */
    writer: smallint().notNull(),
    received: integer().notNull(),
    stored: integer().notNull(),
    updated: integer().notNull(),
    refused: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.hour, t.keyId, t.writer] }),
    check('deliveries_add_up', sql`${t.received} = ${t.stored} + ${t.updated} + ${t.refused}`),
  ],
);

/** The last refusals of each key, and why. */
export const deliveryRefusals = pgTable(
  'delivery_refusals',
  {
    tenantId: uuid('tenant_id').notNull(),
    id: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity(),
    at: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    keyId: uuid('key_id').notNull(),
    requestId: text('request_id').notNull(),
    /** The trace that was refused, where its id could be read; null for a whole request. */
    traceId: text('trace_id'),
    /** A code of lib/errors.ts. */
    code: text().notNull(),
    issues: jsonb().$type<StoredIssue[]>().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('delivery_refusals_newest').on(t.tenantId, t.keyId, t.id),
  ],
);

/** Ids of deleted traces, kept for two days: what a client sends again late is neither stored nor billed again. */
export const traceTombstones = pgTable(
  'trace_tombstones',
  {
    tenantId: uuid('tenant_id').notNull(),
    traceId: text('trace_id').notNull(),
    deletedAt: timestamp('deleted_at', { withTimezone: true }).notNull().defaultNow(),
    /** When the trace was received: it is still counted in that hour. */
    receivedAt: timestamp('received_at', { withTimezone: true }),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.traceId] })],
);
