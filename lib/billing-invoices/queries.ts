import { and, desc, eq, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { billingInvoices } from '@/db/schema/billing';
import { authorize } from '@/lib/auth/authorize';
import { findSubscription, getBilling, refreshBilling, toLines } from '@/lib/billing/queries';
import { billFor, exceeding, totalOf } from '@/lib/billing/rules';
import type { BillingPage, Invoice, UpcomingInvoice } from '@/lib/billing/schema';
import { AppError } from '@/lib/errors';
import { getUsage } from '@/lib/metering/queries';
import { type Plan, type PlanId, plans } from '@/lib/plans/plans';
import { ask } from '@/lib/stripe/client';
import type { TenantContext } from '@/lib/tenancy/context';
import { getEntitlements } from '@/lib/tenants/queries';

const INVOICES = 200;
/** Who waits at a page does not wait long for Stripe. */
const PATIENCE = { timeout: 5_000, maxNetworkRetries: 0 };

const toIso = (date: Date | null) => date?.toISOString() ?? null;

/** Invoices, the newest first, out of our copy. Throws AppError `forbidden`. */
export async function listInvoices(ctx: TenantContext): Promise<Invoice[]> {
  authorize(ctx, 'billing:read');
  const rows = await pool('platform')
    .db.select()
    .from(billingInvoices)
    .where(and(eq(billingInvoices.tenantId, ctx.tenant.id), sql`${billingInvoices.status} <> 'draft'`))
    .orderBy(desc(billingInvoices.createdAt), desc(billingInvoices.number))
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
