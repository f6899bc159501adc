import {
  bigint,
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

/** What a rollup holds, of an hour or of a day. */
const sums = {
  project: text().notNull(),
  /** Empty where a trace names no model. */
  model: text().notNull(),
  traceCount: integer('trace_count').notNull(),
  errorCount: integer('error_count').notNull(),
  tokensIn: bigint('tokens_in', { mode: 'number' }).notNull(),
  tokensOut: bigint('tokens_out', { mode: 'number' }).notNull(),
  /** How many latencies fell into which bucket of lib/stats/rules.ts. */
  latencies: jsonb().$type<Record<string, number>>().notNull(),
  /** What averages are made of: over the traces that have one. Latencies are milliseconds, scores 0 to 1. */
  latencySum: doublePrecision('latency_sum').notNull().default(0),
  latencyCount: integer('latency_count').notNull().default(0),
  groundingSum: doublePrecision('grounding_sum').notNull().default(0),
  groundingCount: integer('grounding_count').notNull().default(0),
  helpfulnessSum: doublePrecision('helpfulness_sum').notNull().default(0),
  helpfulnessCount: integer('helpfulness_count').notNull().default(0),
  safetySum: doublePrecision('safety_sum').notNull().default(0),
  safetyCount: integer('safety_count').notNull().default(0),
  overallSum: doublePrecision('overall_sum').notNull().default(0),
  overallCount: integer('overall_count').notNull().default(0),
  green: integer().notNull().default(0),
  amber: integer().notNull().default(0),
  red: integer().notNull().default(0),
};

/**
 * Traces by hour of receipt, project and model, for every hour that is closed: what the overview reads instead of the
 * traces. Tenant data, partitioned like `traces`. An hour is written whole and again whole, never added to.
 */
export const traceRollups = pgTable(
  'trace_rollups',
  {
    tenantId: uuid('tenant_id').notNull(),
    hour: timestamp({ withTimezone: true }).notNull(),
    ...sums,
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.hour, t.project, t.model] })],
);

/** The same by day (UTC), for every day whose hours are all closed: made of them, for what looks at months. */
export const traceRollupDays = pgTable(
  'trace_rollup_days',
  {
    tenantId: uuid('tenant_id').notNull(),
    day: timestamp({ withTimezone: true }).notNull(),
    ...sums,
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.day, t.project, t.model] })],
);

/** Until when a tenant's traces are rolled up by the hour, and by the day: what is later is read from the traces themselves. */
export const statsProgress = pgTable('stats_progress', {
  tenantId: uuid('tenant_id').primaryKey(),
  rolledUntil: timestamp('rolled_until', { withTimezone: true }).notNull(),
  /** Begins a day; null before the first one is written. */
  daysUntil: timestamp('days_until', { withTimezone: true }),
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
