import {
  bigint,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

/**
 * Traces by hour of receipt, project and model, for every hour that is closed: what the overview reads instead of the
 * traces. Tenant data, partitioned like `traces`. An hour is written whole and again whole, never added to.
 */
export const traceRollups = pgTable(
  'trace_rollups',
  {
    tenantId: uuid('tenant_id').notNull(),
    hour: timestamp({ withTimezone: true }).notNull(),
    project: text().notNull(),
    /** Empty where a trace names no model. */
    model: text().notNull(),
    traceCount: integer('trace_count').notNull(),
    errorCount: integer('error_count').notNull(),
    tokensIn: bigint('tokens_in', { mode: 'number' }).notNull(),
    tokensOut: bigint('tokens_out', { mode: 'number' }).notNull(),
    /** How many latencies fell into which bucket of lib/stats/rules.ts. */
    latencies: jsonb().$type<Record<string, number>>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.hour, t.project, t.model] })],
);

/** Until when a tenant's hours are rolled up: what is later is read from the traces themselves. */
export const statsProgress = pgTable('stats_progress', {
  tenantId: uuid('tenant_id').primaryKey(),
  rolledUntil: timestamp('rolled_until', { withTimezone: true }).notNull(),
});

/** Hours in which a trace was changed after they were rolled up; appended by the change, taken out by the next sweep. */
export const statsDirtyHours = pgTable(
  'stats_dirty_hours',
  {
    tenantId: uuid('tenant_id').notNull(),
    id: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity(),
    hour: timestamp({ withTimezone: true }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('stats_dirty_hours_hour').on(t.tenantId, t.hour),
  ],
);
