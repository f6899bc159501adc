import { jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** What a run has done to the rows of one table so far. */
export type ImportCounts = { read: number; created: number; updated: number; unchanged: number };

/**
 * How far the migration of a single-tenant database has come, by source and table: written in the transaction of each
 * batch, so that a run that was cut off goes on where its last batch was committed.
 */
export const legacyImports = pgTable(
  'legacy_imports',
  {
    tenantId: uuid('tenant_id').notNull(),
    /** A hash of where the rows come from, without a password. */
    source: text().notNull(),
    tableName: text('table_name').notNull(),
    /** Key of the last row that was dealt with; null before the first. */
    lastKey: text('last_key'),
    counts: jsonb().$type<ImportCounts>().notNull(),
    /** Rows that the database would not take, by their key, with its reason. */
    rejected: jsonb().$type<Record<string, string>>().notNull(),
    startedAt: timestamp('started_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    finishedAt: timestamp('finished_at', { withTimezone: true, precision: 3 }),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.source, t.tableName] })],
);
