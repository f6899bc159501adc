import type Stripe from 'stripe';
import type { billingInvoices } from '@/db/schema/billing';
import { type Interval, readLookupKey } from '@/lib/plans/catalogue';
import type { PlanId } from '@/lib/plans/plans';

/** What of a subscription we ask often, out of Stripe's object. */
export type Snapshot = {
  id: string;
  status: string;
  plan: PlanId | null;
  interval: Interval | null;
  seats: number | null;
  startedAt: Date;
  endedAt: Date | null;
  cancelAt: Date | null;
  periodStart: Date;
  periodEnd: Date;
  anchor: Date;
};

const toDate = (seconds: number) => new Date(seconds * 1_000);
const toDateOrNull = (seconds: number | null | undefined) => (seconds ? toDate(seconds) : null);

/** Reads a subscription: its plan by the lookup keys of its prices, its period from what is billed by the month. */
export function toSnapshot(subscription: Stripe.Subscription): Snapshot {
  const items = subscription.items.data.map((item) => ({
    item,
    meaning: readLookupKey(item.price.lookup_key),
  }));
  const of = (kind: string) => items.find(({ meaning }) => meaning?.kind === kind);
  const monthly = of('traces') ?? of('seats') ?? of('base') ?? items[0];
  const base = of('base');
  return {
    id: subscription.id,
    status: subscription.status,
    plan: base?.meaning?.plan ?? null,
    interval: base?.meaning?.interval ?? null,
    seats: of('seats')?.item.quantity ?? null,
    startedAt: toDate(subscription.start_date),
    endedAt: toDateOrNull(subscription.ended_at),
    cancelAt: toDateOrNull(subscription.cancel_at),
    periodStart: toDate(monthly?.item.current_period_start ?? subscription.start_date),
    periodEnd: toDate(monthly?.item.current_period_end ?? subscription.start_date + 1),
    anchor: toDate(subscription.billing_cycle_anchor),
  };
}

/** When an invoice of a subscription first went unpaid: where dunning began. Null while none is. */
export function pastDueSince(
  subscription: Pick<Snapshot, 'id' | 'status'> | null,
  invoices: readonly Stripe.Invoice[],
): Date | null {
  if (!subscription || (subscription.status !== 'past_due' && subscription.status !== 'unpaid')) return null;
  const open = invoices
    .filter(({ status, parent }) => {
      const of = parent?.subscription_details?.subscription;
      return (
        (typeof of === 'string' ? of : of?.id) === subscription.id &&
        (status === 'open' || status === 'uncollectible')
      );
    })
    .map(({ status_transitions, created }) => status_transitions.finalized_at ?? created);
  return open.length === 0 ? null : toDate(Math.min(...open));
}

/** An invoice as our copy holds it. */
export type InvoiceRow = Omit<typeof billingInvoices.$inferInsert, 'tenantId'>;

/** Reads an invoice. One that is made by hand to see one says so in its metadata. */
export function toInvoiceRow(invoice: Stripe.Invoice): InvoiceRow {
  const lines = invoice.lines?.data ?? [];
  const starts = lines.map(({ period }) => period.start);
  const ends = lines.map(({ period }) => period.end);
  return {
    id: invoice.id,
    number: invoice.number,
    status: invoice.status ?? 'draft',
    currency: invoice.currency,
    total: invoice.total,
    amountDue: invoice.amount_due,
    amountPaid: invoice.amount_paid,
    isTest: invoice.metadata?.[TEST_INVOICE] === 'true',
    reason: invoice.billing_reason,
    createdAt: toDate(invoice.created),
    dueAt: toDateOrNull(invoice.due_date),
    nextAttemptAt: toDateOrNull(invoice.next_payment_attempt),
    periodStart: toDate(starts.length > 0 ? Math.min(...starts) : invoice.period_start),
    periodEnd: toDate(ends.length > 0 ? Math.max(...ends) : invoice.period_end),
    hostedUrl: invoice.hosted_invoice_url ?? null,
    pdfUrl: invoice.invoice_pdf ?? null,
    object: invoice as unknown as Record<string, unknown>,
  };
}

/** The key of the metadata that marks an invoice as one that nobody is to pay. */
export const TEST_INVOICE = 'ragtoolkit_test';
