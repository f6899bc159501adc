import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
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
import { tenants } from './tenancy';

const at = (name: string) => timestamp(name, { withTimezone: true });
const tenantId = () =>
  uuid('tenant_id')
    .notNull()
    .references(() => tenants.id);

/**
 * A tenant's customer at Stripe, how fresh our copy of it is, and what operators have agreed. The row is there from the
 * first need on; the customer's id once Stripe has told it.
 */
export const billingCustomers = pgTable(
  'billing_customers',
  {
    tenantId: tenantId().primaryKey(),
    /** Whose customer it is: one of the sandbox is nobody's at Stripe. */
    mode: text({ enum: ['sandbox', 'test', 'live'] }).notNull(),
    stripeCustomerId: text('stripe_customer_id'),
    /** When Stripe was first asked to make it; the answer may have been lost. */
    requestedAt: at('requested_at'),
    /** The customer as Stripe tells it. */
    object: jsonb().$type<Record<string, unknown>>(),
    /** When something was last heard that our copy does not hold yet; null while it is fresh. */
    dirtyAt: at('dirty_at'),
    /** When the fetch of what is stored was begun: what was begun earlier is discarded. */
    snapshotAt: at('snapshot_at'),
    /** One syncs at a time, until then at the most. */
    syncingUntil: at('syncing_until'),
    syncAfter: at('sync_after'),
    syncFailures: integer('sync_failures').notNull().default(0),
    syncError: text('sync_error'),
    /** Of a customer on a test clock, what time it is there. */
    clockAt: at('clock_at'),
    /** The plan that a subscription, or an operator's gift, has put the tenant on; null is none. */
    grantedPlan: text('granted_plan'),
    pastDueSince: at('past_due_since'),
    /** Until when an operator lets a tenant go on that has not paid. */
    graceUntil: at('grace_until'),
    compPlan: text('comp_plan'),
    compUntil: at('comp_until'),
    /** Counts Checkouts: only the newest may be open. */
    checkouts: integer().notNull().default(0),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [
    unique('billing_customers_stripe_customer').on(t.stripeCustomerId),
    check('billing_customers_mode_known', sql`${t.mode} in ('sandbox', 'test', 'live')`),
    check('billing_customers_comp_dated', sql`(${t.compPlan} is null) = (${t.compUntil} is null)`),
    index('billing_customers_dirty').on(t.dirtyAt).where(sql`${t.dirtyAt} is not null`),
  ],
);

/** Our copy of a subscription: the whole object, and what is asked of it often. Replaced as a whole. */
export const billingSubscriptions = pgTable(
  'billing_subscriptions',
  {
    tenantId: tenantId(),
    id: text().notNull(),
    status: text().notNull(),
    plan: text(),
    interval: text({ enum: ['monthly', 'yearly'] }),
    seats: integer(),
    startedAt: at('started_at').notNull(),
    endedAt: at('ended_at'),
    cancelAt: at('cancel_at'),
    /** The period of what is billed by the month. */
    periodStart: at('period_start').notNull(),
    periodEnd: at('period_end').notNull(),
    /** The moment whose day of the month the periods keep to. */
    anchor: at('anchor').notNull(),
    object: jsonb().$type<Record<string, unknown>>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.id] })],
);

/** Our copy of an invoice. Money is in the currency's minor unit. */
export const billingInvoices = pgTable(
  'billing_invoices',
  {
    tenantId: tenantId(),
    id: text().notNull(),
    number: text(),
    status: text().notNull(),
    currency: text().notNull(),
    total: bigint({ mode: 'number' }).notNull(),
    amountDue: bigint('amount_due', { mode: 'number' }).notNull(),
    amountPaid: bigint('amount_paid', { mode: 'number' }).notNull(),
    /** Made by hand to see one: nobody is to pay it. */
    isTest: boolean('is_test').notNull(),
    reason: text(),
    createdAt: at('created_at').notNull(),
    dueAt: at('due_at'),
    nextAttemptAt: at('next_attempt_at'),
    periodStart: at('period_start').notNull(),
    periodEnd: at('period_end').notNull(),
    hostedUrl: text('hosted_url'),
    pdfUrl: text('pdf_url'),
    object: jsonb().$type<Record<string, unknown>>().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('billing_invoices_newest').on(t.tenantId, t.createdAt.desc().nullsFirst()),
  ],
);

/** Every event that Stripe has sent, once. It is done when the state that it told of was fetched and stored. */
export const stripeEvents = pgTable(
  'stripe_events',
  {
    id: text().primaryKey(),
    type: text().notNull(),
    customer: text(),
    /** Null for an event of no customer of ours. */
    tenantId: uuid('tenant_id'),
    state: text({ enum: ['waiting', 'done', 'ignored', 'failed'] }).notNull(),
    error: text(),
    createdAt: at('created_at').notNull(),
    receivedAt: at('received_at').notNull().defaultNow(),
    doneAt: at('done_at'),
    replayedAt: at('replayed_at'),
    payload: jsonb().$type<Record<string, unknown>>().notNull(),
  },
  (t) => [
    check('stripe_events_state_known', sql`${t.state} in ('waiting', 'done', 'ignored', 'failed')`),
    index('stripe_events_newest').on(t.receivedAt.desc().nullsFirst()),
    index('stripe_events_open').on(t.tenantId).where(sql`${t.state} in ('waiting', 'failed')`),
  ],
);

/**
 * Tenants whose number of members has changed since Stripe was told: one row, however many changes. Written with the
 * membership in one transaction; `revision` tells what came while Stripe was being told.
 */
export const billingSeatChanges = pgTable(
  'billing_seat_changes',
  {
    tenantId: uuid('tenant_id').primaryKey(),
    revision: bigint({ mode: 'number' }).notNull().default(1),
    changedAt: at('changed_at').notNull().defaultNow(),
    nextAt: at('next_at').notNull().defaultNow(),
    failures: integer().notNull().default(0),
    error: text(),
  },
  (t) => [index('billing_seat_changes_due').on(t.nextAt)],
);

/** What admins were told by mail: once about each subject. */
export const billingNotices = pgTable(
  'billing_notices',
  {
    tenantId: tenantId(),
    kind: text().notNull(),
    subject: text().notNull(),
    mailedAt: at('mailed_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.kind, t.subject] })],
);
