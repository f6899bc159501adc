import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';
import { tenants } from './tenancy';

/** What an operator has agreed with a tenant in place of its plan's amounts, a period: null is as the plan says. */
export const tenantAmounts = pgTable(
  'tenant_amounts',
  {
    tenantId: uuid('tenant_id')
      .primaryKey()
      .references(() => tenants.id),
    traces: bigint({ mode: 'number' }),
    /** What a thousand beyond `traces` cost, in integer US cents; null refuses them. */
    per1000Traces: integer('per_1000_traces'),
    seats: integer(),
    reason: text().notNull(),
    setAt: timestamp('set_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    check('tenant_amounts_positive', sql`${t.traces} >= 0 and ${t.per1000Traces} > 0 and ${t.seats} > 0`),
    check('tenant_amounts_price_of_own', sql`${t.traces} is not null or ${t.per1000Traces} is null`),
    check('tenant_amounts_say_something', sql`${t.traces} is not null or ${t.seats} is not null`),
  ],
);

/** What a tenant's admins let traces beyond the included ones cost in a period, in integer US cents. Without a row: anything. */
export const spendCaps = pgTable(
  'spend_caps',
  {
    tenantId: uuid('tenant_id')
      .primaryKey()
      .references(() => tenants.id),
    cents: integer().notNull(),
    setAt: timestamp('set_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [check('spend_caps_not_negative', sql`${t.cents} >= 0`)],
);

/**
 * Of which share of which amount a tenant's admins were told in a period: one mail each. An amount that is raised within the
 * period is another one.
 */
export const quotaAlerts = pgTable(
  'quota_alerts',
  {
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id),
    periodStart: timestamp('period_start', { withTimezone: true }).notNull(),
    /** What ends there: the included traces, after which they cost, or all that there are. */
    kind: text({ enum: ['included', 'limit'] }).notNull(),
    traces: bigint({ mode: 'number' }).notNull(),
    percent: smallint().notNull(),
    mailedAt: timestamp('mailed_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.periodStart, t.kind, t.traces, t.percent] }),
    check('quota_alerts_kind_known', sql`${t.kind} in ('included', 'limit')`),
  ],
);
