import type Stripe from 'stripe';

/** What Stripe tells of that changes what our copy holds: each has the customer fetched anew, whatever it says. */
const telling = [
  'checkout.session.completed',
  'checkout.session.expired',
  'customer.subscription.created',
  'customer.subscription.updated',
  'customer.subscription.deleted',
  'customer.subscription.paused',
  'customer.subscription.resumed',
  'customer.subscription.trial_will_end',
  'invoice.created',
  'invoice.finalized',
  'invoice.finalization_failed',
  'invoice.paid',
  'invoice.payment_failed',
  'invoice.payment_action_required',
  'invoice.updated',
  'invoice.voided',
  'invoice.marked_uncollectible',
  'invoice.upcoming',
  'customer.created',
  'customer.updated',
  'customer.deleted',
  'payment_method.attached',
  'payment_method.detached',
  'payment_method.updated',
  'charge.dispute.created',
] as const;

/** The events that a webhook endpoint has to be subscribed to. */
export const webhookEvents: readonly string[] = telling;

/** Whether an event is of a kind that we follow. Others are kept, and change nothing. */
export function isFollowed(type: string): boolean {
  return webhookEvents.includes(type);
}

/** Whose customer an event is of; null where it names none. */
export function customerOf({ data }: Stripe.Event): string | null {
  const object = data.object as { object?: string; id?: string; customer?: unknown };
  if (object.object === 'customer') return object.id ?? null;
  const { customer } = object;
  if (typeof customer === 'string') return customer;
  return (customer as { id?: string } | null | undefined)?.id ?? null;
}
