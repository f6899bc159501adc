import type Stripe from 'stripe';
import { type Box, customerNow, emit, find } from '../box';
import { StripeFailure } from '../errors';
import { idOf, newObjectId } from '../wire';
import { cancelNow } from './cancel';
import { type Change, changeSubscription } from './change';
import type { NewItem } from './items';
import { createInvoiceItem } from './proration';
import { finishSubscription, nextRenewal, renewSubscription } from './renew';
import { createSubscription } from './subscribe';

export type PreviewRequest = {
  customer: string;
  subscription: string | null;
  change: Change | null;
  cancelsNow: boolean;
  /** Items of a subscription that there is not yet. */
  newItems: NewItem[];
  extra: { amount: number; currency: string; description: string | null }[];
};

/** The invoice that would come next. Everything is done as it would be, and undone: a preview cannot differ from what happens. */
export function previewInvoice(box: Box, request: PreviewRequest): Stripe.Invoice {
  const invoice = box.store.rehearse(() => rehearse(box, request));
  const id = newObjectId('upcoming_in');
  return {
    ...invoice,
    id,
    attempt_count: 0,
    attempted: false,
    billing_reason: 'upcoming',
    effective_at: null,
    ending_balance: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    lines: { ...invoice.lines, data: invoice.lines.data.map((line) => ({ ...line, invoice: id })) },
    next_payment_attempt: invoice.next_payment_attempt,
    number: null,
    status: 'draft',
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
  };
}

function rehearse(box: Box, request: PreviewRequest): Stripe.Invoice {
  const { customer } = request;
  const at = customerNow(box, customer);
  if (request.subscription === null) {
    if (request.newItems.length === 0) throw nothingUpcoming(customer);
    return createSubscription(box, { customer, items: request.newItems, metadata: {} }).invoice;
  }
  const before = find(box, 'subscriptions', request.subscription, 'subscription');
  for (const { amount, currency, description } of request.extra)
    createInvoiceItem(box, {
      customer,
      amount,
      currency,
      description,
      period: { start: at, end: at },
      quantity: 1,
      price: null,
      unitAmount: String(amount),
      subscription: before.id,
    });
  if (request.cancelsNow) {
    const canceled = cancelNow(box, before, {
      invoiceNow: true,
      prorate: request.change?.proration !== 'none',
    });
    return newInvoice(box, before, canceled) ?? fail(customer);
  }
  // Nobody is charged in a rehearsal.
  const changed = request.change
    ? changeSubscription(box, before.id, { ...request.change, paymentBehavior: 'default_incomplete' })
    : before;
  const immediate = newInvoice(box, before, changed);
  return immediate ?? nextInvoice(box, changed);
}

function newInvoice(
  box: Box,
  before: Stripe.Subscription,
  after: Stripe.Subscription,
): Stripe.Invoice | null {
  const latest = after.latest_invoice;
  return latest === null || latest === before.latest_invoice ? null : find(box, 'invoices', idOf(latest));
}

function nextInvoice(box: Box, subscription: Stripe.Subscription): Stripe.Invoice {
  const customer = String(subscription.customer);
  if (subscription.ended_at !== null) throw nothingUpcoming(customer);
  const renewal = nextRenewal(subscription);
  const end = subscription.cancel_at;
  box.pretend = Math.min(renewal, end ?? renewal);
  try {
    if (end !== null && end <= renewal)
      return finishSubscription(box, subscription.id, end) ?? fail(customer);
    return renewSubscription(box, subscription.id, renewal);
  } finally {
    box.pretend = null;
  }
}

/** Says a week before what a subscription's next invoice will be. */
export function announceUpcoming(box: Box, id: string, at: number): void {
  const subscription = find(box, 'subscriptions', id);
  const invoice = previewInvoice(box, {
    customer: String(subscription.customer),
    subscription: id,
    change: null,
    cancelsNow: false,
    newItems: [],
    extra: [],
  });
  emit(box, 'invoice.upcoming', invoice, { at });
}

function fail(customer: string): never {
  throw nothingUpcoming(customer);
}

function nothingUpcoming(customer: string): StripeFailure {
  return new StripeFailure(404, {
    type: 'invalid_request_error',
    code: 'invoice_upcoming_none',
    message: `No upcoming invoices for customer: ${customer}`,
  });
}
