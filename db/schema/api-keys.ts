import { sql } from 'drizzle-orm';
import {
  boolean,
  check,
  customType,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';
import { tenants } from './tenancy';

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

/** API keys. The key itself is never stored: `secretHash` is SHA-256 of its random part, readable by the platform login only. */
export const apiKeys = pgTable(
  'api_keys',
  {
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id),
    id: uuid().notNull(),
    name: text().notNull(),
    secretHash: bytea('secret_hash').notNull(),
    /** `publish` keys stand in browser code for everybody to read: they may only write feedback. */
    kind: text({ enum: ['secret', 'publish'] })
      .notNull()
      .default('secret'),
    scopes: text().array().notNull(),
    /** A service key belongs to the tenant: it outlives its creator's membership and is not bounded by their role. */
    isService: boolean('is_service').notNull().default(false),
    createdBy: uuid('created_by'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp('expires_at', { withTimezone: true }),
    revokedAt: timestamp('revoked_at', { withTimezone: true }),
    /** The key that was made in this one's place; this one goes on working until `expiresAt`. */
    replacedBy: uuid('replaced_by'),
    /** Written at most once a minute. */
    lastUsedAt: timestamp('last_used_at', { withTimezone: true }),
    lastUsedIp: text('last_used_ip'),
    /** Requests a second that an admin allows this key; null leaves it the tenant's whole rate. */
    ratePerSecond: integer('rate_per_second'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('api_keys_creator').on(t.createdBy),
    check('api_keys_kind_known', sql`${t.kind} in ('secret', 'publish')`),
    check('api_keys_rate_positive', sql`${t.ratePerSecond} > 0`),
  ],
);
