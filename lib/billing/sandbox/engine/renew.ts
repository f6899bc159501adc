import type Stripe from 'stripe';
import { type Box, emit, find } from '../box';
import { idOf } from '../wire';
import { endSubscription } from './cancel';
import { currentDiscounts } from './discounts';
import { createInvoice, DRAFT_SECONDS } from './invoices';
import { nextPeriod } from './items';
import { fullPrice, isMetered } from './lines';
import { meteredLines } from './metered';
import { pendingItems } from './proration';
import { saveSubscription } from './save';
import { advanceLines } from './subscribe';

/** When the earliest of a subscription's items begins a new period. */
export function nextRenewal(subscription: Stripe.Subscription): number {
  return Math.min(...subscription.items.data.map((item) => item.current_period_end));
}

/**
 * Begins the next period of the items whose period ends at `at`: an invoice of what meters have counted in the one that has
 * ended, of the new one for everything else, and of the prorations that wait. It stays a draft for an hour.
 */
export function renewSubscription(box: Box, id: string, at: number): Stripe.Invoice {
  const before = find(box, 'subscriptions', id);
  const customer = String(before.customer);
  const isTrialOver = before.status === 'trialing';
  const ended = before.items.data.filter((item) => item.current_period_end <= at);
  const renewed = before.items.data.map((item) => {
    if (item.current_period_end > at) return item;
    const { start, end } = nextPeriod(
      fullPrice(box, item.price),
      before.billing_cycle_anchor,
      item.current_period_end,
    );
    return { ...item, current_period_start: start, current_period_end: end };
  });
  const after: Stripe.Subscription = {
    ...before,
    items: { ...before.items, data: renewed },
    discounts: currentDiscounts(box, before.discounts, at),
    ...(isTrialOver && { status: 'active' }),
  };
  const beginning = renewed.filter((item) => ended.some(({ id: old }) => old === item.id));
  const licensed = beginning.filter((item) => !isMetered(fullPrice(box, item.price)));
  // What an unpaid subscription would cost is written down, and nobody is charged for it.
  const collects = before.status !== 'unpaid';
  const invoice = createInvoice(box, {
    customer,
    currency: before.currency,
    reason: 'subscription_cycle',
    period: { start: Math.min(...ended.map((item) => item.current_period_start)), end: at },
    subscription: after,
    items: [...pendingItems(box, customer, id), ...pendingItems(box, customer, null)].filter(
      ({ currency }) => currency === before.currency,
    ),
    lines: (invoiceId) => [
      ...(isTrialOver ? [] : usageLines(box, invoiceId, customer, ended, at)),
      ...advanceLines(box, invoiceId, after, licensed),
    ],
    discounts: after.discounts.map(idOf),
    collectionMethod: before.collection_method,
    daysUntilDue: before.days_until_due,
    autoAdvance: collects,
    finalizesAt: collects ? at + DRAFT_SECONDS : null,
    automaticTax: before.automatic_tax.enabled,
  });
  saveSubscription(box, before, { ...after, latest_invoice: invoice.id });
  return invoice;
}

/** Ends a subscription when its time has come, with a last invoice of what was counted and of what waits. */
export function finishSubscription(box: Box, id: string, at: number): Stripe.Invoice | null {
  const before = find(box, 'subscriptions', id);
  const customer = String(before.customer);
  const pending = pendingItems(box, customer, id);
  const metered = before.items.data.filter(
    (item) => isMetered(fullPrice(box, item.price)) && item.current_period_start < at,
  );
  const invoice =
    before.status === 'trialing' || (pending.length === 0 && metered.length === 0)
      ? null
      : createInvoice(box, {
          customer,
          currency: before.currency,
          reason: 'subscription_cycle',
          period: { start: Math.min(at, ...metered.map((item) => item.current_period_start)), end: at },
          subscription: before,
          items: pending,
          lines: (invoiceId) => usageLines(box, invoiceId, customer, metered, at),
          discounts: currentDiscounts(box, before.discounts, at),
          collectionMethod: before.collection_method,
          daysUntilDue: before.days_until_due,
          autoAdvance: before.status !== 'unpaid',
          finalizesAt: before.status === 'unpaid' ? null : at + DRAFT_SECONDS,
        });
  endSubscription(box, before, at, {}, invoice?.id ?? before.latest_invoice);
  return invoice;
}

function usageLines(
  box: Box,
  invoice: string,
  customer: string,
  items: Stripe.SubscriptionItem[],
  at: number,
): Stripe.InvoiceLineItem[] {
  return items
    .filter((item) => isMetered(fullPrice(box, item.price)))
    .flatMap((item) =>
      meteredLines(box, invoice, customer, item, {
        start: item.current_period_start,
        end: Math.min(item.current_period_end, at),
      }),
    );
}

/** Gives up a subscription whose first invoice nobody paid in time. */
export function expireIncomplete(box: Box, id: string, at: number): void {
  const before = find(box, 'subscriptions', id);
  saveSubscription(box, before, { ...before, status: 'incomplete_expired', ended_at: at });
}

/** Says that a trial ends soon. */
export function announceTrialEnd(box: Box, id: string, at: number): void {
  emit(box, 'customer.subscription.trial_will_end', find(box, 'subscriptions', id), { at });
}
