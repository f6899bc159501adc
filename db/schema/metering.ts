import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  date,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';

/**
 * What a tenant used of a metric in one closed hour (UTC, named by its beginning). Written by the tick alone. What commits
 * after the hour was closed makes the next revision; `value` is always the newest one's. An hour without a row is 0.
 */
export const usageRecords = pgTable(
  'usage_records',
  {
    tenantId: uuid('tenant_id').notNull(),
    metric: text().notNull(),
    hour: timestamp({ withTimezone: true }).notNull(),
    value: bigint({ mode: 'number' }).notNull(),
    revision: integer().notNull().default(1),
    closedAt: timestamp('closed_at', { withTimezone: true }).notNull().defaultNow(),
    revisedAt: timestamp('revised_at', { withTimezone: true }),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.metric, t.hour] }),
    check('usage_records_whole_hour', sql`${t.hour} = date_trunc('hour', ${t.hour}, 'UTC')`),
  ],
);

/**
 * What is to be told to the payment provider: by how much each revision of a record differs from the one before, for
 * metrics that are billed by use. Written with the record in one transaction; `identifier` makes a repetition harmless.
 */
export const usageOutbox = pgTable(
  'usage_outbox',
  {
    tenantId: uuid('tenant_id').notNull(),
    id: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity(),
    metric: text().notNull(),
    hour: timestamp({ withTimezone: true }).notNull(),
    revision: integer().notNull(),
    delta: bigint({ mode: 'number' }).notNull(),
    identifier: text().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    deliveredAt: timestamp('delivered_at', { withTimezone: true }),
    /** How often it was sent without our hearing that it arrived, and when first: what became of it may be unknown. */
    attempts: integer().notNull().default(0),
    firstSentAt: timestamp('first_sent_at', { withTimezone: true }),
    nextAt: timestamp('next_at', { withTimezone: true }),
    /** Of an hour in which nobody subscribed: it is not reported. */
    skippedAt: timestamp('skipped_at', { withTimezone: true }),
    /** Given up, and why; until somebody has it tried again. */
    deadAt: timestamp('dead_at', { withTimezone: true }),
    reason: text(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    unique('usage_outbox_identifier').on(t.tenantId, t.identifier),
    check('usage_outbox_identifier_length', sql`length(${t.identifier}) <= 100`),
    index('usage_outbox_waiting')
      .on(t.id)
      .where(sql`${t.deliveredAt} is null and ${t.skippedAt} is null and ${t.deadAt} is null`),
    index('usage_outbox_dead').on(t.deadAt).where(sql`${t.deadAt} is not null`),
  ],
);

/**
 * The current billing period of a tenant that subscribes; without a row it is the calendar month in UTC. Written by billing.
 * `anchor` is the moment whose day of the month the periods keep to (31 stays 31 after a February); the start unless told.
 */
export const usagePeriods = pgTable(
  'usage_periods',
  {
    tenantId: uuid('tenant_id').primaryKey(),
    periodStart: timestamp('period_start', { withTimezone: true }).notNull(),
    periodEnd: timestamp('period_end', { withTimezone: true }).notNull(),
    anchor: timestamp({ withTimezone: true }),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [check('usage_periods_in_order', sql`${t.periodStart} < ${t.periodEnd}`)],
);

/**
 * How far a tenant's meters have come, and the lock of whoever moves them. Hours before `closedUntil` are closed. Deltas up
 * to `settledId` are counted and no other can turn up among them; docs/adr/0014 says how `seenId` and `seenUntil` prove it.
 */
export const usageMeters = pgTable('usage_meters', {
  tenantId: uuid('tenant_id').primaryKey(),
  closedUntil: timestamp('closed_until', { withTimezone: true }).notNull(),
  settledId: bigint('settled_id', { mode: 'bigint' }).notNull().default(sql`0`),
  /** The greatest id that the last tick saw, and the first transaction that had not begun by then. */
  seenId: bigint('seen_id', { mode: 'bigint' }).notNull().default(sql`0`),
  seenUntil: bigint('seen_until', { mode: 'bigint' }).notNull().default(sql`0`),
  /** Deltas of hours before this are summed up: one row for each hour, key and project. */
  compactedUntil: timestamp('compacted_until', { withTimezone: true }),
  /** Ticks in a row that failed for this tenant; the others went on. */
  failures: integer().notNull().default(0),
  failedAt: timestamp('failed_at', { withTimezone: true }),
  error: text(),
});

/** Portions of requests that were counted in memory and are written: a portion that is tried again is written once. */
export const usageFlushes = pgTable('usage_flushes', {
  id: uuid().primaryKey(),
  flushedAt: timestamp('flushed_at', { withTimezone: true }).notNull().defaultNow(),
});

/** Days on whose night the meters were looked after: whoever writes the row does it. */
export const usageNights = pgTable('usage_nights', {
  night: date().primaryKey(),
  begunAt: timestamp('begun_at', { withTimezone: true }).notNull().defaultNow(),
});

/** From when until when a person was a member: `endedAt` is null while they are. Written with the membership. */
export const membershipIntervals = pgTable(
  'membership_intervals',
  {
    tenantId: uuid('tenant_id').notNull(),
    userId: uuid('user_id').notNull(),
    beganAt: timestamp('began_at', { withTimezone: true }).notNull().defaultNow(),
    endedAt: timestamp('ended_at', { withTimezone: true }),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.userId, t.beganAt] }),
    check('membership_intervals_in_order', sql`${t.beganAt} <= ${t.endedAt}`),
  ],
);

/** Each run of the tick that had something to do, and each reconciliation: written while it goes on. */
export const meteringRuns = pgTable(
  'metering_runs',
  {
    id: uuid().primaryKey(),
    kind: text({ enum: ['tick', 'reconciliation'] }).notNull(),
    trigger: text({ enum: ['boot', 'timer', 'cron', 'operator'] }).notNull(),
    startedAt: timestamp('started_at', { withTimezone: true }).notNull().defaultNow(),
    finishedAt: timestamp('finished_at', { withTimezone: true }),
    /** Tenants that are to be looked at, and those that are done. */
    tenantsTotal: integer('tenants_total').notNull().default(0),
    tenants: integer().notNull().default(0),
    /** Of a tick: tenant-hours that were closed, and records revised. Of a reconciliation: hours compared, and differences. */
    hours: integer().notNull().default(0),
    revisions: integer().notNull().default(0),
    /** What was added to the records of traces, and the peaks of members in the last hour that was closed of each tenant. */
    traces: bigint({ mode: 'number' }).notNull().default(0),
    seats: bigint({ mode: 'number' }).notNull().default(0),
    errors: integer().notNull().default(0),
    /** The first of them. */
    failures: jsonb().$type<{ tenantId: string; message: string }[]>().notNull().default([]),
  },
  (t) => [
    index('metering_runs_newest').on(t.startedAt),
    check('metering_runs_kind_known', sql`${t.kind} in ('tick', 'reconciliation')`),
    check('metering_runs_trigger_known', sql`${t.trigger} in ('boot', 'timer', 'cron', 'operator')`),
  ],
);

/** A difference that the reconciliation found. Nothing corrects it silently: it stays until a later one finds it gone. */
export const meteringFindings = pgTable(
  'metering_findings',
  {
    tenantId: uuid('tenant_id').notNull(),
    id: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity(),
    /** Which check of lib/metering/schema.ts found it. */
    checkName: text('check_name').notNull(),
    metric: text().notNull(),
    /** The hour it is about; for what is no hour's, when it was first seen. */
    hour: timestamp({ withTimezone: true }).notNull(),
    expected: bigint({ mode: 'number' }).notNull(),
    found: bigint({ mode: 'number' }).notNull(),
    firstSeenAt: timestamp('first_seen_at', { withTimezone: true }).notNull().defaultNow(),
    lastSeenAt: timestamp('last_seen_at', { withTimezone: true }).notNull().defaultNow(),
    mailedAt: timestamp('mailed_at', { withTimezone: true }),
    resolvedAt: timestamp('resolved_at', { withTimezone: true }),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    unique('metering_findings_once').on(t.tenantId, t.checkName, t.metric, t.hour),
    index('metering_findings_open').on(t.lastSeenAt).where(sql`${t.resolvedAt} is null`),
  ],
);
