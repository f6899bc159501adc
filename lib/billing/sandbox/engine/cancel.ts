import type Stripe from 'stripe';
import { type Box, customerNow, find } from '../box';
import { createInvoice, DRAFT_SECONDS } from './invoices';
import { fullPrice, isMetered } from './lines';
import { billUsage, pendingItems, prorateChange } from './proration';
import { saveSubscription, subscriptionOf } from './save';
import { closeInvoice } from './settle';

type Options = {
  /** Bills what is counted and pending in a last invoice. */
  invoiceNow?: boolean;
  /** Gives the unused time back. */
  prorate?: boolean;
  reason?: Stripe.Subscription.CancellationDetails.Reason;
  comment?: string | null;
  feedback?: string | null;
};

/** Ends a subscription at once. */
export function cancelNow(
  box: Box,
  subscription: Stripe.Subscription,
  options: Options,
): Stripe.Subscription {
  const customer = String(subscription.customer);
  const at = customerNow(box, customer);
  const isRunning = ['active', 'trialing', 'past_due', 'unpaid'].includes(subscription.status);
  for (const item of isRunning ? subscription.items.data : []) {
    const price = fullPrice(box, item.price);
    if (isMetered(price)) {
      if (options.invoiceNow) billUsage(box, customer, item, price, at);
    } else if (options.prorate)
      prorateChange(box, customer, { before: { item, quantity: item.quantity ?? 0 }, after: null, at });
  }
  const pending = pendingItems(box, customer, subscription.id);
  let latest = subscription.latest_invoice;
  if (options.invoiceNow && pending.length > 0) {
    latest = createInvoice(box, {
      customer,
      currency: subscription.currency,
      reason: 'subscription_update',
      period: { start: at, end: at },
      subscription,
      items: pending,
      discounts: subscription.discounts.map(String),
      collectionMethod: subscription.collection_method,
      daysUntilDue: subscription.days_until_due,
      autoAdvance: true,
      finalizesAt: at + DRAFT_SECONDS,
    }).id;
  }
  if (subscription.status === 'incomplete') {
    const open = box.store.where(
      'invoices',
      (row) => subscriptionOf(row) === subscription.id && row.status === 'open',
    );
    for (const invoice of open) closeInvoice(box, invoice.id, 'void');
  }
  return endSubscription(box, find(box, 'subscriptions', subscription.id), at, options, latest);
}

/** Marks a subscription as ended. */
export function endSubscription(
  box: Box,
  subscription: Stripe.Subscription,
  at: number,
  options: Options,
  latest: Stripe.Subscription['latest_invoice'],
): Stripe.Subscription {
  // What is still owed stays owed, and is no longer collected by itself.
  for (const invoice of box.store.where(
    'invoices',
    (row) => subscriptionOf(row) === subscription.id && row.status === 'open',
  ))
    box.store.put('invoices', { ...invoice, auto_advance: false, next_payment_attempt: null });
  return saveSubscription(
    box,
    subscription,
    {
      ...subscription,
      cancel_at_period_end: false,
      canceled_at: subscription.canceled_at ?? at,
      cancellation_details: {
        comment: options.comment ?? subscription.cancellation_details?.comment ?? null,
        feedback: options.feedback ?? subscription.cancellation_details?.feedback ?? null,
        feedback_option: null,
        reason: options.reason ?? subscription.cancellation_details?.reason ?? 'cancellation_requested',
      },
      ended_at: at,
      latest_invoice: latest,
      status: 'canceled',
    },
    'customer.subscription.deleted',
  );
}
