import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  customType,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';
import { users } from './people';

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

/** Keys of the operators' scripts. The key itself is never stored: `secretHash` is SHA-256 of its random part. */
export const operatorKeys = pgTable('operator_keys', {
  id: uuid().primaryKey(),
  name: text().notNull(),
  secretHash: bytea('secret_hash').notNull(),
  createdBy: uuid('created_by').references(() => users.id, { onDelete: 'set null' }),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  expiresAt: timestamp('expires_at', { withTimezone: true }),
  revokedAt: timestamp('revoked_at', { withTimezone: true }),
  /** Written at most once a minute. */
  lastUsedAt: timestamp('last_used_at', { withTimezone: true }),
});

/**
 * What operators do to the platform itself: what concerns no single tenant. What they do to a tenant stands in that
 * tenant's own log. Nobody may change or delete a row through the app.
 */
export const platformAudit = pgTable(
  'platform_audit',
  {
    id: bigint({ mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    at: timestamp({ withTimezone: true }).notNull().defaultNow(),
    actorKind: text('actor_kind', { enum: ['user', 'operator-key', 'system'] }).notNull(),
    actorId: text('actor_id').notNull(),
    /** The person's address or the key's name, as it was then. */
    actorName: text('actor_name').notNull(),
    action: text().notNull(),
    targetKind: text('target_kind').notNull(),
    targetId: text('target_id').notNull(),
    reason: text(),
    before: jsonb().$type<Record<string, unknown>>(),
    after: jsonb().$type<Record<string, unknown>>(),
    ip: text(),
    userAgent: text('user_agent'),
    requestId: text('request_id'),
  },
  (t) => [index('platform_audit_newest').on(t.at.desc().nullsFirst(), t.id.desc().nullsFirst())],
);

/**
 * An operator's stay in a tenant's console: bound to the session that began it, over at `expiresAt`, and read-only but
 * for the time until `writeUntil`.
 */
export const supportSessions = pgTable(
  'support_sessions',
  {
    // No foreign key to sessions: what is over stays known.
    tenantId: uuid('tenant_id').notNull(),
    id: uuid().notNull(),
    userId: uuid('user_id').notNull(),
    sessionId: uuid('session_id').notNull(),
    reason: text().notNull(),
    startedAt: timestamp('started_at', { withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
    writeReason: text('write_reason'),
    writeUntil: timestamp('write_until', { withTimezone: true }),
    endedAt: timestamp('ended_at', { withTimezone: true }),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('support_sessions_open').on(t.tenantId, t.sessionId).where(sql`${t.endedAt} is null`),
    check('support_sessions_write_reasoned', sql`(${t.writeUntil} is null) = (${t.writeReason} is null)`),
  ],
);

/**
 * Answers by minute and route, of all processes together: how many, how many of them failures of ours, and how long they
 * took, as counts in the buckets of lib/vitals/latency.ts. Kept for two hours.
 */
export const requestMinutes = pgTable(
  'request_minutes',
  {
    minute: timestamp({ withTimezone: true }).notNull(),
    route: text().notNull(),
    requests: integer().notNull(),
    errors: integer().notNull(),
    latencies: integer().array().notNull(),
  },
  (t) => [primaryKey({ columns: [t.minute, t.route] })],
);

/** When each of the sweeps last ran in any process, and what became of it. Written every few seconds. */
export const sweepRuns = pgTable('sweep_runs', {
  name: text().primaryKey(),
  everyMs: integer('every_ms').notNull(),
  finishedAt: timestamp('finished_at', { withTimezone: true }).notNull(),
  durationMs: integer('duration_ms').notNull(),
  /** When it last ended without an error; null where it never has. */
  succeededAt: timestamp('succeeded_at', { withTimezone: true }),
  /** What the last failure said; null after a success. */
  error: text(),
});
