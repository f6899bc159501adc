import {
  doublePrecision,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

/**
 * What people say of an answer: a thumb, a score, a comment. Tenant data, partitioned like `traces`. There is no foreign
 * key to the trace: feedback may arrive before it, and who deletes a trace deletes its feedback with it.
 */
export const feedback = pgTable(
  'feedback',
  {
    tenantId: uuid('tenant_id').notNull(),
    traceId: text('trace_id').notNull(),
    /** The client's own id, so that sending it again is harmless; made by us where it sent none. */
    id: text().notNull(),
    thumbs: text({ enum: ['up', 'down'] }),
    /** From 0, the worst, to 1. */
    score: doublePrecision(),
    comment: text(),
    /** Who gave it, as the application names its users. */
    userId: text('user_id'),
    keyId: uuid('key_id'),
    /** Logical size, as the storage meter counts it; 0 for those from before it was kept. */
    byteSize: integer('byte_size').notNull().default(0),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.traceId, t.id] }),
    index('feedback_newest').on(t.tenantId, t.createdAt.desc().nullsFirst()),
  ],
);
