import type Stripe from 'stripe';
import { type Box, clockOf, customerNow, emit, find } from '../box';
import { addIntervals } from '../calendar';
import { invalidRequest } from '../errors';
import { embeddedList, idOf, newObjectId, wireDecimal } from '../wire';
import { createDiscount } from './discounts';
import { createInvoice, finalizeInvoice } from './invoices';
import { assertTogether, createItem, itemPeriod, type NewItem } from './items';
import { fullPrice, isMetered, itemLines, trialLine } from './lines';
import { pendingItems } from './proration';
import { saveSubscription } from './save';

type NewSubscription = {
  customer: string;
  items: NewItem[];
  metadata: Record<string, string>;
  description?: string | null;
  collectionMethod?: 'charge_automatically' | 'send_invoice';
  daysUntilDue?: number | null;
  defaultPaymentMethod?: string | null;
  trialEnd?: number | null;
  cancelAt?: number | null;
  cancelAtPeriodEnd?: boolean;
  discounts?: { coupon?: string | undefined; promotion_code?: string | undefined }[];
  automaticTax?: boolean;
  checkoutSession?: string | null;
};

/** Writes a subscription and its first invoice, which is finalized but not yet charged. */
export function createSubscription(
  box: Box,
  fields: NewSubscription,
): { subscription: Stripe.Subscription; invoice: Stripe.Invoice } {
  const customer = find(box, 'customers', fields.customer, 'customer');
  const at = customerNow(box, customer.id);
  const id = newObjectId('sub');
  const trialEnd = fields.trialEnd && fields.trialEnd > at ? fields.trialEnd : null;
  const anchor = trialEnd ?? at;
  const periodOf = (price: Stripe.Price) =>
    trialEnd ? { start: at, end: trialEnd } : itemPeriod(price, anchor, at);
  const items = fields.items.map((item, index) => createItem(box, id, item, periodOf, at, `items[${index}]`));
  assertTogether(items);
  const currency = items[0]?.price.currency ?? 'usd';
  if (customer.currency && customer.currency !== currency)
    throw invalidRequest(
      `You cannot combine currencies on a single customer. This customer has had a subscription, coupon, or invoice item with currency ${customer.currency}`,
    );
  const discounts = (fields.discounts ?? []).map((given) =>
    createDiscount(
      box,
      given,
      { customer: customer.id, subscription: id, invoice: null, at },
      fields.checkoutSession,
    ),
  );
  const periodEnd = Math.min(...items.map((item) => item.current_period_end));
  const subscription = {
    id,
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: fields.automaticTax ?? false, liability: null },
    billing_cycle_anchor: anchor,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: { proration_discounts: 'included' }, type: 'flexible' },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: fields.cancelAtPeriodEnd ? periodEnd : (fields.cancelAt ?? null),
    cancel_at_period_end: fields.cancelAtPeriodEnd ?? false,
    canceled_at: fields.cancelAtPeriodEnd || fields.cancelAt ? at : null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: fields.collectionMethod ?? 'charge_automatically',
    created: at,
    currency,
    customer: customer.id,
    customer_account: null,
    days_until_due: fields.daysUntilDue ?? null,
    default_payment_method: fields.defaultPaymentMethod ?? null,
    default_source: null,
    default_tax_rates: [],
    description: fields.description ?? null,
    discounts,
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: 'self' },
    },
    items: embeddedList(`/v1/subscription_items?subscription=${id}`, items),
    latest_invoice: null,
    livemode: false,
    managed_payments: null,
    metadata: fields.metadata,
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: 'off',
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: at,
    status: trialEnd ? 'trialing' : 'incomplete',
    test_clock: clockOf(box, customer.id),
    transfer_data: null,
    trial_end: trialEnd,
    trial_settings: {
      end_behavior: { billing_cycle_anchor: null, missing_payment_method: 'create_invoice' },
    },
    trial_start: trialEnd ? at : null,
  } satisfies Stripe.Subscription;
  box.store.put('subscriptions', subscription);
  emit(box, 'customer.subscription.created', subscription, { at });
  return { subscription, invoice: firstInvoice(box, subscription) };
}

function firstInvoice(box: Box, subscription: Stripe.Subscription): Stripe.Invoice {
  const customer = String(subscription.customer);
  const at = subscription.created;
  const draft = createInvoice(box, {
    customer,
    currency: subscription.currency,
    reason: 'subscription_create',
    period: { start: at, end: at },
    subscription,
    items: pendingItems(box, customer, null).filter(({ currency }) => currency === subscription.currency),
    lines: (invoice) => advanceLines(box, invoice, subscription),
    discounts: subscription.discounts.map(idOf),
    collectionMethod: subscription.collection_method,
    daysUntilDue: subscription.days_until_due,
    autoAdvance: true,
    automaticTax: subscription.automatic_tax.enabled,
  });
  box.store.put('subscriptions', { ...subscription, latest_invoice: draft.id });
  return finalizeInvoice(box, draft.id);
}

/** The lines of items that are billed before their period: all that no meter counts. */
export function advanceLines(
  box: Box,
  invoice: string,
  subscription: Stripe.Subscription,
  items = subscription.items.data,
): Stripe.InvoiceLineItem[] {
  return items.flatMap((item) => {
    const price = fullPrice(box, item.price);
    const period = { start: item.current_period_start, end: item.current_period_end };
    if (subscription.status === 'trialing')
      return isMetered(price) ? [] : [trialLine(box, invoice, item, period)];
    // A meter's first line says that there is something that will be counted.
    if (isMetered(price))
      return itemLines(box, invoice, item, 0, period).map((line) => ({
        ...line,
        quantity: 0,
        quantity_decimal: wireDecimal('0'),
      }));
    return itemLines(box, invoice, item, item.quantity ?? 0, period);
  });
}

/** Makes a subscription active whose first invoice is settled, or is sent and needs no payment now. */
export function activate(box: Box, id: string): Stripe.Subscription {
  const before = find(box, 'subscriptions', id);
  return before.status === 'incomplete'
    ? saveSubscription(box, before, { ...before, status: 'active' })
    : before;
}

/** How many days a trial lasts, as the moment when it ends. */
export function trialEndAfter(at: number, days: number | null | undefined): number | null {
  return days ? addIntervals(at, 'day', days) : null;
}
