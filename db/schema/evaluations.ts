import {
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
 * Evaluations: one number that an evaluator gave a trace, with what it says about it. Tenant data, partitioned like
 * `traces`. There is no foreign key to the trace: who deletes a trace deletes its evaluations with it.
 */
export const evaluations = pgTable(
  'evaluations',
  {
    tenantId: uuid('tenant_id').notNull(),
    traceId: text('trace_id').notNull(),
    /** Unique within its trace. */
    id: text().notNull(),
    /** What was judged: `grounding`, `safety`, … */
    scoreType: text('score_type').notNull(),
    score: doublePrecision().notNull(),
    confidence: doublePrecision(),
    explanation: text(),
    metadata: jsonb().$type<Record<string, unknown>>(),
    evaluatorId: text('evaluator_id'),
    evaluatorVersion: text('evaluator_version'),
    /** Logical size, as the storage meter counts it; 0 for those from before they were metered. */
    byteSize: integer('byte_size').notNull().default(0),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.traceId, t.id] })],
);
