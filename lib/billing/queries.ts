import { eq } from 'drizzle-orm';
import type Stripe from 'stripe';
import { type Db, pool } from '@/db/client';
import { billingCustomers, billingSubscriptions } from '@/db/schema/billing';
import { memberships } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import { findOpenInvoice, readPayment } from '@/lib/billing-standing/queries';
import { currentOf, standingOf } from '@/lib/billing-standing/rules';
import { syncCustomer } from '@/lib/billing-sync/mutations';
import { AppError } from '@/lib/errors';
import { readLookupKey } from '@/lib/plans/catalogue';
import { plans } from '@/lib/plans/plans';
import { stripeMode } from '@/lib/stripe/client';
import type { TenantContext } from '@/lib/tenancy/context';
import { getEntitlements } from '@/lib/tenants/queries';
import { describeLine } from './rules';
import type { BillingState, InvoiceLine, PaymentNotice } from './schema';

const toIso = (date: Date | null | undefined) => date?.toISOString() ?? null;

/** How the workspace pays, out of our copy: Stripe is not asked. Throws AppError `forbidden`. */
export async function getBilling(ctx: TenantContext): Promise<BillingState> {
  authorize(ctx, 'billing:read');
  return withPlatform((db) => readBilling(db, ctx.tenant.id));
}

/**
 * The same, once Stripe was asked what has changed: for who comes back from paying. Where Stripe cannot be reached, what is
 * known. Throws AppError `forbidden`.
 */
export async function refreshBilling(ctx: TenantContext): Promise<BillingState> {
  authorize(ctx, 'billing:read');
  await syncCustomer(ctx.tenant.id, { waitMs: 5_000 }).catch((error) => {
    if (!(error instanceof AppError)) throw error;
  });
  return getBilling(ctx);
}

/** `getBilling` inside the caller's transaction. */
export async function readBilling(db: Db, tenantId: string): Promise<BillingState> {
  const { plan, planName, seats } = await getEntitlements(db, tenantId);
  const read = await readPayment(db, tenantId);
  const standing = read ? standingOf(read.payment, read.now) : null;
  const [customer] = await db.select().from(billingCustomers).where(eq(billingCustomers.tenantId, tenantId));
  const subscription = await findSubscription(db, tenantId);
  const open = await findOpenInvoice(db, tenantId);
  const payment = read?.payment;
  return {
    mode: stripeMode(),
    ...{ plan, plan_name: planName, access: standing?.access ?? 'none' },
    subscription: subscription && {
      id: subscription.id,
      status: subscription.status,
      interval: subscription.interval,
      seats: subscription.seats,
      period_start: subscription.periodStart.toISOString(),
      period_end: subscription.periodEnd.toISOString(),
      cancel_at: toIso(subscription.cancelAt),
    },
    past_due_since: toIso(payment?.pastDueSince),
    read_only_at: toIso(standing?.readOnlyAt),
    comp:
      read && payment?.compPlan && payment.compUntil && payment.compUntil > read.now
        ? { plan: payment.compPlan, until: payment.compUntil.toISOString() }
        : null,
    grace_until: toIso(payment?.graceUntil),
    seats: {
      used: await db.$count(memberships, eq(memberships.tenantId, tenantId)),
      included: seats.included,
      extra_cents: seats.extra,
    },
    payment_method: cardOf(customer?.object ?? null, subscription?.object ?? null),
    open_invoice: open && {
      id: open.id,
      number: open.number,
      currency: open.currency,
      amount_due: open.amountDue,
      hosted_url: open.hostedUrl,
      next_attempt_at: toIso(open.nextAttemptAt),
    },
    synced_at: toIso(customer?.snapshotAt),
    is_stale: (customer?.syncFailures ?? 0) > 0,
  };
}

/** The subscription that counts, out of our copy; null where there is none, or the last one has ended. */
export async function findSubscription(db: Db, tenantId: string) {
  const all = await db.select().from(billingSubscriptions).where(eq(billingSubscriptions.tenantId, tenantId));
  const current = currentOf(all);
  return current && current.endedAt === null && !current.status.startsWith('incomplete') ? current : null;
}

/** The card that is charged next: the subscription's own, or the customer's. */
function cardOf(customer: Record<string, unknown> | null, subscription: Record<string, unknown> | null) {
  const settings = (customer as Stripe.Customer | null)?.invoice_settings;
  const method =
    (subscription as Stripe.Subscription | null)?.default_payment_method ?? settings?.default_payment_method;
  if (!method || typeof method === 'string' || !method.card) return null;
  const { brand, last4, exp_month, exp_year } = method.card;
  return { brand, last4, exp_month, exp_year };
}

/** The lines of an invoice of Stripe's in our words, by the prices of its subscription. */
export function toLines(invoice: Stripe.Invoice, subscription: Record<string, unknown>): InvoiceLine[] {
  const items = (subscription as unknown as Stripe.Subscription).items.data;
  const lines = invoice.lines.data.map((line): InvoiceLine => {
    const details = line.pricing?.price_details?.price;
    const priceId = typeof details === 'string' ? details : details?.id;
    const meaning = readLookupKey(items.find(({ price }) => price.id === priceId)?.price.lookup_key ?? null);
    const unit = line.pricing?.unit_amount_decimal?.toString() ?? null;
    const isProration =
      line.parent?.subscription_item_details?.proration ??
      line.parent?.invoice_item_details?.proration ??
      false;
    const isPlain = meaning !== null && unit !== null && line.quantity !== null && !isProration;
    return {
      kind: meaning?.kind ?? 'other',
      description: isPlain
        ? describeLine(meaning.kind, line.quantity ?? 0, unit, plans[meaning.plan].name)
        : (line.description ?? ''),
      quantity: line.quantity,
      unit_cents: unit,
      amount: line.amount,
    };
  });
  // As a plan is read: what it costs, then what comes on top.
  const order = ['base', 'seats', 'traces', 'other'];
  return lines.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

/** What everybody of the workspace is told on top of the console while an invoice is unpaid; null while all is well. */
export async function findPaymentNotice(ctx: TenantContext): Promise<PaymentNotice | null> {
  authorize(ctx, 'tenant:read');
  const read = await readPayment(pool('platform').db, ctx.tenant.id);
  if (!read) return null;
  const { access, readOnlyAt } = standingOf(read.payment, read.now);
  if (access !== 'grace' && access !== 'read-only') return null;
  return { access, readOnlyAt: toIso(readOnlyAt) };
}
