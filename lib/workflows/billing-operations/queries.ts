import { and, desc, eq, gt, lt, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { isoTime } from '@/db/iso-time';
import { billingCustomers, billingSeatChanges, stripeEvents } from '@/db/schema/billing';
import { tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { authorizeOperator } from '@/lib/auth/authorize';
import { readBilling } from '@/lib/billing/queries';
import { listDeadLetters, readUsageLag } from '@/lib/billing-usage/queries';
import { stripeMode, webhookSecret } from '@/lib/stripe/client';
import type { OperatorContext } from '@/lib/tenancy/context';
import { countWebhookJobs } from '@/lib/workflows/billing-jobs/queries';
import { dashboardUrl } from './rules';
import type { BillingOverview, EventFilter, StripeEvent, TenantBilling } from './schema';

const PER_PAGE = 50;

/** How billing stands: events, what fails, and what was given up. Throws AppError `forbidden`. */
export async function getBillingOverview(
  ctx: OperatorContext,
  filter: EventFilter,
): Promise<BillingOverview> {
  authorizeOperator(ctx);
  const { db } = pool('platform');
  const [events, failing, counts, usage, letters] = await Promise.all([
    listEvents(db, filter),
    listFailing(db),
    countCustomers(db),
    readUsageLag(),
    listDeadLetters(),
  ]);
  const shown = events.slice(0, PER_PAGE);
  return {
    mode: stripeMode(),
    takes_webhooks: webhookSecret() !== null,
    ...counts,
    events: shown,
    next: events.length > PER_PAGE ? (shown.at(-1)?.received_at ?? null) : null,
    failing,
    usage: { waiting: usage.waiting, oldest_seconds: usage.oldestSeconds },
    dead_letters: letters.map(({ tenantId, deadAt, ...letter }) => ({
      ...letter,
      tenant_id: tenantId,
      dead_at: deadAt,
    })),
  };
}

/** How one tenant pays. Throws AppError `forbidden`, `not_found`. */
export async function getTenantBilling(ctx: OperatorContext, tenantId: string): Promise<TenantBilling> {
  authorizeOperator(ctx);
  return withPlatform(async (db) => {
    const [row] = await db
      .select({ id: billingCustomers.stripeCustomerId, mode: billingCustomers.mode })
      .from(billingCustomers)
      .where(eq(billingCustomers.tenantId, tenantId));
    const customer = row?.id ? { id: row.id, dashboard_url: dashboardUrl(row.mode, row.id) } : null;
    return { ...(await readBilling(db, tenantId)), customer };
  });
}

/** How the talk with Stripe goes: what was heard, what failed, and what is still to be told. Times are ISO 8601 in UTC. */
export type StripeState = {
  mode: ReturnType<typeof stripeMode>;
  takesWebhooks: boolean;
  lastEventAt: string | null;
  failedEvents: number;
  failingCustomers: number;
  reports: { waiting: number; oldestSeconds: number; givenUp: number };
};

/** Part of a verb: that state, for the page of the platform's health. */
export async function readStripeState(): Promise<StripeState> {
  const [row] = await pool('platform').db.execute<{
    last: string | null;
    failing: number;
    dead: number;
  }>(sql`
    select (select ${isoTime(sql`max(received_at)`)} from stripe_events) as last,
      (select count(*) from billing_customers where sync_failures > 0)::int as failing,
      (select count(*) from usage_outbox where dead_at is not null and delta <> 0)::int as dead`);
  return {
    mode: stripeMode(),
    takesWebhooks: webhookSecret() !== null,
    lastEventAt: row?.last ?? null,
    failedEvents: (await countWebhookJobs(pool('platform').db)).failed ?? 0,
    failingCustomers: row?.failing ?? 0,
    reports: { ...(await readUsageLag()), givenUp: row?.dead ?? 0 },
  };
}

async function listEvents(db: Db, { state, before }: EventFilter): Promise<StripeEvent[]> {
  const rows = await db
    .select({ event: stripeEvents, slug: tenants.slug })
    .from(stripeEvents)
    .leftJoin(tenants, eq(tenants.id, stripeEvents.tenantId))
    .where(
      and(
        state ? eq(stripeEvents.state, state) : undefined,
        before ? lt(stripeEvents.receivedAt, new Date(before)) : undefined,
      ),
    )
    .orderBy(desc(stripeEvents.receivedAt), desc(stripeEvents.id))
    .limit(PER_PAGE + 1);
  return rows.map(({ event, slug }) => ({
    ...{ id: event.id, type: event.type, state: event.state, tenant_id: event.tenantId, slug },
    created_at: event.createdAt.toISOString(),
    received_at: event.receivedAt.toISOString(),
    done_at: event.doneAt?.toISOString() ?? null,
    replayed_at: event.replayedAt?.toISOString() ?? null,
    ...{ error: event.error, payload: event.payload },
  }));
}

async function listFailing(db: Db): Promise<BillingOverview['failing']> {
  const syncs = await db
    .select({
      tenant_id: billingCustomers.tenantId,
      slug: tenants.slug,
      failures: billingCustomers.syncFailures,
      error: billingCustomers.syncError,
    })
    .from(billingCustomers)
    .innerJoin(tenants, eq(tenants.id, billingCustomers.tenantId))
    .where(gt(billingCustomers.syncFailures, 0))
    .limit(PER_PAGE);
  const seats = await db
    .select({
      tenant_id: billingSeatChanges.tenantId,
      slug: tenants.slug,
      failures: billingSeatChanges.failures,
      error: billingSeatChanges.error,
    })
    .from(billingSeatChanges)
    .innerJoin(tenants, eq(tenants.id, billingSeatChanges.tenantId))
    .where(gt(billingSeatChanges.failures, 0))
    .limit(PER_PAGE);
  return [
    ...syncs.map((row) => ({ ...row, what: 'sync' as const })),
    ...seats.map((row) => ({ ...row, what: 'seats' as const })),
  ];
}

async function countCustomers(db: Db) {
  const [row] = await db.execute<{ customers: number; paying: number; due: number }>(sql`
    select (select count(*) from billing_customers where stripe_customer_id is not null)::int as customers,
      (select count(distinct tenant_id) from billing_subscriptions where status in ('active', 'trialing'))::int as paying,
      (select count(*) from billing_customers where past_due_since is not null)::int as due`);
  return { customers: row?.customers ?? 0, paying: row?.paying ?? 0, past_due: row?.due ?? 0 };
}
