import { sql } from 'drizzle-orm';
import { bigint, index, integer, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/**
 * What one commit added, per key and project: written in the transaction of the rows it counts, append-only.
 * `recorded_at` is the database's clock; the hourly tick sums these into usage records.
 */
export const usageDeltas = pgTable(
  'usage_deltas',
  {
    // No foreign key: each insert would lock the tenant's row, the one row all of its writers share.
    tenantId: uuid('tenant_id').notNull(),
    id: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity(),
    /** Rounded to milliseconds, as `traces.received_at` is. */
    recordedAt: timestamp('recorded_at', { withTimezone: true })
      .notNull()
      .default(sql`now()::timestamptz(3)`),
    keyId: uuid('key_id'),
    project: text().notNull(),
    traceCount: integer('trace_count').notNull().default(0),
    tokensIn: bigint('tokens_in', { mode: 'number' }).notNull().default(0),
    tokensOut: bigint('tokens_out', { mode: 'number' }).notNull().default(0),
    apiRequests: integer('api_requests').notNull().default(0),
    storageBytes: bigint('storage_bytes', { mode: 'number' }).notNull().default(0),
    evaluationCount: integer('evaluation_count').notNull().default(0),
    /** For how many commits the row stands: old ones are summed up; 0 is a correction by the nightly recount. */
    commits: integer().notNull().default(1),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('usage_deltas_recorded').on(t.tenantId, t.recordedAt),
  ],
);
