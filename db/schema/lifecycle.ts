import { index, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { users } from './people';
import { tenants } from './tenancy';

/**
 * Addresses that a workspace has left. Until `until` only that workspace may take one again, and requests to it are sent
 * to where the workspace is now. `tenantId` is null once the workspace is erased: then nobody may.
 */
export const reservedSlugs = pgTable(
  'reserved_slugs',
  {
    slug: text().primaryKey(),
    tenantId: uuid('tenant_id').references(() => tenants.id, { onDelete: 'set null' }),
    until: timestamp({ withTimezone: true }).notNull(),
  },
  (t) => [index('reserved_slugs_tenant').on(t.tenantId)],
);

/** Workspaces made through the API that are not confirmed yet. `userId` is who may confirm; null when they are gone. */
export const tenantConfirmations = pgTable('tenant_confirmations', {
  tenantId: uuid('tenant_id')
    .primaryKey()
    .references(() => tenants.id),
  userId: uuid('user_id').references(() => users.id, { onDelete: 'set null' }),
  expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
});

/** Erasures under way: what was counted before anything was touched, so that a resumed one tells the same numbers. */
export const erasures = pgTable('erasures', {
  tenantId: uuid('tenant_id').primaryKey(),
  startedAt: timestamp('started_at', { withTimezone: true }).notNull().defaultNow(),
  rowCounts: jsonb('row_counts').$type<Record<string, number>>().notNull(),
});

/** What remains of an erased workspace. No name, no address, no person: the slug is a keyed hash. */
export const erasureReceipts = pgTable('erasure_receipts', {
  tenantId: uuid('tenant_id').primaryKey(),
  slugHash: text('slug_hash').notNull(),
  requestedAt: timestamp('requested_at', { withTimezone: true, precision: 3 }).notNull(),
  erasedAt: timestamp('erased_at', { withTimezone: true, precision: 3 }).notNull(),
  rowCounts: jsonb('row_counts').$type<Record<string, number>>().notNull(),
  signature: text().notNull(),
});
