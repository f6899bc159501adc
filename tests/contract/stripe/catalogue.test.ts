import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTarget, type Target } from './target';

let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(() => target.close());

describe('customers', () => {
  test('are made, read, changed, listed by email and deleted', async () => {
    const { stripe, unique } = target;
    const email = `${unique('ada')}@example.com`;
    const made = await stripe.customers.create({
      email,
      name: 'Ada',
      metadata: { tenant_id: 't1', old: 'x' },
    });
    expect(made).toMatchObject({ object: 'customer', email, livemode: false, balance: 0 });
    const changed = await stripe.customers.update(made.id, {
      name: 'Ada L.',
      metadata: { old: '', more: 'y' },
    });
    expect(changed.metadata).toEqual({ tenant_id: 't1', more: 'y' });
    expect((await stripe.customers.list({ email })).data.map(({ id }) => id)).toEqual([made.id]);
    expect(await stripe.customers.del(made.id)).toMatchObject({ id: made.id, deleted: true });
    expect(await stripe.customers.retrieve(made.id)).toMatchObject({ id: made.id, deleted: true });
  });

  test('that do not exist are a resource_missing', async () => {
    const error = await target.stripe.customers.retrieve('cus_nobody').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    expect(error).toMatchObject({ statusCode: 404, code: 'resource_missing', param: 'id' });
  });

  test('are made once for one idempotency key', async () => {
    const { stripe, unique } = target;
    const idempotencyKey = unique('customer');
    const first = await stripe.customers.create({ name: 'Once' }, { idempotencyKey });
    const again = await stripe.customers.create({ name: 'Once' }, { idempotencyKey });
    expect(again.id).toBe(first.id);
    await expect(stripe.customers.create({ name: 'Other' }, { idempotencyKey })).rejects.toMatchObject({
      statusCode: 400,
      rawType: 'idempotency_error',
    });
  });

  test('refuse a parameter that Stripe does not know', async () => {
    const params = { nonsense: 'x' } as Stripe.CustomerCreateParams;
    await expect(target.stripe.customers.create(params)).rejects.toMatchObject({
      statusCode: 400,
      code: 'parameter_unknown',
      param: 'nonsense',
    });
  });

  test('have a balance that transactions change', async () => {
    const { stripe } = target;
    const { id } = await stripe.customers.create();
    const credit = await stripe.customers.createBalanceTransaction(id, { amount: -500, currency: 'usd' });
    expect(credit).toMatchObject({ amount: -500, ending_balance: -500, type: 'adjustment' });
    expect(await stripe.customers.retrieve(id)).toMatchObject({ balance: -500 });
  });
});

describe('lists', () => {
  test('come page by page with the newest first', async () => {
    const { stripe, unique } = target;
    const email = `${unique('many')}@example.com`;
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.unshift((await stripe.customers.create({ email })).id);
    const first = await stripe.customers.list({ email, limit: 2 });
    expect(first.has_more).toBe(true);
    const all: string[] = [];
    for await (const row of stripe.customers.list({ email, limit: 2 })) all.push(row.id);
    expect([...all].sort()).toEqual([...ids].sort());
  });
});

describe('products and prices', () => {
  test('are found by lookup key, which can be taken over', async () => {
    const { stripe, unique } = target;
    const product = await stripe.products.create({ name: 'Pro' });
    const key = unique('pro_monthly');
    const monthly = { currency: 'usd', product: product.id, recurring: { interval: 'month' } } as const;
    const first = await stripe.prices.create({ ...monthly, unit_amount: 4900, lookup_key: key });
    await expect(
      stripe.prices.create({ ...monthly, unit_amount: 5900, lookup_key: key }),
    ).rejects.toMatchObject({ statusCode: 400 });
    const second = await stripe.prices.create({
      ...monthly,
      unit_amount: 5900,
      lookup_key: key,
      transfer_lookup_key: true,
    });
    const found = await stripe.prices.list({ lookup_keys: [key], expand: ['data.product'] });
    expect(found.data.map(({ id }) => id)).toEqual([second.id]);
    expect(found.data[0]?.product).toMatchObject({ object: 'product', name: 'Pro' });
    expect((await stripe.prices.retrieve(first.id)).lookup_key).toBeNull();
  });

  test('with tiers show them only when asked', async () => {
    const { stripe } = target;
    const product = await stripe.products.create({ name: 'Seats' });
    const price = await stripe.prices.create({
      currency: 'usd',
      product: product.id,
      recurring: { interval: 'month' },
      billing_scheme: 'tiered',
      tiers_mode: 'graduated',
      tiers: [
        { up_to: 5, unit_amount: 0 },
        { up_to: 'inf', unit_amount_decimal: Stripe.Decimal.from('1250.5') },
      ],
    });
    expect(price.tiers).toBeUndefined();
    const { tiers } = await stripe.prices.retrieve(price.id, { expand: ['tiers'] });
    expect(tiers?.map(({ up_to }) => up_to)).toEqual([5, null]);
    expect(tiers?.[1]).toMatchObject({ unit_amount: null });
    expect(String(tiers?.[1]?.unit_amount_decimal)).toBe('1250.5');
  });

  test('name the parameter that is missing', async () => {
    const params = { currency: 'usd', unit_amount: 1 } as Stripe.PriceCreateParams;
    await expect(target.stripe.prices.create(params)).rejects.toMatchObject({
      statusCode: 400,
      code: 'parameter_missing',
    });
  });
});

describe('meters', () => {
  async function makeMeter() {
    const { stripe, unique } = target;
    const eventName = unique('traces').replaceAll('-', '_');
    const meter = await stripe.billing.meters.create({
      display_name: 'Traces',
      event_name: eventName,
      default_aggregation: { formula: 'sum' },
      customer_mapping: { type: 'by_id', event_payload_key: 'stripe_customer_id' },
      value_settings: { event_payload_key: 'value' },
    });
    const customer = await stripe.customers.create();
    const send = (identifier: string, value: number, timestamp = Math.floor(Date.now() / 1_000)) =>
      stripe.billing.meterEvents.create({
        event_name: eventName,
        identifier,
        timestamp,
        payload: { stripe_customer_id: customer.id, value: String(value) },
      });
    return { meter, customer, send };
  }

  test('sum what is sent, also what is taken back', async () => {
    const { stripe, until, unique } = target;
    const { meter, customer, send } = await makeMeter();
    const hour = Math.floor(Date.now() / 3_600_000) * 3_600 - 3_600;
    await send(unique('a'), 40, hour + 10);
    await send(unique('b'), 5, hour + 20);
    await send(unique('c'), -3, hour + 30);
    const [summary] = await until(
      async () =>
        (
          await stripe.billing.meters.listEventSummaries(meter.id, {
            customer: customer.id,
            start_time: hour,
            end_time: hour + 3_600,
          })
        ).data,
      (rows) => rows[0]?.aggregated_value === 42,
    );
    expect(summary).toMatchObject({ object: 'billing.meter_event_summary', meter: meter.id });
  });

  test('take each identifier once', async () => {
    const { unique } = target;
    const { send } = await makeMeter();
    const identifier = unique('once');
    await send(identifier, 1);
    await expect(send(identifier, 1)).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('An event already exists with identifier'),
    });
  });

  test('refuse what is older than 35 days or still to come', async () => {
    const { unique } = target;
    const { send } = await makeMeter();
    const now = Math.floor(Date.now() / 1_000);
    await expect(send(unique('old'), 1, now - 36 * 86_400)).rejects.toMatchObject({ statusCode: 400 });
    await expect(send(unique('new'), 1, now + 600)).rejects.toMatchObject({ statusCode: 400 });
  });
});
