import type Stripe from 'stripe';
import { type Box, customerNow, emit, previousAttributes } from '../box';
import { idOf } from '../wire';

/** Writes a subscription that has changed, and its event. */
export function saveSubscription(
  box: Box,
  before: Stripe.Subscription,
  after: Stripe.Subscription,
  type: Stripe.Event.Type = 'customer.subscription.updated',
): Stripe.Subscription {
  const previous = previousAttributes(before, after);
  box.store.put('subscriptions', after);
  if (type !== 'customer.subscription.updated' || Object.keys(previous).length > 0)
    emit(box, type, after, {
      at: customerNow(box, String(after.customer)),
      ...(type === 'customer.subscription.updated' && { previous }),
    });
  return after;
}

/** Writes an invoice that has changed, and its event. */
export function saveInvoice(
  box: Box,
  before: Stripe.Invoice,
  after: Stripe.Invoice,
  type: Stripe.Event.Type = 'invoice.updated',
): Stripe.Invoice {
  box.store.put('invoices', after);
  const at = customerOf(after);
  const previous = type === 'invoice.updated' ? { previous: previousAttributes(before, after) } : {};
  emit(box, type, after, { at: customerNow(box, at), ...previous });
  return after;
}

/** Whom an invoice is for. */
export function customerOf(invoice: Stripe.Invoice): string {
  return invoice.customer === null ? '' : idOf(invoice.customer);
}

/** The subscription that an invoice belongs to, or null. */
export function subscriptionOf(invoice: Stripe.Invoice): string | null {
  const owner = invoice.parent?.subscription_details?.subscription;
  return owner ? idOf(owner) : null;
}
