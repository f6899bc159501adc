import { sql } from 'drizzle-orm';
import {
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';
import { tenants } from './tenancy';

/** The rate that an operator has given a tenant for a time, in place of its plan's. */
export const tenantRateLimits = pgTable(
  'tenant_rate_limits',
  {
    tenantId: uuid('tenant_id')
      .primaryKey()
      .references(() => tenants.id),
    perSecond: integer('per_second').notNull(),
    burst: integer().notNull(),
    reason: text().notNull(),
    setAt: timestamp('set_at', { withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (t) => [check('tenant_rate_limits_positive', sql`${t.perSecond} > 0 and ${t.burst} > 0`)],
);

/**
 * Requests by a tenant's keys in stretches of 10 s: let through, and refused for their rate. Written now and then from the
 * memory of each process, kept for 70 minutes.
 */
export const requestSlots = pgTable(
  'request_slots',
  {
    // No foreign key: a write would lock the tenant's row.
    tenantId: uuid('tenant_id').notNull(),
    slot: timestamp({ withTimezone: true }).notNull(),
    keyId: uuid('key_id').notNull(),
    admitted: integer().notNull(),
    limited: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.slot, t.keyId] }), index('request_slots_oldest').on(t.slot)],
);

/** The same by the hour, kept for eight days. */
export const requestHours = pgTable(
  'request_hours',
  {
    tenantId: uuid('tenant_id').notNull(),
    hour: timestamp({ withTimezone: true }).notNull(),
    keyId: uuid('key_id').notNull(),
    admitted: integer().notNull(),
    limited: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.hour, t.keyId] }), index('request_hours_oldest').on(t.hour)],
);

/**
 * Who holds a place among those that a concurrency policy has, until when unless it is renewed: a process that is killed
 * gives its places back by that.
 */
export const concurrencyLeases = pgTable(
  'concurrency_leases',
  {
    tenantId: uuid('tenant_id').notNull(),
    /** A policy of lib/rate-limit/policies.ts. */
    policy: text().notNull(),
    /** From 1 to the policy's limit. */
    place: smallint().notNull(),
    holder: uuid().notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.policy, t.place] })],
);

/** When a tenant's admins were last told by mail that it is limited: one mail a day. */
export const limitNotices = pgTable('limit_notices', {
  tenantId: uuid('tenant_id')
    .primaryKey()
    .references(() => tenants.id),
  mailedAt: timestamp('mailed_at', { withTimezone: true }).notNull(),
});
