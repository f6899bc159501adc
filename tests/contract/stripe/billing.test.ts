import Stripe from 'stripe';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openTarget, type Target } from './target';
import { createWorld, monthAfter, type World } from './world';

let target: Target;
let world: World;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(() => target.close());
beforeEach(async () => {
  world = await createWorld(target);
});
afterEach(() => world?.remove());

const HOUR = 3_600;
const DAY = 86_400;

async function subscribe(more: Partial<Stripe.SubscriptionCreateParams> = {}): Promise<Stripe.Subscription> {
  const { base, seats, usage } = world.prices;
  return target.stripe.subscriptions.create({
    customer: world.customer.id,
    items: [{ price: base.id }, { price: seats.id, quantity: 7 }, { price: usage.id }],
    metadata: { tenant_id: 't1' },
    ...more,
  });
}

function itemOf(subscription: Stripe.Subscription, price: { id: string }): Stripe.SubscriptionItem {
  const item = subscription.items.data.find((one) => one.price.id === price.id);
  if (!item) throw new Error('No such item');
  return item;
}

async function invoicesOf(subscription: { id: string }): Promise<Stripe.Invoice[]> {
  return (await target.stripe.invoices.list({ subscription: subscription.id })).data;
}

async function eventTypes(): Promise<string[]> {
  const events = await target.stripe.events.list({ limit: 100 });
  return events.data
    .filter(({ data }) => JSON.stringify(data.object).includes(world.customer.id))
    .map(({ type }) => type);
}

describe('a subscription', () => {
  test('is active when its first invoice is paid, with one line for each tier', async () => {
    const subscription = await subscribe({ expand: ['latest_invoice', 'items.data.price.product'] });
    expect(subscription).toMatchObject({ status: 'active', metadata: { tenant_id: 't1' } });
    const item = itemOf(subscription, world.prices.base);
    expect(item.current_period_start).toBe(world.start);
    expect(item.current_period_end).toBe(monthAfter(world.start));
    expect(item.price.product).toMatchObject({ object: 'product' });
    const invoice = subscription.latest_invoice as Stripe.Invoice;
    expect(invoice).toMatchObject({
      status: 'paid',
      billing_reason: 'subscription_create',
      total: 4900 + 2 * 1200,
    });
    expect(invoice.parent?.subscription_details?.subscription).toBe(subscription.id);
    const seats = invoice.lines.data.filter(
      (line) => line.pricing?.price_details?.price === world.prices.seats.id,
    );
    expect(seats.map(({ quantity, amount }) => [quantity, amount])).toEqual([
      [5, 0],
      [2, 2400],
    ]);
    expect(invoice.hosted_invoice_url).toMatch(/^https?:/);
    expect(invoice.number).toMatch(/-0001$/);
  });

  test('renews with the seats of the next month and the usage of the last', async () => {
    const { stripe } = target;
    const subscription = await subscribe();
    const end = monthAfter(world.start);
    await world.advance(world.start + DAY);
    await world.record(900, world.start + HOUR);
    await world.record(2201, world.start + DAY - HOUR);
    await world.advance(end + 2 * HOUR);
    const [renewal] = await invoicesOf(subscription);
    expect(renewal).toMatchObject({ status: 'paid', billing_reason: 'subscription_cycle' });
    const lines = await stripe.invoices.listLineItems(renewal?.id ?? '').autoPagingToArray({ limit: 100 });
    const of = (price: { id: string }) =>
      lines
        .filter((line) => line.pricing?.price_details?.price === price.id)
        .map(({ quantity, amount, period }) => [quantity, amount, period.start]);
    expect(of(world.prices.base)).toEqual([[1, 4900, end]]);
    expect(of(world.prices.seats)).toEqual([
      [5, 0, end],
      [2, 2400, end],
    ]);
    // 2,101 traces above the included thousand at 0.05 cents: 105.05 cents.
    expect(of(world.prices.usage)).toEqual([
      [1000, 0, world.start],
      [2101, 105, world.start],
    ]);
    expect(renewal?.total).toBe(4900 + 2400 + 105);
    const current = await stripe.subscriptions.retrieve(subscription.id);
    expect(itemOf(current, world.prices.base).current_period_start).toBe(end);
  });

  test('counts usage that comes while the renewal is a draft', async () => {
    const subscription = await subscribe();
    const end = monthAfter(world.start);
    await world.advance(end + 60);
    const [draft] = await invoicesOf(subscription);
    expect(draft?.status).toBe('draft');
    await world.record(3000, end - 30);
    await world.advance(end + 2 * HOUR);
    const [renewal] = await invoicesOf(subscription);
    expect(renewal).toMatchObject({ id: draft?.id, status: 'paid', total: 4900 + 2400 + 100 });
  });

  test('prorates a change of seats to the second, and bills it with the next invoice', async () => {
    const { stripe } = target;
    const subscription = await subscribe();
    const end = monthAfter(world.start);
    const at = world.start + 10 * DAY;
    await world.advance(at);
    await stripe.subscriptions.update(subscription.id, {
      items: [{ id: itemOf(subscription, world.prices.seats).id, quantity: 10 }],
      proration_behavior: 'create_prorations',
      proration_date: at,
    });
    const part = (amount: number) => Math.round((amount * (end - at)) / (end - world.start));
    const pending = await stripe.invoiceItems.list({ customer: world.customer.id, pending: true });
    expect(pending.data.map(({ amount }) => amount).sort((a, b) => a - b)).toEqual([-part(2400), part(6000)]);
    expect(pending.data.every(({ proration }) => proration)).toBe(true);
    await world.advance(end + 2 * HOUR);
    const [renewal] = await invoicesOf(subscription);
    expect(renewal?.total).toBe(4900 + 6000 + part(6000) - part(2400));
  });

  test('says before what a change costs, and charges exactly that at once', async () => {
    const { stripe } = target;
    const subscription = await subscribe();
    const at = world.start + 10 * DAY;
    await world.advance(at);
    const items = [{ id: itemOf(subscription, world.prices.seats).id, quantity: 9 }];
    const preview = await stripe.invoices.createPreview({
      customer: world.customer.id,
      subscription: subscription.id,
      subscription_details: { items, proration_behavior: 'always_invoice', proration_date: at },
    });
    expect(preview.status).toBe('draft');
    expect((await stripe.invoiceItems.list({ customer: world.customer.id, pending: true })).data).toEqual([]);
    const changed = await stripe.subscriptions.update(subscription.id, {
      items,
      proration_behavior: 'always_invoice',
      proration_date: at,
      expand: ['latest_invoice'],
    });
    const invoice = changed.latest_invoice as Stripe.Invoice;
    expect(invoice).toMatchObject({
      status: 'paid',
      billing_reason: 'subscription_update',
      total: preview.total,
    });
    expect(invoice.lines.data[0]?.parent?.subscription_item_details).toMatchObject({ proration: true });
  });

  test('says what the next invoice will be, with usage so far', async () => {
    const { stripe } = target;
    const subscription = await subscribe();
    await world.advance(world.start + DAY);
    await world.record(3000, world.start + HOUR);
    const preview = await target.until(
      () => stripe.invoices.createPreview({ subscription: subscription.id }),
      ({ total }) => total === 4900 + 2400 + 100,
    );
    expect(preview.period_end).toBe(monthAfter(world.start));
  });

  test('puts what a smaller quantity gives back to the customer’s credit', async () => {
    const { stripe } = target;
    const subscription = await subscribe();
    const at = world.start + 10 * DAY;
    await world.advance(at);
    await stripe.subscriptions.update(subscription.id, {
      items: [{ id: itemOf(subscription, world.prices.seats).id, quantity: 5 }],
      proration_behavior: 'always_invoice',
      proration_date: at,
    });
    const period = monthAfter(world.start) - world.start;
    const credit = Math.round((2400 * (period - 10 * DAY)) / period);
    expect(await stripe.customers.retrieve(world.customer.id)).toMatchObject({ balance: -credit });
    expect((await invoicesOf(subscription))[0]).toMatchObject({
      status: 'paid',
      total: -credit,
      amount_due: 0,
    });
  });

  test('moves to a yearly price at once: the unused month goes back', async () => {
    const { stripe } = target;
    const { base, yearly } = world.prices;
    const subscription = await subscribe({ items: [{ price: base.id }] });
    const at = world.start + 10 * DAY;
    await world.advance(at);
    const changed = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: itemOf(subscription, base).id, price: yearly.id }],
      expand: ['latest_invoice'],
    });
    const period = monthAfter(world.start) - world.start;
    const unused = Math.round((4900 * (period - 10 * DAY)) / period);
    expect(changed.latest_invoice).toMatchObject({ status: 'paid', total: 49_000 - unused });
    expect(itemOf(changed, yearly)).toMatchObject({
      current_period_start: at,
      current_period_end: monthAfter(at, 12),
    });
  });

  test('ends with its period when it is cancelled so, after a last invoice of its usage', async () => {
    const { stripe } = target;
    const subscription = await subscribe();
    const end = monthAfter(world.start);
    await world.advance(world.start + DAY);
    await world.record(3000, world.start + HOUR);
    const cancelled = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    expect(cancelled).toMatchObject({ status: 'active', cancel_at_period_end: true, cancel_at: end });
    await world.advance(end + 2 * HOUR);
    const ended = await stripe.subscriptions.retrieve(subscription.id);
    expect(ended).toMatchObject({ status: 'canceled', ended_at: end });
    expect((await invoicesOf(subscription))[0]).toMatchObject({ status: 'paid', total: 100 });
    expect(await eventTypes()).toContain('customer.subscription.deleted');
  });

  test('goes on when the cancellation is taken back', async () => {
    const { stripe } = target;
    const subscription = await subscribe();
    await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    const resumed = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: false });
    expect(resumed).toMatchObject({ cancel_at_period_end: false, cancel_at: null, canceled_at: null });
    await world.advance(monthAfter(world.start) + 2 * HOUR);
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
  });

  test('ends at once when it is cancelled so', async () => {
    const { stripe } = target;
    const subscription = await subscribe();
    expect(await stripe.subscriptions.cancel(subscription.id)).toMatchObject({ status: 'canceled' });
    expect((await stripe.subscriptions.list({ customer: world.customer.id })).data).toEqual([]);
    const all = await stripe.subscriptions.list({ customer: world.customer.id, status: 'all' });
    expect(all.data.map(({ id }) => id)).toEqual([subscription.id]);
  });

  test('charges nothing during a trial', async () => {
    const { stripe } = target;
    const subscription = await subscribe({ trial_end: world.start + 14 * DAY, expand: ['latest_invoice'] });
    expect(subscription).toMatchObject({ status: 'trialing', latest_invoice: { total: 0, status: 'paid' } });
    await world.advance(world.start + 14 * DAY + 2 * HOUR);
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
    expect((await invoicesOf(subscription))[0]).toMatchObject({ status: 'paid', total: 4900 + 2400 });
    expect(await eventTypes()).toContain('customer.subscription.trial_will_end');
  });

  test('takes a discount off every line', async () => {
    const { stripe } = target;
    const coupon = await stripe.coupons.create({ percent_off: 25, duration: 'forever' });
    const subscription = await subscribe({ discounts: [{ coupon: coupon.id }], expand: ['latest_invoice'] });
    expect(subscription.latest_invoice).toMatchObject({ subtotal: 7300, total: 5475 });
  });
});

describe('a card that is declined', () => {
  test('leaves a new subscription incomplete, and another card completes it', async () => {
    const { stripe } = target;
    const failing = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
      customer: world.customer.id,
    });
    const subscription = await subscribe({ default_payment_method: failing.id, expand: ['latest_invoice'] });
    expect(subscription).toMatchObject({ status: 'incomplete', latest_invoice: { status: 'open' } });
    const invoice = subscription.latest_invoice as Stripe.Invoice;
    await expect(stripe.invoices.pay(invoice.id)).rejects.toMatchObject({
      statusCode: 402,
      code: 'card_declined',
    });
    const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: world.customer.id });
    expect(await stripe.invoices.pay(invoice.id, { payment_method: good.id })).toMatchObject({
      status: 'paid',
    });
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
  });

  test('cannot be attached when its bank refuses it', async () => {
    const attempt = target.stripe.paymentMethods.attach('pm_card_chargeDeclined', {
      customer: world.customer.id,
    });
    await expect(attempt).rejects.toMatchObject({ statusCode: 402, code: 'card_declined' });
  });

  test('makes nothing at all where that was asked for', async () => {
    const { stripe } = target;
    const failing = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
      customer: world.customer.id,
    });
    await expect(
      subscribe({ default_payment_method: failing.id, payment_behavior: 'error_if_incomplete' }),
    ).rejects.toMatchObject({ statusCode: 402, code: 'card_declined' });
    const all = await stripe.subscriptions.list({ customer: world.customer.id, status: 'all' });
    expect(all.data).toEqual([]);
  });

  test('at a renewal makes the subscription past due; paying makes it active', async () => {
    const { stripe } = target;
    const subscription = await subscribe();
    const failing = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
      customer: world.customer.id,
    });
    await stripe.customers.update(world.customer.id, {
      invoice_settings: { default_payment_method: failing.id },
    });
    await world.advance(monthAfter(world.start) + 2 * HOUR);
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('past_due');
    const [open] = await invoicesOf(subscription);
    expect(open).toMatchObject({ status: 'open', attempt_count: 1 });
    expect(open?.next_payment_attempt).toBeGreaterThan(monthAfter(world.start));
    expect(await eventTypes()).toContain('invoice.payment_failed');
    const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: world.customer.id });
    await stripe.invoices.pay(open?.id ?? '', { payment_method: good.id });
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
  });
});

describe('an invoice made by hand', () => {
  test('is drafted, filled, finalized and sent', async () => {
    const { stripe } = target;
    const draft = await stripe.invoices.create({
      customer: world.customer.id,
      collection_method: 'send_invoice',
      days_until_due: 30,
      auto_advance: false,
    });
    expect(draft).toMatchObject({ status: 'draft', number: null });
    await stripe.invoiceItems.create({
      customer: world.customer.id,
      invoice: draft.id,
      description: 'Traces',
      price_data: {
        currency: 'usd',
        product: world.product.id,
        unit_amount_decimal: Stripe.Decimal.from('0.05'),
      },
      quantity: 2101,
    });
    await stripe.invoiceItems.create({
      customer: world.customer.id,
      invoice: draft.id,
      amount: 250,
      currency: 'usd',
    });
    const invoice = await stripe.invoices.finalizeInvoice(draft.id);
    expect(invoice).toMatchObject({ status: 'open', total: 105 + 250, amount_due: 355 });
    expect(invoice.number).toBeTruthy();
    expect(invoice.invoice_pdf).toMatch(/^https?:/);
    await expect(stripe.invoices.finalizeInvoice(draft.id)).rejects.toMatchObject({ statusCode: 400 });
    expect(await stripe.invoices.voidInvoice(draft.id)).toMatchObject({ status: 'void' });
  });

  test('uses up what the customer has to their credit', async () => {
    const { stripe } = target;
    await stripe.customers.createBalanceTransaction(world.customer.id, { amount: -300, currency: 'usd' });
    const draft = await stripe.invoices.create({ customer: world.customer.id, auto_advance: false });
    await stripe.invoiceItems.create({
      customer: world.customer.id,
      invoice: draft.id,
      amount: 250,
      currency: 'usd',
    });
    const invoice = await stripe.invoices.finalizeInvoice(draft.id);
    expect(invoice).toMatchObject({ total: 250, amount_due: 0, status: 'paid', ending_balance: -50 });
  });

  test('can be paid elsewhere', async () => {
    const { stripe } = target;
    const draft = await stripe.invoices.create({ customer: world.customer.id, auto_advance: false });
    await stripe.invoiceItems.create({
      customer: world.customer.id,
      invoice: draft.id,
      amount: 250,
      currency: 'usd',
    });
    await stripe.invoices.finalizeInvoice(draft.id);
    expect(await stripe.invoices.pay(draft.id, { paid_out_of_band: true })).toMatchObject({ status: 'paid' });
  });
});

describe('a Checkout session', () => {
  test('has an address to send its customer to, and expires when asked', async () => {
    const { stripe } = target;
    const { base, seats, usage } = world.prices;
    const session = await stripe.checkout.sessions.create({
      mode: 'subscription',
      customer: world.customer.id,
      line_items: [{ price: base.id, quantity: 1 }, { price: seats.id, quantity: 7 }, { price: usage.id }],
      success_url: 'https://example.com/done?session_id={CHECKOUT_SESSION_ID}',
      cancel_url: 'https://example.com/plans',
      client_reference_id: 't1',
      subscription_data: { metadata: { tenant_id: 't1' } },
      allow_promotion_codes: true,
      expand: ['line_items'],
    });
    expect(session).toMatchObject({ status: 'open', payment_status: 'unpaid', amount_total: 7300 });
    expect(session.url).toMatch(/^https?:/);
    expect(session.line_items?.data).toHaveLength(3);
    expect(await stripe.checkout.sessions.expire(session.id)).toMatchObject({ status: 'expired', url: null });
    await expect(stripe.checkout.sessions.expire(session.id)).rejects.toMatchObject({ statusCode: 400 });
  });
});

describe('a Checkout within a page', () => {
  test('has a secret for that page in place of an address', async () => {
    const { stripe } = target;
    const params: Stripe.Checkout.SessionCreateParams = {
      mode: 'subscription',
      ui_mode: 'embedded_page',
      customer: world.customer.id,
      line_items: [{ price: world.prices.base.id, quantity: 1 }],
    };
    const session = await stripe.checkout.sessions.create({
      ...params,
      return_url: 'https://example.com/done?session_id={CHECKOUT_SESSION_ID}',
    });
    expect(session).toMatchObject({ status: 'open', url: null, success_url: null, ui_mode: 'embedded_page' });
    expect(session.client_secret).toMatch(new RegExp(`^${session.id}_secret_`));
    await expect(stripe.checkout.sessions.create(params)).rejects.toMatchObject({ statusCode: 400 });
    await expect(
      stripe.checkout.sessions.create({ ...params, success_url: 'https://example.com/done' }),
    ).rejects.toMatchObject({ statusCode: 400 });
    await stripe.checkout.sessions.expire(session.id);
  });
});

describe('the portal', () => {
  test('has an address to send its customer to', async () => {
    const { stripe } = target;
    const configuration = await stripe.billingPortal.configurations.create({
      features: { invoice_history: { enabled: true }, payment_method_update: { enabled: true } },
    });
    const session = await stripe.billingPortal.sessions.create({
      customer: world.customer.id,
      configuration: configuration.id,
      return_url: 'https://example.com/billing',
    });
    expect(session).toMatchObject({ customer: world.customer.id, return_url: 'https://example.com/billing' });
    expect(session.url).toMatch(/^https?:/);
  });
});
