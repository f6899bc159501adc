import { and, eq, isNull, ne, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import { type Db, pool } from '@/db/client';
import { billingCustomers, billingInvoices, billingSubscriptions } from '@/db/schema/billing';
import { usagePeriods } from '@/db/schema/metering';
import { tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { AppError } from '@/lib/errors';
import { ask, askAll, type StripeMode, stripeMode } from '@/lib/stripe/client';
import { listAdminAddresses } from '@/lib/tenants/queries';

/** Stripe remembers idempotency keys for a day; after that a request that was lost is looked for. */
const REMEMBERED_MS = 20 * 3_600_000;

/**
 * The tenant's customer at Stripe, made on first need and never twice: the request is the same for all who make it, so that
 * Stripe answers each with the same customer, and one whose answer was lost a day ago is looked for before another is made.
 * Throws AppError `unavailable`, and `conflict` where the tenant's customer is one of live mode and this installation is not.
 */
export async function ensureCustomer(tenantId: string): Promise<string> {
  const mode = stripeMode();
  if (!mode)
    throw new AppError('unavailable', 'Billing is not set up here: the installation has no key of Stripe.');
  const { id, requestedAt, isOld } = await openRow(tenantId, mode);
  if (id) return id;
  const found = isOld ? await findLost(tenantId, requestedAt) : null;
  const made = found ?? (await create(tenantId));
  const kept = await withPlatform(async (db) => {
    await db
      .update(billingCustomers)
      .set({ stripeCustomerId: made, dirtyAt: sql`clock_timestamp()` })
      .where(and(eq(billingCustomers.tenantId, tenantId), isNull(billingCustomers.stripeCustomerId)));
    const [row] = await db
      .select({ id: billingCustomers.stripeCustomerId })
      .from(billingCustomers)
      .where(eq(billingCustomers.tenantId, tenantId));
    return row?.id;
  });
  if (!kept) throw new Error('the row of the customer is gone');
  await describe(tenantId, kept);
  return kept;
}

/** Makes the row, and notes that Stripe is about to be asked: from here on the answer may be lost. */
async function openRow(tenantId: string, mode: StripeMode) {
  return withPlatform(async (db) => {
    await forgetOtherMode(db, tenantId, mode);
    await db.insert(billingCustomers).values({ tenantId, mode }).onConflictDoNothing();
    const [row] = await db
      .select({
        id: billingCustomers.stripeCustomerId,
        requestedAt: billingCustomers.requestedAt,
        isOld: sql<boolean>`coalesce(${billingCustomers.requestedAt} < clock_timestamp() - make_interval(secs => ${REMEMBERED_MS / 1_000}), false)`,
      })
      .from(billingCustomers)
      .where(eq(billingCustomers.tenantId, tenantId))
      .for('update');
    if (!row) throw new AppError('not_found', 'There is no such workspace.');
    if (!row.id && (!row.requestedAt || row.isOld))
      await db
        .update(billingCustomers)
        .set({ requestedAt: sql`clock_timestamp()` })
        .where(eq(billingCustomers.tenantId, tenantId));
    return row;
  });
}

/** A customer of the sandbox, or of test mode, is nobody's in another: our copy of it goes. One of live mode is real. */
async function forgetOtherMode(db: Db, tenantId: string, mode: StripeMode): Promise<void> {
  const [other] = await db
    .select({ mode: billingCustomers.mode, id: billingCustomers.stripeCustomerId })
    .from(billingCustomers)
    .where(and(eq(billingCustomers.tenantId, tenantId), ne(billingCustomers.mode, mode)))
    .for('update');
  if (!other) return;
  if (other.mode === 'live' && other.id)
    throw new AppError(
      'conflict',
      `This workspace pays by ${other.id} in Stripe’s live mode, and this installation uses its ${mode} mode.`,
    );
  await db.delete(billingInvoices).where(eq(billingInvoices.tenantId, tenantId));
  await db.delete(billingSubscriptions).where(eq(billingSubscriptions.tenantId, tenantId));
  await db.delete(usagePeriods).where(eq(usagePeriods.tenantId, tenantId));
  await db
    .update(billingCustomers)
    .set({
      mode,
      ...{ stripeCustomerId: null, requestedAt: null, object: null, dirtyAt: null, snapshotAt: null },
      ...{ syncAfter: null, syncFailures: 0, syncError: null, clockAt: null, pastDueSince: null },
    })
    .where(eq(billingCustomers.tenantId, tenantId));
}

/** The same request, whoever makes it: name and address, which change, are told afterwards. */
async function create(tenantId: string): Promise<string> {
  const customer = await ask('customer', (stripe) =>
    stripe.customers.create(
      { metadata: { tenant_id: tenantId } },
      { idempotencyKey: `customer ${tenantId}`, maxNetworkRetries: 4 },
    ),
  );
  return customer.id;
}

async function findLost(tenantId: string, requestedAt: Date | null): Promise<string | null> {
  if (!requestedAt) return null;
  const from = Math.floor(requestedAt.getTime() / 1_000) - 300;
  const made = await askAll<Stripe.Customer>((stripe, page) =>
    stripe.customers.list({ created: { gte: from }, ...page }),
  );
  return made.find(({ metadata }) => metadata.tenant_id === tenantId)?.id ?? null;
}

/** Tells Stripe whose customer it is, for invoices and mails. */
async function describe(tenantId: string, customer: string): Promise<void> {
  const { db } = pool('platform');
  const [tenant] = await db.select({ name: tenants.name }).from(tenants).where(eq(tenants.id, tenantId));
  const [email] = await listAdminAddresses(db, tenantId);
  await ask('customer', (stripe) =>
    stripe.customers.update(customer, { ...(tenant && { name: tenant.name }), ...(email && { email }) }),
  );
}
