import type Stripe from 'stripe';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Sandbox } from '@/lib/billing/sandbox/server';
import { clientFor, startTestSandbox, until } from '../stripe/target';
import { createWorld, monthAfter, type World } from '../stripe/world';

let sandbox: Sandbox;
let stripe: Stripe;
let world: World;
beforeEach(async () => {
  sandbox = await startTestSandbox({ accountName: 'Seller <b>' });
  stripe = clientFor(sandbox);
  world = await createWorld(
    { stripe, unique: (name) => `${name} <script>`, until, close: async () => {} },
    null,
  );
});
afterEach(() => sandbox.close());

const card = { expiry: '12 / 40', cvc: '123', name: 'Ada <i>Lovelace' };

/** Sends a form as a browser does, and follows where it leads within the sandbox. */
async function submit(url: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const answer = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: sandbox.url, ...headers },
    body: new URLSearchParams(fields),
  });
  const location = answer.headers.get('location');
  return {
    status: answer.status,
    location: location && `${sandbox.url}${location}`,
    text: await answer.text(),
  };
}

const read = async (url: string) => (await fetch(url)).text();

async function openCheckout(
  more: Partial<Stripe.Checkout.SessionCreateParams> = {},
): Promise<Stripe.Checkout.Session> {
  const { base, seats, usage } = world.prices;
  return stripe.checkout.sessions.create({
    mode: 'subscription',
    customer: world.customer.id,
    line_items: [{ price: base.id, quantity: 1 }, { price: seats.id, quantity: 7 }, { price: usage.id }],
    success_url: 'http://app.localhost/done?session_id={CHECKOUT_SESSION_ID}&x="><script>',
    cancel_url: 'http://app.localhost/plans',
    subscription_data: { metadata: { tenant_id: 't1' } },
    ...more,
  });
}

const subscriptions = async () => (await stripe.subscriptions.list({ customer: world.customer.id })).data;
const events = async () => (await stripe.events.list({ limit: 100 })).data.map(({ type }) => type);

describe('every hosted page', () => {
  test('says that no money moves, runs nothing, and escapes what it shows', async () => {
    const session = await openCheckout();
    const portal = await stripe.billingPortal.sessions.create({ customer: world.customer.id });
    const invoice = await stripe.invoices.create({ customer: world.customer.id, description: '<script>' });
    const final = await stripe.invoices.finalizeInvoice(invoice.id);
    for (const url of [session.url, portal.url, final.hosted_invoice_url, `${sandbox.url}/c/pay/nothing`]) {
      const answer = await fetch(url ?? '');
      const text = await answer.text();
      expect(text).toContain('No real money moves');
      expect(text).not.toContain('<script');
      expect(text).not.toContain('<b>');
      const policy = answer.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
  });

  test('takes no form from another site, and none too large', async () => {
    const session = await openCheckout();
    const fields = { action: 'pay', number: '4242424242424242', ...card };
    const foreign = await submit(session.url ?? '', fields, { origin: 'https://evil.example' });
    expect(foreign.status).toBe(403);
    expect((await submit(session.url ?? '', fields, { origin: 'null' })).status).toBe(403);
    expect((await submit(session.url ?? '', { name: 'x'.repeat(1_100_000) })).status).toBe(413);
    expect(await subscriptions()).toEqual([]);
  });
});

describe('Checkout', () => {
  test('subscribes with a good card, once, however often it is sent', async () => {
    const session = await openCheckout();
    const fields = { action: 'pay', number: '4242 4242 4242 4242', ...card };
    const sent = await Promise.all(Array.from({ length: 3 }, () => submit(session.url ?? '', fields)));
    expect(sent.map(({ status }) => status)).toEqual([303, 303, 303]);
    const done = await read(sent[0]?.location ?? '');
    expect(done).toContain(
      `http-equiv="refresh" content="0;url=http://app.localhost/done?session_id=${session.id}&amp;`,
    );
    expect(done).not.toContain('"><script>');
    const complete = await stripe.checkout.sessions.retrieve(session.id, {
      expand: ['subscription', 'invoice'],
    });
    expect(complete).toMatchObject({
      status: 'complete',
      payment_status: 'paid',
      url: null,
      subscription: { status: 'active', metadata: { tenant_id: 't1' } },
      invoice: { status: 'paid', total: 7300 },
    });
    expect(await subscriptions()).toHaveLength(1);
    expect(await events()).toEqual(
      expect.arrayContaining([
        'checkout.session.completed',
        'customer.subscription.created',
        'invoice.paid',
        'payment_method.attached',
      ]),
    );
  });

  test('says at the field what is wrong, and leaves nothing behind', async () => {
    const session = await openCheckout();
    const before = (await events()).length;
    const pay = (fields: object) => submit(session.url ?? '', { action: 'pay', ...card, ...fields });
    expect((await pay({ number: '4000000000000002' })).text).toContain('Your card was declined.');
    expect((await pay({ number: '4000000000009995' })).text).toContain('insufficient funds');
    expect((await pay({ number: '4111111111111111' })).text).toContain('no test card');
    expect((await pay({ number: '4242' })).text).toContain('incomplete');
    const wrong = await pay({ number: '4242424242424242', expiry: '13/40', cvc: 'x', name: '' });
    expect(wrong.text.match(/aria-invalid="true"/g)).toHaveLength(3);
    expect((await pay({ number: '4242424242424242', expiry: '01/20' })).text).toContain('in the past');
    expect(wrong.text).not.toContain('value="x"');
    expect(await subscriptions()).toEqual([]);
    expect((await stripe.paymentMethods.list({ customer: world.customer.id })).data).toEqual([]);
    expect((await events()).length).toBe(before);
    expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe('open');
  });

  test('asks the owner of a card that wants it, who approves or fails', async () => {
    const session = await openCheckout();
    const fields = { action: 'pay', number: '4000002500003155', ...card };
    const first = await submit(session.url ?? '', fields);
    expect(first.location).toMatch(/\/3ds\//);
    expect(await subscriptions()).toEqual([]);
    const failed = await submit(first.location ?? '', { action: 'fail' });
    expect(await read(failed.location ?? '')).toContain('could not authenticate');
    expect((await submit(first.location ?? '', { action: 'approve' })).status).toBe(404);
    const second = await submit(session.url ?? '', fields);
    const approved = await submit(second.location ?? '', { action: 'approve' });
    expect(await read(approved.location ?? '')).toContain('Thank you');
    const [subscription] = await subscriptions();
    expect(subscription?.status).toBe('active');
    // Authenticated once, it is charged by itself from then on.
    await world.advance(monthAfter(world.start) + 7_200);
    expect((await subscriptions())[0]?.status).toBe('active');
  });

  test('takes a card that fails when it is charged later', async () => {
    const session = await openCheckout();
    await submit(session.url ?? '', { action: 'pay', number: '4000000000000341', ...card });
    expect((await subscriptions())[0]?.status).toBe('active');
    await world.advance(monthAfter(world.start) + 7_200);
    expect((await subscriptions())[0]?.status).toBe('past_due');
  });

  test('takes promotion codes', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'once' });
    await stripe.promotionCodes.create({
      code: 'HALF',
      promotion: { type: 'coupon', coupon: coupon.id },
      max_redemptions: 1,
    });
    const session = await openCheckout({ allow_promotion_codes: true });
    const url = session.url ?? '';
    expect((await submit(url, { action: 'apply_code', code: 'nope' })).text).toContain(
      'This code is invalid.',
    );
    await submit(url, { action: 'apply_code', code: 'half' });
    expect(await read(url)).toContain('$36.50');
    await submit(url, { action: 'remove_code' });
    expect(await read(url)).not.toContain('$36.50');
    await submit(url, { action: 'apply_code', code: 'HALF' });
    await submit(url, { action: 'pay', number: '4242424242424242', ...card });
    const complete = await stripe.checkout.sessions.retrieve(session.id, { expand: ['invoice'] });
    expect(complete).toMatchObject({ amount_total: 3650, invoice: { total: 3650 } });
    const other = await openCheckout({ allow_promotion_codes: true });
    expect((await submit(other.url ?? '', { action: 'apply_code', code: 'HALF' })).text).toContain(
      'This code is invalid.',
    );
    await world.advance(monthAfter(world.start) + 7_200);
    const [renewal] = (await stripe.invoices.list({ customer: world.customer.id })).data;
    expect(renewal?.total).toBe(7300);
  });

  test('is over when it has expired', async () => {
    const session = await openCheckout();
    await stripe.checkout.sessions.expire(session.id);
    const page = await fetch(session.url ?? '');
    expect(page.status).toBe(410);
    await submit(session.url ?? '', { action: 'pay', number: '4242424242424242', ...card });
    expect(await subscriptions()).toEqual([]);
  });

  test('expires by itself after a day', async () => {
    const session = await openCheckout();
    await world.advance(world.start + 25 * 3_600);
    expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({ status: 'expired' });
    expect(await events()).toContain('checkout.session.expired');
  });
});

describe('the portal', () => {
  async function subscribed(): Promise<{ subscription: Stripe.Subscription; url: string }> {
    const session = await openCheckout();
    await submit(session.url ?? '', { action: 'pay', number: '4242424242424242', ...card });
    const [subscription] = await subscriptions();
    if (!subscription) throw new Error('No subscription');
    const portal = await stripe.billingPortal.sessions.create({
      customer: world.customer.id,
      return_url: 'http://app.localhost/billing',
    });
    return { subscription, url: portal.url };
  }

  test('cancels at the period’s end, and takes it back', async () => {
    const { subscription, url } = await subscribed();
    expect(await read(url)).toContain('http://app.localhost/billing');
    expect(await read(`${url}?view=cancel-${subscription.id}`)).toContain('Cancel subscription');
    await submit(url, { action: 'cancel', id: subscription.id });
    expect((await subscriptions())[0]).toMatchObject({ status: 'active', cancel_at_period_end: true });
    await submit(url, { action: 'resume', id: subscription.id });
    expect((await subscriptions())[0]).toMatchObject({ cancel_at_period_end: false, cancel_at: null });
  });

  test('adds a card that is charged from then on, and removes one', async () => {
    const { subscription, url } = await subscribed();
    const add = (number: string) => submit(url, { action: 'add', number, ...card });
    expect((await add('4000000000000002')).text).toContain('Your card was declined.');
    await add('5555555555554444');
    const cards = (await stripe.paymentMethods.list({ customer: world.customer.id })).data;
    expect(cards.map(({ card: details }) => details?.brand)).toEqual(['mastercard', 'visa']);
    const [mastercard, visa] = cards;
    expect((await stripe.subscriptions.retrieve(subscription.id)).default_payment_method).toBe(
      mastercard?.id,
    );
    await submit(url, { action: 'set_default', id: visa?.id ?? '' });
    expect((await stripe.subscriptions.retrieve(subscription.id)).default_payment_method).toBe(visa?.id);
    await submit(url, { action: 'remove', id: mastercard?.id ?? '' });
    expect((await stripe.paymentMethods.list({ customer: world.customer.id })).data).toHaveLength(1);
    const asked = await add('4000002500003155');
    await submit(asked.location ?? '', { action: 'approve' });
    expect((await stripe.paymentMethods.list({ customer: world.customer.id })).data).toHaveLength(2);
  });

  test('touches nothing that is another customer’s', async () => {
    const { subscription } = await subscribed();
    const stranger = await stripe.customers.create({ name: 'Eve' });
    const portal = await stripe.billingPortal.sessions.create({ customer: stranger.id });
    await submit(portal.url, { action: 'cancel', id: subscription.id });
    await submit(portal.url, { action: 'remove', id: String(subscription.default_payment_method) });
    await submit(portal.url, { action: 'set_default', id: String(subscription.default_payment_method) });
    expect((await subscriptions())[0]).toMatchObject({ cancel_at_period_end: false });
    expect((await stripe.paymentMethods.list({ customer: world.customer.id })).data).toHaveLength(1);
    expect((await stripe.customers.retrieve(stranger.id)) as Stripe.Customer).toMatchObject({
      invoice_settings: { default_payment_method: null },
    });
  });

  test('leads from a failed payment to a paid invoice', async () => {
    const { url } = await subscribed();
    await submit(url, { action: 'add', number: '4000000000000341', ...card });
    await world.advance(monthAfter(world.start) + 7_200);
    expect((await subscriptions())[0]?.status).toBe('past_due');
    await submit(url, { action: 'add', number: '4242424242424242', ...card });
    const [link] = /\/i\/\w+/.exec(await read(url)) ?? [];
    const page = await read(`${sandbox.url}${link}`);
    const chosen = /value="(pm_\w+)" checked/.exec(page)?.[1] ?? '';
    await submit(`${sandbox.url}${link}`, { method: chosen });
    expect((await subscriptions())[0]?.status).toBe('active');
  });
});

describe('a hosted invoice', () => {
  async function openInvoice(): Promise<Stripe.Invoice> {
    const draft = await stripe.invoices.create({ customer: world.customer.id, auto_advance: false });
    await stripe.invoiceItems.create({
      customer: world.customer.id,
      invoice: draft.id,
      amount: 1234,
      currency: 'usd',
      description: 'Work <done>',
    });
    return stripe.invoices.finalizeInvoice(draft.id);
  }

  test('is paid with a new card, which is kept', async () => {
    const invoice = await openInvoice();
    const url = invoice.hosted_invoice_url ?? '';
    expect(await read(url)).toContain('Work &lt;done&gt;');
    expect((await submit(url, { method: 'new', number: '4000000000000002', ...card })).text).toContain(
      'declined',
    );
    await submit(url, { method: 'new', number: '4242424242424242', ...card });
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'paid', amount_paid: 1234 });
    expect((await stripe.paymentMethods.list({ customer: world.customer.id })).data).toHaveLength(1);
    expect(await read(url)).not.toContain('Pay this invoice');
  });

  test('asks to authenticate each time where a card wants it', async () => {
    const invoice = await openInvoice();
    const url = invoice.hosted_invoice_url ?? '';
    const asked = await submit(url, { method: 'new', number: '4000002760003184', ...card });
    expect(asked.location).toMatch(/\/3ds\//);
    expect((await stripe.invoices.retrieve(invoice.id)).status).toBe('open');
    await submit(asked.location ?? '', { action: 'approve' });
    expect((await stripe.invoices.retrieve(invoice.id)).status).toBe('paid');
    expect(await events()).toContain('invoice.payment_action_required');
  });

  test('is not charged to a card of somebody else', async () => {
    const other = await stripe.customers.create({ payment_method: 'pm_card_visa' });
    const [foreign] = (await stripe.paymentMethods.list({ customer: other.id })).data;
    const invoice = await openInvoice();
    await submit(invoice.hosted_invoice_url ?? '', { method: foreign?.id ?? '' });
    expect((await stripe.invoices.retrieve(invoice.id)).status).toBe('open');
  });

  test('is a PDF too, and neither is found by the id alone', async () => {
    const invoice = await openInvoice();
    const pdf = await fetch(invoice.invoice_pdf ?? '');
    expect(pdf.headers.get('content-type')).toBe('application/pdf');
    const text = Buffer.from(await pdf.arrayBuffer()).toString('latin1');
    expect(text.startsWith('%PDF-1.4')).toBe(true);
    expect(text).toContain('$12.34');
    expect(text).toContain(invoice.number ?? '?');
    expect(text).toContain('not a real invoice');
    expect((await fetch(`${sandbox.url}/i/${invoice.id}`)).status).toBe(404);
    expect((await fetch(`${sandbox.url}/i/${invoice.id}_secret_x/pdf`)).status).toBe(404);
  });
});
