import type { Page } from 'playwright/test';
import type Stripe from 'stripe';
import { pool } from '@/db/client';
import { billingCustomers } from '@/db/schema/billing';
import { withTenant } from '@/db/tenant';
import { runTick } from '@/lib/metering/mutations';
import { plans } from '@/lib/plans/plans';
import { writeUsageDeltas } from '@/lib/usage/deltas';
import { until } from '../contract/stripe/target';
import { makeKey, makePerson, makeTenant, type TestTenant } from '../support/factories';
import { openSandbox } from './sandbox';
import { enterAs, expect, send, test, url } from './support';
import { closeWorlds } from './worlds';

test.afterAll(closeWorlds);

const HOUR = 3_600;
const DAY = 24 * HOUR;
const included = plans.pro.included.traces;
const over = 50_000;

const adminKeys = new Map<string, Promise<string>>();

/** Asks the API with a key that may do everything, one for each tenant. */
async function ask(tenant: TestTenant, method: 'GET' | 'POST', path: string) {
  const made = adminKeys.get(tenant.id) ?? makeKey(tenant, { scopes: ['admin'] }).then(({ key }) => key);
  adminKeys.set(tenant.id, made);
  const key = await made;
  const answer = await send({
    ...{ host: tenant.host, path: `/api/v1${path}`, method },
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  });
  return { status: answer.status, body: JSON.parse(answer.text) };
}

/** A tenant whose customer lives on a test clock, a day behind. */
async function onClock(stripe: Stripe) {
  const tenant = await makeTenant();
  const start = Math.floor(Date.now() / 1_000) - DAY;
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: start });
  const customer = await stripe.customers.create({
    test_clock: clock.id,
    email: tenant.admin.email,
    metadata: { tenant_id: tenant.id },
  });
  await pool('platform')
    .db.insert(billingCustomers)
    .values({ tenantId: tenant.id, mode: 'sandbox', stripeCustomerId: customer.id });
  const advance = async (to: number) => {
    await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: to });
    await until(
      () => stripe.testHelpers.testClocks.retrieve(clock.id),
      ({ status }) => status === 'ready',
    );
  };
  return { tenant, customer: customer.id, advance };
}

async function typeCard(page: Page, number: string): Promise<void> {
  await page.getByLabel('Card number').fill(number);
  await page.getByLabel(/Expir/).fill('12 / 34');
  await page.getByLabel(/CVC|Security/i).fill('123');
  await page.getByLabel(/Name/).fill('Ada Test');
}

const billing = (page: Page, tenant: TestTenant) => page.goto(url(tenant.slug, '/settings/billing'));
const planCard = (page: Page) => page.getByRole('region', { name: 'Plan', exact: true });

test('a workspace goes from free to paid, past what is included, past due, paid, and back to free', async ({
  page,
}) => {
  test.setTimeout(240_000);
  const { stripe } = await openSandbox();
  const { tenant, customer, advance } = await onClock(stripe);
  await enterAs(page, tenant.admin);

  // Checkout: a declined card, then a good one.
  await billing(page, tenant);
  await expect(planCard(page)).toContainText('Starter');
  await expect(page.getByText('No real money moves here')).toBeVisible();
  await page.getByRole('button', { name: 'Upgrade to Pro' }).click();
  await page.waitForURL(/\/c\/pay\//);
  await typeCard(page, '4000 0000 0000 0002');
  await page.getByRole('button', { name: 'Subscribe' }).click();
  await expect(page.getByRole('alert')).toContainText('declined');
  await typeCard(page, '4242 4242 4242 4242');
  await page.getByRole('button', { name: 'Subscribe' }).click();
  await page.waitForURL(/settings\/billing\?checkout=cs_/);
  await expect(page.getByText('this workspace is on Pro now')).toBeVisible();
  await expect(planCard(page)).toContainText('Active');
  await expect(planCard(page)).toContainText('4242');
  await expect(page.getByRole('row', { name: /paid/ })).toContainText('$49.00');

  // Six more people: two beyond the five seats that are included. Stripe is told by itself.
  await Promise.all(Array.from({ length: 6 }, () => makePerson(tenant, 'viewer')));
  const subscription = await until(
    async () => (await stripe.subscriptions.list({ customer })).data[0],
    (found) => found?.items.data.some(({ quantity }) => quantity === 7) === true,
  );
  const end = subscription?.items.data[0]?.current_period_end ?? 0;

  // More traces than are included, in an hour that is closed; the server reports them.
  await advance(Math.floor(Date.now() / 1_000));
  const recordedAt = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3 * 3_600_000 + 60_000);
  await withTenant(tenant.ctx, (db) =>
    writeUsageDeltas(db, tenant.ctx, [
      {
        ...{ project: 'default', traceCount: included + over, tokensIn: 0, tokensOut: 0, storageBytes: 0 },
        recordedAt,
      },
    ]),
  );
  const by = { actor: { kind: 'system', name: 'test' }, requestId: 'test' } as const;
  await runTick(by, { trigger: 'operator', now: new Date(), only: [tenant.id] });
  await until(
    () => ask(tenant, 'GET', '/billing/upcoming'),
    ({ body }) => body.upcoming.reported_traces === included + over,
  );
  await billing(page, tenant);
  const upcoming = page.getByRole('region', { name: /Next invoice/ });
  await expect(upcoming).toContainText('50,000 traces at $0.20 for 1,000');
  await expect(upcoming).toContainText('2 seats at $8.00 each');

  // The period's end: every line is what was used.
  const { body: usage } = await ask(tenant, 'GET', '/usage');
  expect(usage).toMatchObject({ trace_count: included + over, seat_count: 7 });
  await advance(end + 3 * HOUR);
  const [renewal] = (await stripe.invoices.list({ customer })).data;
  expect(renewal).toMatchObject({ status: 'paid', billing_reason: 'subscription_cycle' });
  const lines = await stripe.invoices.listLineItems(renewal?.id ?? '', { limit: 100 });
  const keys = new Map(subscription?.items.data.map(({ price }) => [price.id, price.lookup_key]));
  const of = (kind: string, isProration = false) =>
    lines.data.filter(
      (line) =>
        keys.get(String(line.pricing?.price_details?.price))?.includes(`_${kind}_`) &&
        (line.parent?.subscription_item_details?.proration === true ||
          line.parent?.invoice_item_details?.proration === true) === isProration,
    );
  const sum = (rows: Stripe.InvoiceLineItem[]) => ({
    quantity: rows.reduce((total, { quantity }) => total + (quantity ?? 0), 0),
    amount: rows.reduce((total, { amount }) => total + amount, 0),
  });
  expect(sum(of('traces'))).toEqual({ quantity: usage.trace_count, amount: 1_000 });
  expect(sum(of('seats'))).toEqual({ quantity: 7, amount: 1_600 });
  expect(sum(of('base'))).toEqual({ quantity: 1, amount: 4_900 });
  const prorated = sum(of('seats', true)).amount;
  expect(prorated).toBeGreaterThan(0);
  expect(prorated).toBeLessThanOrEqual(1_600);
  expect(renewal?.total).toBe(1_000 + 1_600 + 4_900 + prorated);

  // The card fails at the next renewal: past due, and everybody sees it.
  const failing = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer });
  await stripe.subscriptions.update(subscription?.id ?? '', { default_payment_method: failing.id });
  const next = new Date(end * 1_000);
  next.setUTCMonth(next.getUTCMonth() + 1);
  await advance(next.getTime() / 1_000 + 3 * HOUR);
  await until(
    () => ask(tenant, 'GET', '/billing'),
    ({ body }) => body.subscription?.status === 'past_due',
  );
  await billing(page, tenant);
  await expect(planCard(page)).toContainText('Payment failed');
  await expect(page.getByRole('status').filter({ hasText: 'A payment has failed' })).toBeVisible();

  // Another card in the portal, and the open invoice paid with it.
  await page.getByRole('button', { name: 'Card and address' }).click();
  await page.waitForURL(/\/p\/session\//);
  await page.getByRole('link', { name: /Add/ }).first().click();
  await typeCard(page, '4242 4242 4242 4242');
  await page.getByRole('button', { name: /Add|Save/ }).click();
  await billing(page, tenant);
  await planCard(page).getByRole('link', { name: 'Pay now' }).click();
  await page.waitForURL(/\/i\//);
  await page.getByRole('button', { name: /^Pay \$/ }).click();
  await until(
    () => ask(tenant, 'GET', '/billing'),
    ({ body }) => body.subscription?.status === 'active',
  );
  await billing(page, tenant);
  await expect(planCard(page)).toContainText('Active');
  await expect(page.getByText('A payment has failed')).toHaveCount(0);

  // Cancelled: it goes on until the period's end, and is free from then on.
  await page.getByRole('button', { name: 'Cancel the plan' }).click();
  const dialog = page.getByRole('alertdialog');
  await expect(dialog).toContainText('Starter includes 3 seats, and 7 are used.');
  await dialog.getByRole('button', { name: 'Cancel the plan' }).click();
  await expect(planCard(page)).toContainText('Ending');
  const { body: ending } = await ask(tenant, 'GET', '/billing');
  await advance(Date.parse(ending.subscription.cancel_at) / 1_000 + 3 * HOUR);
  await until(
    () => ask(tenant, 'GET', '/billing'),
    ({ body }) => body.plan === 'starter',
  );
  await billing(page, tenant);
  await expect(planCard(page)).toContainText('Costs nothing, for good.');
});

test('a test invoice is made with a button and by the API, and says what the usage says', async ({
  page,
}) => {
  const tenant = await makeTenant();
  await enterAs(page, tenant.admin);
  await billing(page, tenant);
  await expect(page.getByText('No invoices yet')).toBeVisible();
  await page.getByRole('button', { name: 'Make a test invoice' }).click();
  await expect(page.getByRole('row', { name: /Test/ })).toContainText('$49.00');
  const { status, body } = await ask(tenant, 'POST', '/billing/invoice/test');
  expect(status).toBe(201);
  const { body: usage } = await ask(tenant, 'GET', '/usage');
  expect(body.usage).toMatchObject({ trace_count: usage.trace_count, seat_count: usage.seat_count });
  await page.goto(body.hosted_url);
  await expect(page.getByRole('heading', { name: `Invoice ${body.number}` })).toBeVisible();
  const pdf = await page.request.get(body.pdf_url);
  expect([pdf.status(), pdf.headers()['content-type']]).toEqual([200, 'application/pdf']);
});

test('billing is the admins’ alone, and speaks of what is wrong', async ({ page }) => {
  const tenant = await makeTenant();
  const viewer = await makePerson(tenant, 'viewer');
  await enterAs(page, viewer);
  const answer = await billing(page, tenant);
  expect(answer?.status()).toBe(403);
  const forged = await send({
    ...{ host: tenant.host, path: '/api/v1/billing' },
    headers: { cookie: viewer.cookie },
  });
  expect(forged.status).toBe(403);
  const unknown = await ask(tenant, 'POST', '/billing/subscription?plan=gold');
  expect(unknown.status).toBe(422);
  expect(unknown.body.error.issues).toEqual([
    { path: 'plan', message: 'expected one of starter, pro, enterprise' },
  ]);
  expect((await ask(tenant, 'POST', '/billing/subscription?plan=enterprise')).status).toBe(409);
  expect((await ask(tenant, 'POST', '/billing/subscription?plan=starter')).body.action).toBe('none');
});
