import { and, eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { auditLog } from '@/db/schema/audit';
import {
  cancelSubscription,
  changeInterval,
  previewChange,
  resumeSubscription,
} from '@/lib/billing/mutations';
import { getBilling } from '@/lib/billing/queries';
import { choosePlan, openPortal, setUpBilling, startCheckout } from '@/lib/billing-checkout/mutations';
import { makeTestInvoice } from '@/lib/billing-invoices/mutations';
import { getBillingPage, listInvoices, previewInvoice } from '@/lib/billing-invoices/queries';
import { getUsage } from '@/lib/metering/queries';
import { speakToSandbox } from '@/lib/stripe/client';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { makePerson, makeTenant, type TestTenant, unique } from '@/tests/support/factories';
import { makeCustomer, openStripe, subscribe, type TestStripe } from './support';

let target: TestStripe;
beforeAll(async () => {
  target = await openStripe();
});
afterEach(() => target.noFaults());
afterAll(() => target.close());

const actionsOf = async ({ id }: TestTenant) =>
  (
    await pool('platform')
      .db.select({ action: auditLog.action })
      .from(auditLog)
      .where(and(eq(auditLog.tenantId, id)))
  ).map(({ action }) => action);
const openSessions = async (customer: string) =>
  (await target.stripe.checkout.sessions.list({ customer, status: 'open' })).data;

describe('startCheckout', () => {
  test('sells the base, the seats that are taken, and what is used', async () => {
    const tenant = await makeTenant();
    await makePerson(tenant, 'viewer');
    const { id, url } = await startCheckout(tenant.admin.ctx, { plan: 'pro', interval: 'yearly' });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/c\/pay\/cs_test_/);
    const session = await target.stripe.checkout.sessions.retrieve(id);
    expect(session).toMatchObject({
      mode: 'subscription',
      client_reference_id: tenant.id,
      allow_promotion_codes: true,
      success_url: `http://${tenant.host}/settings/billing?checkout={CHECKOUT_SESSION_ID}`,
    });
    const lines = await target.stripe.checkout.sessions.listLineItems(id);
    const sold = lines.data.map(({ price, quantity }) => [price?.lookup_key, quantity]).sort();
    expect(sold).toEqual([
      ['ragtoolkit_pro_base_yearly_v1', 1],
      ['ragtoolkit_pro_seats_monthly_v1', 2],
      ['ragtoolkit_pro_traces_monthly_v1', null],
    ]);
    expect(await actionsOf(tenant)).toContain('billing.start_checkout');
  });

  test('leaves one open, however many are begun at once', async () => {
    const tenant = await makeTenant();
    const begun = await Promise.allSettled(
      Array.from({ length: 5 }, () => startCheckout(tenant.admin.ctx, { plan: 'pro', interval: 'monthly' })),
    );
    const won = begun.filter(({ status }) => status === 'fulfilled');
    expect(won.length).toBeGreaterThan(0);
    const all = await target.stripe.customers.list({ limit: 100 });
    const customer = all.data.find(({ metadata }) => metadata.tenant_id === tenant.id)?.id ?? '';
    const open = await openSessions(customer);
    expect(open).toHaveLength(1);
    await startCheckout(tenant.admin.ctx, { plan: 'pro', interval: 'yearly' });
    const later = await openSessions(customer);
    expect(later).toHaveLength(1);
    expect(later[0]?.id).not.toBe(open[0]?.id);
  });

  test('is refused to who subscribes already, for a plan that is not sold, and to a viewer', async () => {
    const made = await makeCustomer(target);
    await subscribe(target, made);
    const { ctx } = made.tenant.admin;
    const pro = { plan: 'pro', interval: 'monthly' } as const;
    await expect(startCheckout(ctx, pro)).rejects.toMatchObject({ code: 'conflict' });
    await expect(startCheckout(ctx, { ...pro, plan: 'enterprise' })).rejects.toMatchObject({
      code: 'conflict',
    });
    const viewer = await makePerson(made.tenant, 'viewer');
    await expect(startCheckout(viewer.ctx, pro)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(getBilling(viewer.ctx)).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('says to try again while Stripe is away, and leaves nothing half-done', async () => {
    const tenant = await makeTenant();
    await setUpBilling(tenant.admin.ctx);
    await target.fault({ kind: 'status', status: 500, path: '/v1/checkout', count: 20 });
    await expect(startCheckout(tenant.admin.ctx, { plan: 'pro', interval: 'monthly' })).rejects.toMatchObject(
      {
        code: 'unavailable',
      },
    );
    await target.noFaults();
    const again = await startCheckout(tenant.admin.ctx, { plan: 'pro', interval: 'monthly' });
    expect(again.url).not.toBeNull();
  });
});

describe('choosePlan', () => {
  test('begins a Checkout, cancels, and resumes', async () => {
    const made = await makeCustomer(target);
    const { ctx } = made.tenant.admin;
    expect(await choosePlan(ctx, { plan: 'pro' })).toMatchObject({ action: 'checkout' });
    await subscribe(target, made);
    expect(await choosePlan(ctx, { plan: 'pro' })).toMatchObject({ action: 'none' });
    const cancelled = await choosePlan(ctx, { plan: 'starter' });
    expect(cancelled.action).toBe('cancelled');
    expect(cancelled.billing.subscription?.cancel_at).toBe(cancelled.billing.subscription?.period_end);
    expect(cancelled.billing.plan).toBe('pro');
    expect(await choosePlan(ctx, { plan: 'starter' })).toMatchObject({ action: 'none' });
    expect(await choosePlan(ctx, { plan: 'pro' })).toMatchObject({
      action: 'resumed',
      billing: { subscription: { cancel_at: null } },
    });
    expect(await actionsOf(made.tenant)).toEqual(
      expect.arrayContaining(['billing.cancel', 'billing.resume']),
    );
  });

  test('says what a smaller plan has no room for', async () => {
    const made = await makeCustomer(target);
    await subscribe(target, made);
    for (let more = 0; more < 3; more++) await makePerson(made.tenant, 'viewer');
    await expect(choosePlan(made.tenant.admin.ctx, { plan: 'starter' })).rejects.toMatchObject({
      code: 'conflict',
      issues: [{ path: 'seats', message: 'Starter includes 3 seats, and 4 are used.' }],
    });
    // To leave is never refused.
    expect((await cancelSubscription(made.tenant.admin.ctx)).subscription?.cancel_at).not.toBeNull();
  });
});

describe('a change of the interval', () => {
  test('costs what its preview says, and the year ends with the year', async () => {
    const made = await makeCustomer(target);
    const { ctx } = made.tenant.admin;
    await subscribe(target, made);
    const preview = await previewChange(ctx, { interval: 'yearly' });
    expect(preview.due_now).toBeGreaterThan(40_000);
    const billing = await changeInterval(ctx, { interval: 'yearly', proration_date: preview.proration_date });
    expect(billing.subscription).toMatchObject({ interval: 'yearly', status: 'active' });
    const [newest] = await listInvoices(ctx);
    expect(newest).toMatchObject({ status: 'paid', total: preview.due_now });
    const { subscription } = await cancelSubscription(ctx);
    const days = (Date.parse(subscription?.cancel_at ?? '') - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(360);
    expect((await resumeSubscription(ctx)).subscription?.cancel_at).toBeNull();
    expect(await actionsOf(made.tenant)).toContain('billing.change_interval');
  });

  test('is not made by a preview of an hour ago', async () => {
    const made = await makeCustomer(target);
    await subscribe(target, made);
    const old = { interval: 'yearly', proration_date: Math.floor(Date.now() / 1_000) - 4_000 } as const;
    await expect(changeInterval(made.tenant.admin.ctx, old)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('says before what more seats cost', async () => {
    const made = await makeCustomer(target);
    await subscribe(target, made);
    const preview = await previewChange(made.tenant.admin.ctx, { seats: 7 });
    expect(preview.next_total).toBeGreaterThanOrEqual(4_900 + 2 * 800);
    expect((await getBilling(made.tenant.admin.ctx)).subscription?.seats).toBe(1);
  });
});

describe('a test invoice', () => {
  test('says what the usage says, to the trace and the cent', async () => {
    const tenant = await makeTenant();
    const traces = Array.from({ length: 12 }, () => ({ traceId: unique() + unique() }));
    await ingestTraces(tenant.ctx, traces);
    const made = await makeTestInvoice(tenant.admin.ctx);
    const usage = await getUsage(tenant.admin.ctx);
    expect(made.usage).toMatchObject({ trace_count: 12, seat_count: usage.seat_count });
    expect(made).toMatchObject({ status: 'open', total: 4_900, plan: 'pro' });
    expect(made.number).toMatch(/-\d{4}$/);
    const invoice = await target.stripe.invoices.retrieve(made.id);
    const sum = (kind: string) =>
      invoice.lines.data
        .filter(({ metadata }) => metadata.kind === kind)
        .reduce((total, { quantity }) => total + (quantity ?? 0), 0);
    expect(sum('traces')).toBe(usage.trace_count);
    expect(sum('seats')).toBe(usage.seat_count);
    expect(invoice.total).toBe(made.total);
    for (const url of [made.hosted_url, made.pdf_url]) expect((await fetch(url)).status).toBe(200);
    // Nobody owes it: the plan stays, and nothing is past due.
    expect(await getBilling(tenant.admin.ctx)).toMatchObject({
      plan: 'starter',
      access: 'none',
      open_invoice: null,
    });
    expect(await listInvoices(tenant.admin.ctx)).toMatchObject([{ id: made.id, is_test: true }]);
    expect(await actionsOf(tenant)).toContain('billing.make_test_invoice');
  });
});

describe('the page of billing', () => {
  test('works from our copy while Stripe is away, and says so', async () => {
    const made = await makeCustomer(target);
    await subscribe(target, made);
    await target.fault({ kind: 'status', status: 503, path: '/v1/', count: 100 });
    const page = await getBillingPage(made.tenant.admin.ctx, { isBack: true });
    expect(page.billing).toMatchObject({ plan: 'pro', is_stale: true, subscription: { status: 'active' } });
    expect(page.upcoming).toMatchObject({ source: 'estimate', total: 4_900 });
    expect(page.invoices).toHaveLength(1);
  });

  test('explains the next invoice tier by tier', async () => {
    const made = await makeCustomer(target);
    await subscribe(target, made, { seats: 7 });
    const upcoming = await previewInvoice(made.tenant.admin.ctx);
    expect(upcoming).toMatchObject({ source: 'stripe', total: 4_900 + 2 * 800 });
    expect(upcoming?.lines.map(({ description }) => description)).toEqual(
      expect.arrayContaining(['5 seats, included', '2 seats at $8.00 each']),
    );
  });

  test('shows what there is where billing is not set up', async () => {
    const tenant = await makeTenant();
    const port = Number(/:(\d+)\//.exec((await openPortal(tenant.admin.ctx)).url)?.[1]);
    speakToSandbox(undefined);
    try {
      const page = await getBillingPage(tenant.admin.ctx, { isBack: false });
      expect(page.billing).toMatchObject({ mode: null, plan: 'starter' });
      await expect(openPortal(tenant.admin.ctx)).rejects.toMatchObject({ code: 'unavailable' });
    } finally {
      speakToSandbox({ port, webhookSecret: 'whsec_of_the_tests' });
    }
  });
});
