import { and, desc, eq, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import { type Db, pool } from '@/db/client';
import { billingCustomers, billingInvoices, billingSubscriptions } from '@/db/schema/billing';
import { memberships } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import { findOpenInvoice, readPayment } from '@/lib/billing-standing/queries';
import { currentOf, standingOf } from '@/lib/billing-standing/rules';
import { syncCustomer } from '@/lib/billing-sync/mutations';
import { AppError } from '@/lib/errors';
import { getUsage } from '@/lib/metering/queries';
import { readLookupKey } from '@/lib/plans/catalogue';
import { type Plan, type PlanId, plans } from '@/lib/plans/plans';
import { ask, stripeMode } from '@/lib/stripe/client';
import type { TenantContext } from '@/lib/tenancy/context';
import { getEntitlements } from '@/lib/tenants/queries';
import { billFor, describeLine, exceeding, totalOf } from './rules';
import type {
  BillingPage,
  BillingState,
  Invoice,
  InvoiceLine,
  PaymentNotice,
  UpcomingInvoice,
} from './schema';

const INVOICES = 200;
/** Who waits at a page does not wait long for Stripe. */
const PATIENCE = { timeout: 5_000, maxNetworkRetries: 0 };

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

/** Invoices, the newest first, out of our copy. Throws AppError `forbidden`. */
export async function listInvoices(ctx: TenantContext): Promise<Invoice[]> {
  authorize(ctx, 'billing:read');
  const rows = await pool('platform')
    .db.select()
    .from(billingInvoices)
    .where(and(eq(billingInvoices.tenantId, ctx.tenant.id), sql`${billingInvoices.status} <> 'draft'`))
    .orderBy(desc(billingInvoices.createdAt), desc(billingInvoices.id))
    .limit(INVOICES);
  return rows.map((row) => ({
    ...{ id: row.id, number: row.number, status: row.status, currency: row.currency, total: row.total },
    ...{ amount_due: row.amountDue, amount_paid: row.amountPaid, is_test: row.isTest },
    created_at: row.createdAt.toISOString(),
    due_at: toIso(row.dueAt),
    period_start: row.periodStart.toISOString(),
    period_end: row.periodEnd.toISOString(),
    ...{ hosted_url: row.hostedUrl, pdf_url: row.pdfUrl },
  }));
}

/**
 * What the next invoice comes to as things stand, line by line; null without a subscription. By Stripe, or where it cannot
 * be reached by the plan's prices and the usage so far. Throws AppError `forbidden`.
 */
export async function previewInvoice(ctx: TenantContext): Promise<UpcomingInvoice | null> {
  authorize(ctx, 'billing:read');
  const { db } = pool('platform');
  const subscription = await findSubscription(db, ctx.tenant.id);
  if (!subscription?.plan) return null;
  const used = await getUsage(ctx);
  const usage = {
    trace_count: used.trace_count,
    seat_count: used.seat_count,
    period_start: used.period_start,
    period_end: used.period_end,
  };
  const common = { usage, due_at: subscription.periodEnd.toISOString() };
  try {
    const preview = await ask('invoice', (stripe) =>
      stripe.invoices.createPreview({ subscription: subscription.id }, PATIENCE),
    );
    const lines = toLines(preview, subscription.object);
    const traces = lines.filter(({ kind }) => kind === 'traces');
    return {
      ...common,
      source: 'stripe',
      currency: preview.currency,
      lines,
      total: preview.total,
      reported_traces: traces.reduce((sum, { quantity }) => sum + (quantity ?? 0), 0),
    };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { plan } = await getEntitlements(db, ctx.tenant.id);
    const seats = subscription.seats ?? used.seat_count;
    const lines = billFor(plan, 'monthly', { seats, traces: used.trace_count }).filter(
      ({ kind }) => kind !== 'base' || subscription.interval === 'monthly',
    );
    return {
      ...common,
      source: 'estimate',
      currency: 'usd',
      lines,
      total: totalOf(lines),
      reported_traces: null,
    };
  }
}

/** The lines of an invoice of Stripe's in our words, by the prices of its subscription. */
export function toLines(invoice: Stripe.Invoice, subscription: Record<string, unknown>): InvoiceLine[] {
  const items = (subscription as unknown as Stripe.Subscription).items.data;
  return invoice.lines.data.map((line) => {
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
        ? describeLine(meaning.kind, line.quantity ?? 0, unit, line.description ?? '')
        : (line.description ?? ''),
      quantity: line.quantity,
      unit_cents: unit,
      amount: line.amount,
    };
  });
}

/**
 * Everything that the page of billing shows. `isBack` is who comes back from Stripe's pages: first it is asked what has
 * changed there. Throws AppError `forbidden`.
 */
export async function getBillingPage(
  ctx: TenantContext,
  { isBack }: { isBack: boolean },
): Promise<BillingPage> {
  authorize(ctx, 'billing:read');
  const billing = isBack ? await refreshBilling(ctx) : await getBilling(ctx);
  const [invoices, upcoming, usage] = await Promise.all([
    listInvoices(ctx),
    previewInvoice(ctx),
    getUsage(ctx),
  ]);
  const traces = usage.metrics.find(({ metric }) => metric === 'trace.count');
  return {
    billing,
    invoices,
    upcoming,
    used: {
      traces: usage.trace_count,
      includedTraces: traces?.included ?? null,
      periodEnd: usage.period_end,
    },
    offers: Object.entries(plans).map(
      ([id, { name, audience, price, included, overage }]: [string, Plan]) => ({
        ...{ id: id as PlanId, name, audience, price, included, overage },
      }),
    ),
    exceeds: exceeding('starter', { seats: billing.seats.used, traces: usage.trace_count }).map(
      ({ message }) => message,
    ),
  };
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
