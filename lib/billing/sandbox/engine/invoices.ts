import type Stripe from 'stripe';
import { type Box, clockOf, customerNow, emit, find } from '../box';
import { invalidRequest } from '../errors';
import { embeddedList, idOf, newObjectId } from '../wire';
import { adjustBalance } from './balance';
import { couponOf, discountLines } from './discounts';
import { lineOfInvoiceItem, type Period } from './lines';
import { recountMetered } from './metered';
import { customerOf, saveInvoice, subscriptionOf } from './save';
import { settlePaid } from './settle';

/** A renewal's invoice stays a draft so long, in seconds: what is counted late is still on it. */
export const DRAFT_SECONDS = 3_600;

type NewInvoice = {
  customer: string;
  currency: string;
  reason: Stripe.Invoice.BillingReason;
  period: Period;
  subscription?: Stripe.Subscription | null;
  lines?: (invoice: string) => Stripe.InvoiceLineItem[];
  items?: Stripe.InvoiceItem[];
  discounts?: string[];
  collectionMethod?: Stripe.Invoice.CollectionMethod;
  daysUntilDue?: number | null;
  dueDate?: number | null;
  autoAdvance?: boolean;
  finalizesAt?: number | null;
  description?: string | null;
  footer?: string | null;
  defaultPaymentMethod?: string | null;
  metadata?: Record<string, string>;
  automaticTax?: boolean;
};

/** Writes a draft with its lines, and its event. */
export function createInvoice(box: Box, fields: NewInvoice): Stripe.Invoice {
  const customer = find(box, 'customers', fields.customer, 'customer');
  const at = customerNow(box, customer.id);
  const id = newObjectId('in');
  const { subscription } = fields;
  const isSent = (fields.collectionMethod ?? 'charge_automatically') === 'send_invoice';
  const invoice = {
    id,
    object: 'invoice',
    account_country: 'US',
    account_name: box.accountName,
    account_tax_ids: null,
    amount_due: 0,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_remaining: 0,
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: fields.autoAdvance ?? false,
    automatic_tax: {
      disabled_reason: null,
      enabled: fields.automaticTax ?? false,
      liability: null,
      provider: null,
      status: null,
    },
    automatically_finalizes_at: fields.finalizesAt ?? null,
    billing_reason: fields.reason,
    collection_method: fields.collectionMethod ?? 'charge_automatically',
    created: at,
    currency: fields.currency,
    custom_fields: null,
    customer: customer.id,
    customer_account: null,
    customer_address: customer.address ?? null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    customer_shipping: null,
    customer_tax_exempt: customer.tax_exempt ?? 'none',
    customer_tax_ids: [],
    default_payment_method: fields.defaultPaymentMethod ?? null,
    default_source: null,
    default_tax_rates: [],
    description: fields.description ?? null,
    discounts: fields.discounts ?? [],
    due_date: isSent ? (fields.dueDate ?? at + (fields.daysUntilDue ?? 30) * 86_400) : null,
    effective_at: null,
    ending_balance: null,
    footer: fields.footer ?? null,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: 'self' },
    last_finalization_error: null,
    latest_revision: null,
    lines: embeddedList(`/v1/invoices/${id}/lines`, []),
    livemode: false,
    metadata: fields.metadata ?? {},
    next_payment_attempt: isSent ? null : (fields.finalizesAt ?? null),
    number: null,
    on_behalf_of: null,
    parent: subscription
      ? {
          quote_details: null,
          subscription_details: { metadata: subscription.metadata, subscription: subscription.id },
          type: 'subscription_details',
        }
      : null,
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: fields.period.end,
    period_start: fields.period.start,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: customer.balance,
    statement_descriptor: null,
    status: 'draft',
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal: 0,
    subtotal_excluding_tax: 0,
    test_clock: clockOf(box, customer.id),
    total: 0,
    total_discount_amounts: [],
    total_excluding_tax: 0,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: null,
  } satisfies Stripe.Invoice;
  const items = fields.items ?? [];
  for (const item of items) box.store.put('invoice_items', { ...item, invoice: id });
  const lines = [...items.map((item) => lineOfInvoiceItem(box, id, item)), ...(fields.lines?.(id) ?? [])];
  const drafted = withLines(box, invoice, lines);
  box.store.put('invoices', drafted);
  if (!customer.currency) {
    const current = find(box, 'customers', customer.id);
    box.store.put('customers', { ...current, currency: fields.currency });
  }
  emit(box, 'invoice.created', drafted, { at });
  return drafted;
}

/** An invoice with these lines in place of those it had: all of its sums anew. */
export function withLines(
  box: Box,
  invoice: Stripe.Invoice,
  lines: Stripe.InvoiceLineItem[],
): Stripe.Invoice {
  const discounted = discountLines(box, lines, invoice.discounts.map(idOf));
  const subtotal = lines.reduce((sum, { amount }) => sum + amount, 0);
  const total = subtotal - discounted.totals.reduce((sum, { amount }) => sum + amount, 0);
  const balance = invoice.status === 'draft' ? invoice.starting_balance : 0;
  const due = Math.max(0, total + balance);
  return {
    ...invoice,
    amount_due: due,
    amount_remaining: due - invoice.amount_paid,
    lines: embeddedList(invoice.lines.url, discounted.lines),
    subtotal,
    subtotal_excluding_tax: subtotal,
    total,
    total_discount_amounts: discounted.totals,
    total_excluding_tax: total,
    total_pretax_credit_amounts: discounted.totals.map((row) => ({ ...row, type: 'discount' })),
  };
}

/**
 * Makes a draft an invoice: what meters have counted until now is its last word; it gets a number; the customer's balance
 * goes into it. One with nothing to pay is paid.
 */
export function finalizeInvoice(box: Box, id: string): Stripe.Invoice {
  const draft = find(box, 'invoices', id);
  if (draft.status !== 'draft')
    throw invalidRequest(
      "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
      undefined,
      'invoice_not_editable',
    );
  const customer = find(box, 'customers', customerOf(draft));
  const at = customerNow(box, customer.id);
  const counted = withLines(
    box,
    { ...draft, starting_balance: customer.balance },
    recountMetered(box, draft, at),
  );
  const { total } = counted;
  const due = Math.max(0, total + customer.balance);
  const ending = total + customer.balance - due;
  if (ending !== customer.balance)
    adjustBalance(box, customer.id, {
      amount: ending - customer.balance,
      currency: draft.currency,
      type: 'applied_to_invoice',
      invoice: id,
    });
  const sequence = customer.next_invoice_sequence ?? 1;
  const current = find(box, 'customers', customer.id);
  box.store.put('customers', { ...current, next_invoice_sequence: sequence + 1 });
  const page = `${box.origin}/i/${id}_secret_${newObjectId('s', 32).slice(2)}`;
  const open: Stripe.Invoice = {
    ...counted,
    amount_due: due,
    amount_remaining: due,
    automatically_finalizes_at: null,
    effective_at: at,
    ending_balance: ending,
    hosted_invoice_url: page,
    invoice_pdf: `${page}/pdf`,
    number: draft.number ?? `${customer.invoice_prefix}-${String(sequence).padStart(4, '0')}`,
    next_payment_attempt: collectsItself(draft) ? at : null,
    status: 'open',
    status_transitions: { ...draft.status_transitions, finalized_at: at },
  };
  spendDiscounts(box, open);
  saveInvoice(box, draft, open, 'invoice.finalized');
  if (due > 0) return open;
  return settlePaid(box, open, { outOfBand: false });
}

/** Whether nobody needs to ask for the payment. The first invoice of a subscription is paid by its customer, or never. */
function collectsItself(draft: Stripe.Invoice): boolean {
  return (
    draft.auto_advance === true &&
    draft.collection_method === 'charge_automatically' &&
    draft.billing_reason !== 'subscription_create'
  );
}

/** A discount that holds once has done so. */
function spendDiscounts(box: Box, invoice: Stripe.Invoice): void {
  const owner = subscriptionOf(invoice);
  const subscription = owner ? box.store.get('subscriptions', owner) : undefined;
  if (!subscription) return;
  const used = invoice.discounts.map(idOf).filter((id) => couponOf(box, id).duration === 'once');
  if (used.length === 0) return;
  const discounts = subscription.discounts.filter((discount) => !used.includes(idOf(discount)));
  box.store.put('subscriptions', { ...subscription, discounts });
}
