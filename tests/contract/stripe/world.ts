import Stripe from 'stripe';
import type { Target } from './target';

/** Stripe makes test clocks start in the present at the latest two years from now; this is near enough for both. */
export function clockStart(): number {
  const now = new Date();
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1, 12) / 1_000;
}

export type World = Awaited<ReturnType<typeof createWorld>>;

/** A catalogue, a test clock at the first of a month, and a customer on it with a card. */
export async function createWorld({ stripe, unique, until }: Target, card: string | null = 'pm_card_visa') {
  const start = clockStart();
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: start });
  const customer = await stripe.customers.create({
    test_clock: clock.id,
    email: 'ada@example.com',
    ...(card && { payment_method: card, invoice_settings: { default_payment_method: card } }),
  });
  const meter = await stripe.billing.meters.create({
    display_name: 'Traces',
    event_name: unique('traces').replaceAll('-', '_'),
    default_aggregation: { formula: 'sum' },
  });
  const product = await stripe.products.create({ name: unique('Pro') });
  const monthly = { interval: 'month' } as const;
  const base = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: 4900,
    recurring: monthly,
  });
  const yearly = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: 49_000,
    recurring: { interval: 'year' },
  });
  const seats = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    recurring: monthly,
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    tiers: [
      { up_to: 5, unit_amount: 0 },
      { up_to: 'inf', unit_amount: 1200 },
    ],
  });
  const usage = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    recurring: { ...monthly, usage_type: 'metered', meter: meter.id },
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    tiers: [
      { up_to: 1000, unit_amount: 0 },
      { up_to: 'inf', unit_amount_decimal: Stripe.Decimal.from('0.05') },
    ],
  });
  return {
    start,
    clock,
    customer,
    meter,
    product,
    prices: { base, yearly, seats, usage },
    /** Records usage at a time of the clock. */
    record: (value: number, timestamp: number) =>
      stripe.billing.meterEvents.create({
        event_name: meter.event_name,
        identifier: unique('usage'),
        timestamp,
        payload: { stripe_customer_id: customer.id, value: String(value) },
      }),
    /** Lets time pass and waits until everything due has happened. */
    advance: async (to: number) => {
      await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: to });
      await until(
        () => stripe.testHelpers.testClocks.retrieve(clock.id),
        ({ status }) => status === 'ready',
      );
    },
    remove: () => stripe.testHelpers.testClocks.del(clock.id),
  };
}

/** The same day and time of the month that follows. */
export function monthAfter(at: number, months = 1): number {
  const date = new Date(at * 1_000);
  return date.setUTCMonth(date.getUTCMonth() + months) / 1_000;
}
