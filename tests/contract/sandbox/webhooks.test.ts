import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Sandbox } from '@/lib/billing/sandbox/server';
import { clientFor, startTestSandbox, until, webhookSecret } from '../stripe/target';

let app: Server;
let sandbox: Sandbox;
let stripe: Stripe;
/** What the app was told, and what it answers. */
let heard: Stripe.Event[];
let answers: number[];

beforeEach(async () => {
  heard = [];
  answers = [];
  app = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const signature = request.headers['stripe-signature'] ?? '';
    const secret = request.url === '/second' ? secondSecret : webhookSecret;
    heard.push(stripe.webhooks.constructEvent(Buffer.concat(parts), signature, secret));
    response.writeHead(answers.shift() ?? 200).end();
  });
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', () => resolve()));
  sandbox = await startTestSandbox({ webhookUrl: () => urlOf('/webhooks') });
  stripe = clientFor(sandbox);
});
afterEach(async () => {
  await sandbox.close();
  app.closeAllConnections();
  await new Promise((resolve) => app.close(resolve));
});

let secondSecret = '';
const urlOf = (path: string) => `http://127.0.0.1:${(app.address() as AddressInfo).port}${path}`;
const types = () => heard.map(({ type }) => type);
const told = (count: number) =>
  until(
    async () => heard.length,
    (length) => length >= count,
  );

async function fault(effect: string, more: object = {}): Promise<void> {
  await fetch(`${sandbox.url}/_sandbox/faults`, {
    method: 'POST',
    body: JSON.stringify({ kind: 'webhook', effect, ...more }),
  });
}

async function deliveries(): Promise<{ status: string; attempts: number }[]> {
  return (await fetch(`${sandbox.url}/_sandbox/deliveries`)).json() as Promise<
    { status: string; attempts: number }[]
  >;
}

describe('a webhook', () => {
  test('carries the event, signed, with the object as it was', async () => {
    const customer = await stripe.customers.create({ name: 'Ada' });
    await stripe.customers.update(customer.id, { name: 'Ada L.' });
    await told(2);
    expect(heard.find(({ type }) => type === 'customer.created')?.data.object).toMatchObject({ name: 'Ada' });
    const updated = heard.find(({ type }) => type === 'customer.updated');
    expect(updated?.data).toMatchObject({ object: { name: 'Ada L.' }, previous_attributes: { name: 'Ada' } });
    expect(updated?.request?.idempotency_key).toBeTruthy();
    const stored = await stripe.events.retrieve(updated?.id ?? '');
    expect(stored).toMatchObject({
      object: 'event',
      api_version: Stripe.API_VERSION,
      type: 'customer.updated',
    });
  });

  test('is sent again until it is taken', async () => {
    answers = [500, 503];
    await stripe.customers.create();
    await told(2);
    await until(deliveries, ([first]) => first?.status === 'pending' && first.attempts === 2);
    expect(new Set(heard.map(({ id }) => id)).size).toBe(1);
  });

  test('comes twice, late or not at all, where that was asked for', async () => {
    await fault('duplicate');
    await stripe.customers.create();
    await told(2);
    expect(new Set(heard.map(({ id }) => id)).size).toBe(1);
    heard.length = 0;
    await fault('drop', { type: 'customer.created' });
    await stripe.customers.create();
    await stripe.products.create({ name: 'Pro' });
    await told(1);
    expect(types()).toEqual(['product.created']);
    const rows = await until(deliveries, (all) => all.every(({ status }) => status !== 'pending'));
    expect(rows.map(({ status }) => status).sort()).toEqual(['delivered', 'delivered', 'dropped']);
  });

  test('is overtaken by a later one, where that was asked for', async () => {
    await fault('reorder', { ms: 300 });
    const { id } = await stripe.customers.create();
    await stripe.customers.update(id, { name: 'Ada' });
    await told(2);
    expect(types()).toEqual(['customer.updated', 'customer.created']);
  });

  test('goes to endpoints made through the API too, each with its secret and its events', async () => {
    const endpoint = await stripe.webhookEndpoints.create({
      url: urlOf('/second'),
      enabled_events: ['product.created'],
    });
    secondSecret = endpoint.secret ?? '';
    expect((await stripe.webhookEndpoints.retrieve(endpoint.id)).secret).toBeUndefined();
    await stripe.customers.create();
    await stripe.products.create({ name: 'Pro' });
    await told(3);
    expect(types().sort()).toEqual(['customer.created', 'product.created', 'product.created']);
    await stripe.webhookEndpoints.del(endpoint.id);
    await stripe.products.create({ name: 'Other' });
    await told(4);
    expect(heard).toHaveLength(4);
  });

  test('is kept for an app that is not there yet', async () => {
    const lonely = await startTestSandbox({ webhookUrl: () => 'http://127.0.0.1:1/nobody' });
    await clientFor(lonely).customers.create();
    const rows = await until(
      async () =>
        (await (await fetch(`${lonely.url}/_sandbox/deliveries`)).json()) as {
          attempts: number;
          status: string;
        }[],
      ([first]) => (first?.attempts ?? 0) > 0,
    );
    expect(rows[0]?.status).toBe('pending');
    await lonely.close();
  });
});
