import { sql } from 'drizzle-orm';
import { boolean, check, index, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { users } from './people';

/** A customer's workspace. Its data lives in the schema named after its id. */
export const tenants = pgTable(
  'tenants',
  {
    id: uuid().primaryKey(),
    slug: text().notNull().unique(),
    name: text().notNull(),
    status: text({ enum: ['active', 'suspended', 'deleting'] })
      .notNull()
      .default('active'),
    plan: text().notNull().default('starter'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
    /** Set while the status is `deleting`: when and by whom that was asked for, and when the erasure may begin. */
    deletionRequestedAt: timestamp('deletion_requested_at', { withTimezone: true }),
    deletionRequestedBy: uuid('deletion_requested_by').references(() => users.id, { onDelete: 'set null' }),
    deleteAfter: timestamp('delete_after', { withTimezone: true }),
    /** Since when nothing may be added, because nobody has paid for a while; null while all is well. */
    readOnlySince: timestamp('read_only_since', { withTimezone: true }),
    /** Whether operators may look into the workspace's console; its admins say so. */
    allowsSupport: boolean('allows_support').notNull().default(true),
  },
  (t) => [
    check('tenants_status_known', sql`${t.status} in ('active', 'suspended', 'deleting')`),
    check('tenants_deletion_dated', sql`${t.deleteAfter} is null or ${t.status} = 'deleting'`),
    index('tenants_newest').on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index('tenants_deletion_due').on(t.deleteAfter).where(sql`${t.deleteAfter} is not null`),
  ],
);

/** A person's role in one tenant. */
export const memberships = pgTable(
  'memberships',
  {
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    role: text({ enum: ['admin', 'analyst', 'viewer'] }).notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    /** When the person last used this workspace; written at most once a minute. */
    lastActiveAt: timestamp('last_active_at', { withTimezone: true }),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.userId] }),
    index('memberships_user').on(t.userId),
    check('memberships_role_known', sql`${t.role} in ('admin', 'analyst', 'viewer')`),
  ],
);
