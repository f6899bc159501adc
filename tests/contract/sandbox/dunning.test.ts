import type Stripe from 'stripe';
import { afterEach, describe, expect, test } from 'vitest';
import type { Sandbox } from '@/lib/billing/sandbox/server';
import { clientFor, startTestSandbox, until } from '../stripe/target';
import { createWorld, monthAfter, type World } from '../stripe/world';

const HOUR = 3_600;
const DAY = 86_400;

let sandbox: Sandbox;
let stripe: Stripe;
let world: World;
afterEach(() => sandbox.close());

async function open(options: Parameters<typeof startTestSandbox>[0] = {}): Promise<void> {
  sandbox = await startTestSandbox(options);
  stripe = clientFor(sandbox);
  world = await createWorld({ stripe, unique: (name) => name, until, close: async () => {} });
}

/** A subscription whose card is declined from its first renewal on. */
async function failing(): Promise<{ subscription: Stripe.Subscription; due: number }> {
  const subscription = await stripe.subscriptions.create({
    customer: world.customer.id,
    items: [{ price: world.prices.base.id }],
  });
  const card = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
    customer: world.customer.id,
  });
  await stripe.subscriptions.update(subscription.id, { default_payment_method: card.id });
  const due = monthAfter(world.start) + HOUR;
  await world.advance(due);
  return { subscription, due };
}

const statusOf = async ({ id }: { id: string }) => (await stripe.subscriptions.retrieve(id)).status;
const newest = async () => (await stripe.invoices.list({ customer: world.customer.id })).data[0];

describe('a renewal that fails', () => {
  test('is tried again after 3, 8 and 15 days, and the subscription is unpaid then', async () => {
    await open();
    const { subscription, due } = await failing();
    const attempts: [number, number | null][] = [];
    for (const day of [0, 3, 8]) {
      if (day > 0) await world.advance(due + day * DAY);
      expect(await statusOf(subscription)).toBe('past_due');
      const invoice = await newest();
      attempts.push([invoice?.attempt_count ?? 0, invoice?.next_payment_attempt ?? null]);
    }
    expect(attempts).toEqual([
      [1, due + 3 * DAY],
      [2, due + 8 * DAY],
      [3, due + 15 * DAY],
    ]);
    await world.advance(due + 15 * DAY);
    expect(await statusOf(subscription)).toBe('unpaid');
    expect(await newest()).toMatchObject({ attempt_count: 4, next_payment_attempt: null, status: 'open' });
    // It goes on, and what it would cost is written down without being charged.
    await world.advance(monthAfter(world.start, 2) + 2 * HOUR);
    expect(await newest()).toMatchObject({ status: 'draft', auto_advance: false });
    expect(await statusOf(subscription)).toBe('unpaid');
  });

  test('is paid by the next attempt when the card has been changed', async () => {
    await open();
    const { subscription, due } = await failing();
    const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: world.customer.id });
    await stripe.subscriptions.update(subscription.id, { default_payment_method: good.id });
    await world.advance(due + 3 * DAY);
    expect(await newest()).toMatchObject({ status: 'paid', attempt_count: 2 });
    expect(await statusOf(subscription)).toBe('active');
  });

  test('ends the subscription after the last attempt where the account says so', async () => {
    await open({ afterRetries: 'cancel' });
    const { subscription, due } = await failing();
    await world.advance(due + 16 * DAY);
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
      status: 'canceled',
      cancellation_details: { reason: 'payment_failed' },
    });
  });

  test('is collected no more once the subscription has ended', async () => {
    await open();
    const { subscription, due } = await failing();
    await stripe.subscriptions.cancel(subscription.id);
    await world.advance(due + 10 * DAY);
    expect(await newest()).toMatchObject({ status: 'open', attempt_count: 1, next_payment_attempt: null });
  });
});

describe('time', () => {
  test('gives up a subscription whose first invoice nobody paid in 23 hours', async () => {
    await open();
    const subscription = await stripe.subscriptions.create({
      customer: world.customer.id,
      items: [{ price: world.prices.base.id }],
      payment_behavior: 'default_incomplete',
      expand: ['latest_invoice.confirmation_secret'],
    });
    expect(subscription).toMatchObject({
      status: 'incomplete',
      latest_invoice: { status: 'open', confirmation_secret: { type: 'payment_intent' } },
    });
    await world.advance(world.start + 24 * HOUR);
    expect(await statusOf(subscription)).toBe('incomplete_expired');
    expect((await newest())?.status).toBe('void');
  });

  test('makes an invoice that was sent overdue, and its subscription past due', async () => {
    await open();
    const subscription = await stripe.subscriptions.create({
      customer: world.customer.id,
      items: [{ price: world.prices.base.id }],
      collection_method: 'send_invoice',
      days_until_due: 10,
    });
    expect(subscription.status).toBe('active');
    await world.advance(world.start + 11 * DAY);
    expect(await statusOf(subscription)).toBe('past_due');
    await stripe.invoices.pay((await newest())?.id ?? '', { paid_out_of_band: true });
    expect(await statusOf(subscription)).toBe('active');
  });

  test('renews each item at its own time where intervals differ', async () => {
    await open();
    const { yearly, usage } = world.prices;
    await stripe.subscriptions.create({
      customer: world.customer.id,
      items: [{ price: yearly.id }, { price: usage.id }],
    });
    await world.record(3000, world.start);
    for (let month = 1; month <= 12; month++) await world.advance(monthAfter(world.start, month) + 2 * HOUR);
    const invoices = (await stripe.invoices.list({ customer: world.customer.id, limit: 100 })).data.reverse();
    expect(invoices.map(({ total }) => total)).toEqual([49_000, 100, ...Array(10).fill(0), 49_000]);
  });

  test('says a week before what will be billed, once', async () => {
    await open();
    await stripe.subscriptions.create({
      customer: world.customer.id,
      items: [{ price: world.prices.base.id }],
    });
    await world.advance(monthAfter(world.start) - 3 * DAY);
    await world.advance(monthAfter(world.start) - 2 * DAY);
    const { data } = await stripe.events.list({ type: 'invoice.upcoming' });
    expect(data.map(({ data: { object } }) => (object as Stripe.Invoice).total)).toEqual([4900]);
  });

  test('passes for everything in order, each at its moment', async () => {
    await open();
    const { id } = await stripe.subscriptions.create({
      customer: world.customer.id,
      items: [{ price: world.prices.base.id }],
    });
    await world.advance(monthAfter(world.start, 2) - DAY);
    await world.advance(monthAfter(world.start, 3) - DAY);
    const invoices = (await stripe.invoices.list({ subscription: id })).data.reverse();
    expect(invoices.map(({ created, status_transitions: { paid_at } }) => [created, paid_at])).toEqual([
      [world.start, world.start],
      ...[1, 2].map((month) => [monthAfter(world.start, month), monthAfter(world.start, month) + HOUR]),
    ]);
    const types = (await stripe.events.list({ types: ['invoice.*'], limit: 100 })).data.map(
      ({ created }) => created,
    );
    expect(types).toEqual([...types].sort((a, b) => b - a));
  });

  test('does not go back, nor further than two periods at once', async () => {
    await open();
    await stripe.subscriptions.create({
      customer: world.customer.id,
      items: [{ price: world.prices.base.id }],
    });
    const advance = (to: number) =>
      stripe.testHelpers.testClocks.advance(world.clock.id, { frozen_time: to });
    await expect(advance(world.start - 1)).rejects.toMatchObject({ statusCode: 400 });
    await expect(advance(monthAfter(world.start, 2) + 1)).rejects.toMatchObject({ statusCode: 400 });
  });

  test('passes for what hangs on no clock too', async () => {
    let ahead = 0;
    await open({ clock: () => Date.now() + ahead });
    const customer = await stripe.customers.create({
      payment_method: 'pm_card_visa',
      invoice_settings: { default_payment_method: 'pm_card_visa' },
    });
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: world.prices.base.id }],
    });
    ahead = 32 * DAY * 1_000;
    // Any clock that moves wakes what waits for time.
    await world.advance(world.start + DAY);
    await until(
      () => stripe.invoices.list({ subscription: subscription.id }),
      ({ data }) => data.length === 2,
    );
    ahead += 2 * HOUR * 1_000;
    await world.advance(world.start + 2 * DAY);
    await until(
      () => stripe.invoices.list({ subscription: subscription.id }),
      ({ data }) => data[0]?.status === 'paid',
    );
  });
});
