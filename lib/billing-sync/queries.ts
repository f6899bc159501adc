import type Stripe from 'stripe';
import { ask, askAll } from '@/lib/stripe/client';

/** Everything of a customer that our copy holds, as Stripe has it at one time. */
export type Fetched = {
  customer: Stripe.Customer | null;
  subscriptions: Stripe.Subscription[];
  invoices: Stripe.Invoice[];
  /** Of a customer on a test clock, what time it is there. */
  clockAt: Date | null;
};

/** Fetches a customer as it is now. `customer` is null where somebody has deleted it. Throws AppError `unavailable`. */
export async function fetchCustomer(id: string): Promise<Fetched> {
  const found = await ask<Stripe.Customer | Stripe.DeletedCustomer>('customer', (stripe) =>
    stripe.customers.retrieve(id, { expand: ['invoice_settings.default_payment_method'] }),
  );
  if (found.deleted) return { customer: null, subscriptions: [], invoices: [], clockAt: null };
  const [subscriptions, invoices] = await Promise.all([
    askAll<Stripe.Subscription>((stripe, page) =>
      stripe.subscriptions.list({
        customer: id,
        status: 'all',
        expand: ['data.default_payment_method'],
        ...page,
      }),
    ),
    askAll<Stripe.Invoice>((stripe, page) => stripe.invoices.list({ customer: id, ...page })),
  ]);
  const clock = found.test_clock;
  const clockId = typeof clock === 'string' ? clock : clock?.id;
  const time = clockId
    ? await ask('test_helpers.test_clock', (stripe) => stripe.testHelpers.testClocks.retrieve(clockId))
    : null;
  return {
    customer: found,
    subscriptions,
    invoices,
    clockAt: time ? new Date(time.frozen_time * 1_000) : null,
  };
}
