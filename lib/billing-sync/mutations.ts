import { setTimeout as wait } from 'node:timers/promises';
import { and, eq, inArray, isNotNull, lte, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import {
  billingCustomers,
  billingInvoices,
  billingSeatChanges,
  billingSubscriptions,
  stripeEvents,
} from '@/db/schema/billing';
import { usagePeriods } from '@/db/schema/metering';
import { memberships } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { applyStanding } from '@/lib/billing-standing/mutations';
import { currentOf, isLive } from '@/lib/billing-standing/rules';
import { AppError } from '@/lib/errors';
import { logError } from '@/lib/log';
import { ask, refusalOf, stripeMode } from '@/lib/stripe/client';
import { lockTenant } from '@/lib/tenants/mutations';
import { type Fetched, fetchCustomer } from './queries';
import { pastDueSince, type Snapshot, toInvoiceRow, toSnapshot } from './rules';

/** A sync that was killed holds up the next no longer than this, in seconds. */
const LEASE_SECONDS = 60;
/** Tenants that are synced at once. */
const AT_ONCE = 2;
const BATCH = 50;

/**
 * Fetches everything that Stripe knows of a tenant's customer and stores it whole: the one way in which Stripe's state comes
 * to us, whatever woke it. One runs at a time for each customer; another that is wanted meanwhile waits for up to `waitMs`.
 * Of two fetches the one that was begun last counts, whichever is stored first. Answers false where there is no customer, or
 * another is still at it. Throws AppError `unavailable`: our copy stays as it was, and is tried again.
 */
export async function syncCustomer(
  tenantId: string,
  { waitMs = 0 }: { waitMs?: number } = {},
): Promise<boolean> {
  const deadline = Date.now() + waitMs;
  let claim = await claimCustomer(tenantId);
  while (claim === 'busy' && Date.now() < deadline) {
    await wait(100);
    claim = await claimCustomer(tenantId);
  }
  if (claim === null || claim === 'busy') return false;
  try {
    const fetched = await fetchCustomer(claim.customer);
    await holdDrafts(fetched);
    await store(tenantId, fetched, claim.begunAt);
    return true;
  } catch (error) {
    await noteFailure(tenantId, error);
    throw error;
  }
}

/** The invoice of a period is final no earlier than this after its end, in seconds: its last hour is counted by then. */
const FINAL_AFTER_SECONDS = 2 * 3_600;

/**
 * Stripe finalizes an invoice an hour after its period's end. The hour in which that lies is closed up to an hour and five
 * minutes later, and reported then: what came later than the invoice would never be paid for.
 */
async function holdDrafts({ invoices }: Fetched): Promise<void> {
  for (const invoice of invoices) {
    const until = invoice.created + FINAL_AFTER_SECONDS;
    const isRenewal = invoice.status === 'draft' && invoice.billing_reason === 'subscription_cycle';
    if (!isRenewal || !invoice.auto_advance || (invoice.automatically_finalizes_at ?? until) >= until)
      continue;
    await ask('invoice', (stripe) =>
      stripe.invoices.update(invoice.id, { automatically_finalizes_at: until }),
    ).catch((error) => {
      // Finalized in this moment: then it is.
      if (!refusalOf(error)) throw error;
    });
  }
}

type Claim = { customer: string; begunAt: string };

/** Takes the lease; from this moment of the database's clock on, what is fetched is fresh. */
async function claimCustomer(tenantId: string): Promise<Claim | 'busy' | null> {
  const mode = stripeMode();
  if (!mode) return null;
  const [row] = await pool('platform').db.execute<{ customer: string; begun: string | null }>(sql`
    with mine as (
      update billing_customers set syncing_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})
        where tenant_id = ${tenantId} and mode = ${mode} and stripe_customer_id is not null
          and coalesce(syncing_until < clock_timestamp(), true)
        returning tenant_id)
    select c.stripe_customer_id as customer,
        case when exists (select from mine) then clock_timestamp()::text end as begun
      from billing_customers c where c.tenant_id = ${tenantId} and c.mode = ${mode} and c.stripe_customer_id is not null`);
  if (!row) return null;
  return row.begun === null ? 'busy' : { customer: row.customer, begunAt: row.begun };
}

/** Stores a snapshot in place of the one before, unless that was begun later, and does what follows from it. */
async function store(tenantId: string, fetched: Fetched, begunAt: string): Promise<void> {
  await withPlatform(async (db) => {
    const tenant = await lockTenant(db, tenantId);
    const [known] = await db
      .select({
        isNewer: sql<boolean>`coalesce(${billingCustomers.snapshotAt} >= ${begunAt}::timestamptz, false)`,
        pastDueSince: billingCustomers.pastDueSince,
      })
      .from(billingCustomers)
      .where(eq(billingCustomers.tenantId, tenantId))
      .for('update');
    if (!known || known.isNewer) return;
    const snapshots = fetched.subscriptions.map((object) => ({ ...toSnapshot(object), object }));
    const current = currentOf(snapshots);
    await replaceCopies(db, tenantId, snapshots, fetched);
    await writePeriod(db, tenantId, current);
    await db
      .update(billingCustomers)
      .set({
        object: fetched.customer as unknown as Record<string, unknown>,
        clockAt: fetched.clockAt,
        pastDueSince:
          pastDueSince(current, fetched.invoices) ??
          (isUnpaid(current) ? (known.pastDueSince ?? sql`now()`) : null),
        snapshotAt: sql`${begunAt}::timestamptz`,
        // What was heard since the fetch began is not in it, maybe.
        dirtyAt: sql`case when ${billingCustomers.dirtyAt} > ${begunAt}::timestamptz then ${billingCustomers.dirtyAt} end`,
        ...{ syncingUntil: null, syncAfter: null, syncFailures: 0, syncError: null },
      })
      .where(eq(billingCustomers.tenantId, tenantId));
    await db
      .update(stripeEvents)
      .set({ state: 'done', doneAt: sql`clock_timestamp()`, error: null })
      .where(
        and(
          eq(stripeEvents.tenantId, tenantId),
          inArray(stripeEvents.state, ['waiting', 'failed']),
          lte(stripeEvents.receivedAt, sql`${begunAt}::timestamptz`),
        ),
      );
    await applyStanding(db, tenant, { pastDueSince: known.pastDueSince });
    await noteSeats(db, tenantId, current);
  });
}

function isUnpaid(current: Snapshot | null): boolean {
  return current?.status === 'past_due' || current?.status === 'unpaid';
}

async function replaceCopies(
  db: Db,
  tenantId: string,
  snapshots: readonly (Snapshot & { object: unknown })[],
  { invoices }: Fetched,
): Promise<void> {
  await db.delete(billingSubscriptions).where(eq(billingSubscriptions.tenantId, tenantId));
  await db.delete(billingInvoices).where(eq(billingInvoices.tenantId, tenantId));
  for (const snapshot of snapshots) {
    const object = snapshot.object as Record<string, unknown>;
    await db.insert(billingSubscriptions).values({ ...snapshot, tenantId, object });
  }
  for (let from = 0; from < invoices.length; from += BATCH) {
    const rows = invoices
      .slice(from, from + BATCH)
      .map((invoice) => ({ tenantId, ...toInvoiceRow(invoice) }));
    await db.insert(billingInvoices).values(rows);
  }
}

/** The period that meters count by is the subscription's, for as long as there is one. */
async function writePeriod(db: Db, tenantId: string, current: Snapshot | null): Promise<void> {
  if (!current || !isLive(current.status)) {
    await db.delete(usagePeriods).where(eq(usagePeriods.tenantId, tenantId));
    return;
  }
  const { periodStart, periodEnd, anchor } = current;
  const values = { periodStart, periodEnd, anchor, updatedAt: sql`now()` };
  await db
    .insert(usagePeriods)
    .values({ tenantId, ...values })
    .onConflictDoUpdate({ target: usagePeriods.tenantId, set: values });
}

/** Has Stripe told of the members, where it counts others. */
async function noteSeats(db: Db, tenantId: string, current: Snapshot | null): Promise<void> {
  if (!current || current.seats === null || !isLive(current.status)) return;
  const members = await db.$count(memberships, eq(memberships.tenantId, tenantId));
  if (members !== current.seats)
    await db.insert(billingSeatChanges).values({ tenantId }).onConflictDoNothing();
}

async function noteFailure(tenantId: string, error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  await withPlatform(async (db) => {
    await db
      .update(billingCustomers)
      .set({
        syncingUntil: null,
        syncFailures: sql`${billingCustomers.syncFailures} + 1`,
        syncError: message.slice(0, 500),
        // 5 s, 10 s, 20 s … an hour.
        syncAfter: sql`clock_timestamp() + make_interval(secs => least(3600, 5 * power(2, least(${billingCustomers.syncFailures}, 10))))`,
        dirtyAt: sql`coalesce(${billingCustomers.dirtyAt}, clock_timestamp())`,
      })
      .where(eq(billingCustomers.tenantId, tenantId));
    await db
      .update(stripeEvents)
      .set({ state: 'failed', error: message.slice(0, 500) })
      .where(and(eq(stripeEvents.tenantId, tenantId), eq(stripeEvents.state, 'waiting')));
  });
}

/** Says that our copy is behind. It is fetched within seconds, by whoever sweeps. */
export async function markDirty(db: Db, tenantId: string): Promise<void> {
  await db
    .update(billingCustomers)
    .set({ dirtyAt: sql`clock_timestamp()`, syncAfter: null })
    .where(eq(billingCustomers.tenantId, tenantId));
}

/** Has our copy fetched anew, unless that is waited for already: what has failed is tried again in its own time. */
export async function wantSync(db: Db, tenantId: string): Promise<void> {
  await db
    .update(billingCustomers)
    .set({ dirtyAt: sql`coalesce(${billingCustomers.dirtyAt}, clock_timestamp())` })
    .where(eq(billingCustomers.tenantId, tenantId));
}

/** Syncs every customer of whom something was heard. Called every few seconds; two processes that do share the work. */
export async function sweepDirtyCustomers(): Promise<void> {
  if (!stripeMode()) return;
  const due = await pool('platform')
    .db.select({ id: billingCustomers.tenantId })
    .from(billingCustomers)
    .where(
      and(
        isNotNull(billingCustomers.dirtyAt),
        isNotNull(billingCustomers.stripeCustomerId),
        sql`coalesce(${billingCustomers.syncAfter} <= clock_timestamp(), true)`,
      ),
    )
    .orderBy(billingCustomers.dirtyAt)
    .limit(BATCH);
  await syncAll(due.map(({ id }) => id));
}

/** Marks every customer for a sync whose copy is older than a day: what no webhook told is found so. Called every hour. */
export async function sweepAllCustomers(): Promise<void> {
  const mode = stripeMode();
  if (!mode) return;
  await pool('platform').db.execute(sql`
    update billing_customers set dirty_at = coalesce(dirty_at, clock_timestamp())
      where stripe_customer_id is not null and mode = ${mode}
        and coalesce(snapshot_at < clock_timestamp() - interval '24 hours', true)`);
}

async function syncAll(ids: string[]): Promise<void> {
  const work = async () => {
    for (let id = ids.shift(); id; id = ids.shift())
      await syncCustomer(id).catch((error) => {
        if (!(error instanceof AppError && error.code === 'unavailable'))
          logError(error, 'a customer cannot be synced');
      });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
