import Stripe from 'stripe';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fault } from '@/lib/billing/sandbox/faults';
import type { Sandbox } from '@/lib/billing/sandbox/server';
import { clientFor, startTestSandbox, until } from '../stripe/target';
import { createWorld } from '../stripe/world';

type Asked<K extends Fault['kind']> = Partial<Extract<Fault, { kind: K }>> & { kind: K };

let sandbox: Sandbox;
let stripe: Stripe;
beforeEach(async () => {
  sandbox = await startTestSandbox();
  stripe = clientFor(sandbox);
});
afterEach(() => sandbox.close());

async function breakDown<K extends Fault['kind']>(fault: Asked<K>): Promise<Response> {
  return fetch(`${sandbox.url}/_sandbox/faults`, { method: 'POST', body: JSON.stringify(fault) });
}

describe('a fault', () => {
  test('answers so many requests with an error, before anything is done', async () => {
    await breakDown({ kind: 'status', status: 500, count: 2, path: '/v1/customers' });
    for (let i = 0; i < 2; i++)
      await expect(stripe.customers.create({ name: 'Ada' })).rejects.toMatchObject({ statusCode: 500 });
    await stripe.products.create({ name: 'Pro' });
    await stripe.customers.create({ name: 'Ada' });
    expect((await stripe.customers.list()).data).toHaveLength(1);
  });

  test('of a rate is one that the SDK knows', async () => {
    await breakDown({ kind: 'status', status: 429 });
    await expect(stripe.customers.list()).rejects.toBeInstanceOf(Stripe.errors.StripeRateLimitError);
  });

  test('loses the answer to what it has done; the same key finds it', async () => {
    // The SDK asks once more by itself when a connection that it kept is closed.
    await breakDown({ kind: 'drop_reply', path: '/v1/customers', count: 2 });
    const idempotencyKey = 'one-customer';
    await expect(stripe.customers.create({ name: 'Ada' }, { idempotencyKey })).rejects.toBeInstanceOf(
      Stripe.errors.StripeConnectionError,
    );
    const again = await stripe.customers.create({ name: 'Ada' }, { idempotencyKey });
    expect((await stripe.customers.list()).data.map(({ id }) => id)).toEqual([again.id]);
  });

  test('is what the SDK retries by itself, without doing anything twice', async () => {
    const patient = clientFor(sandbox, 2);
    await breakDown({ kind: 'drop_reply', path: '/v1/customers' });
    const made = await patient.customers.create({ name: 'Ada' });
    expect((await stripe.customers.list()).data.map(({ id }) => id)).toEqual([made.id]);
  });

  test('makes a request wait', async () => {
    await breakDown({ kind: 'latency', ms: 60_000, path: '/v1/customers' });
    const hasty = stripe.customers.list({}, { timeout: 50 });
    await expect(hasty).rejects.toBeInstanceOf(Stripe.errors.StripeConnectionError);
  });

  test('declines the next payment of a good card', async () => {
    const world = await createWorld({ stripe, unique: (name) => name, until, close: async () => {} });
    await breakDown({ kind: 'decline', code: 'lost_card' });
    const create = () =>
      stripe.subscriptions.create({
        customer: world.customer.id,
        items: [{ price: world.prices.base.id }],
        payment_behavior: 'error_if_incomplete',
      });
    await expect(create()).rejects.toMatchObject({ statusCode: 402, decline_code: 'lost_card' });
    expect((await create()).status).toBe('active');
  });

  test('makes summaries lag behind until it is taken away', async () => {
    const { customer, meter, record } = await createWorld({
      stripe,
      unique: (name) => name,
      until,
      close: async () => {},
    });
    const hour = Math.floor(customer.created / 3_600) * 3_600;
    await record(7, customer.created);
    const read = async () =>
      (
        await stripe.billing.meters.listEventSummaries(meter.id, {
          customer: customer.id,
          start_time: hour,
          end_time: hour + 3_600,
        })
      ).data[0]?.aggregated_value;
    await breakDown({ kind: 'summary_lag', ms: 60_000 });
    expect(await read()).toBe(0);
    await fetch(`${sandbox.url}/_sandbox/faults`, { method: 'DELETE' });
    expect(await read()).toBe(7);
  });

  test('that there is none of is refused, and so is one from a web page', async () => {
    expect((await breakDown({ kind: 'status', status: 418 } as never)).status).toBe(400);
    const fromPage = await fetch(`${sandbox.url}/_sandbox/faults`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
      body: JSON.stringify({ kind: 'decline' }),
    });
    expect(fromPage.status).toBe(403);
    expect(await (await fetch(`${sandbox.url}/_sandbox/faults`)).json()).toEqual([]);
  });
});

describe('the door', () => {
  test('is shut to live keys, to no key and to other hosts', async () => {
    const ask = (headers: Record<string, string>) => fetch(`${sandbox.url}/v1/customers`, { headers });
    expect((await ask({ authorization: 'Bearer sk_live_abc' })).status).toBe(401);
    expect((await ask({ authorization: `Basic ${btoa('sk_live_abc:')}` })).status).toBe(401);
    expect((await ask({})).status).toBe(401);
    expect((await ask({ authorization: `Basic ${btoa('sk_test_abc:')}` })).status).toBe(200);
  });

  test('answers an address that it does not know in Stripe’s shape of an error', async () => {
    const answer = await fetch(`${sandbox.url}/v1/treasury/unknown`, {
      headers: { authorization: 'Bearer sk_test_abc' },
    });
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    await expect(stripe.quotes.list()).rejects.toMatchObject({ statusCode: 404 });
  });

  test('does not open where Stripe itself is used', async () => {
    await expect(startTestSandbox({ stripeSecretKey: 'sk_test_real' })).rejects.toThrow('STRIPE_SECRET_KEY');
  });

  test('does not open twice at one port', async () => {
    await expect(startTestSandbox({ port: sandbox.port })).rejects.toThrow('EADDRINUSE');
  });
});
