import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { billingCustomers, billingInvoices, billingSubscriptions } from '@/db/schema/billing';
import { usagePeriods } from '@/db/schema/metering';
import { tenants } from '@/db/schema/tenancy';
import { endSubscriptions } from '@/lib/billing/mutations';
import { ensureCustomer } from '@/lib/billing-customers/mutations';
import { syncCustomer } from '@/lib/billing-sync/mutations';
import { makeTenant, type TestTenant } from '@/tests/support/factories';
import { advance, DAY, HOUR, makeCustomer, openStripe, setCard, subscribe, type TestStripe } from './support';

let target: TestStripe;
beforeAll(async () => {
  target = await openStripe();
});
afterAll(() => target.close());

const tenantOf = async ({ id }: TestTenant) =>
  (await pool('platform').db.select().from(tenants).where(eq(tenants.id, id)))[0];
const customerOf = async ({ id }: TestTenant) =>
  (await pool('platform').db.select().from(billingCustomers).where(eq(billingCustomers.tenantId, id)))[0];
const start = Date.UTC(2026, 9, 1, 12) / 1_000;

describe('ensureCustomer', () => {
  test('makes one customer, however many ask at once', async () => {
    const tenant = await makeTenant();
    const ids = await Promise.all(Array.from({ length: 8 }, () => ensureCustomer(tenant.id)));
    expect(new Set(ids).size).toBe(1);
    const all = await target.stripe.customers.list({ limit: 100 });
    const own = all.data.filter(({ metadata }) => metadata.tenant_id === tenant.id);
    expect(own.map(({ id, email, name }) => ({ id, email, name }))).toEqual([
      { id: ids[0], email: tenant.admin.email, name: tenant.name },
    ]);
  });

  test('makes no second one when the first answer is lost', async () => {
    const tenant = await makeTenant();
    await target.fault({ kind: 'drop_reply', path: '/v1/customers', count: 1 });
    const id = await ensureCustomer(tenant.id);
    const all = await target.stripe.customers.list({ limit: 100 });
    expect(all.data.filter(({ metadata }) => metadata.tenant_id === tenant.id).map((one) => one.id)).toEqual([
      id,
    ]);
  });

  test('finds the one whose answer was lost longer ago than Stripe remembers', async () => {
    const tenant = await makeTenant();
    const lost = await target.stripe.customers.create({ metadata: { tenant_id: tenant.id } });
    await pool('platform')
      .db.insert(billingCustomers)
      .values({
        tenantId: tenant.id,
        mode: 'sandbox',
        requestedAt: new Date(Date.now() - 21 * HOUR * 1_000),
      });
    expect(await ensureCustomer(tenant.id)).toBe(lost.id);
  });
});

describe('syncCustomer', () => {
  test('puts the tenant on its plan, by the period of its subscription', async () => {
    const made = await makeCustomer(target, { start });
    const subscription = await subscribe(target, made, { seats: 1 });
    expect(await tenantOf(made.tenant)).toMatchObject({ plan: 'pro', readOnlySince: null });
    const [copy] = await pool('platform')
      .db.select()
      .from(billingSubscriptions)
      .where(eq(billingSubscriptions.tenantId, made.tenant.id));
    expect(copy).toMatchObject({
      id: subscription.id,
      status: 'active',
      plan: 'pro',
      interval: 'monthly',
      seats: 1,
    });
    const [period] = await pool('platform')
      .db.select()
      .from(usagePeriods)
      .where(eq(usagePeriods.tenantId, made.tenant.id));
    expect(period).toMatchObject({
      periodStart: new Date(start * 1_000),
      periodEnd: new Date(Date.UTC(2026, 10, 1, 12)),
    });
    const [invoice] = await pool('platform')
      .db.select()
      .from(billingInvoices)
      .where(eq(billingInvoices.tenantId, made.tenant.id));
    expect(invoice).toMatchObject({ status: 'paid', total: 4_900, currency: 'usd', isTest: false });
  });

  test('follows a subscription from a failed payment to read-only, to paid, to its end', async () => {
    const made = await makeCustomer(target, { start });
    const { tenant, customer, clock } = made;
    if (!clock) throw new Error('no clock');
    const subscription = await subscribe(target, made);
    await setCard(target, customer, 'pm_card_chargeCustomerFail');
    const end = Date.UTC(2026, 10, 1, 12) / 1_000;
    await advance(target, clock, end + 2 * HOUR);
    await syncCustomer(tenant.id);
    expect(await tenantOf(tenant)).toMatchObject({ plan: 'pro', readOnlySince: null });
    expect((await customerOf(tenant))?.pastDueSince).toEqual(new Date((end + HOUR) * 1_000));
    await advance(target, clock, end + 14 * DAY + 2 * HOUR);
    await syncCustomer(tenant.id);
    const status = (await target.stripe.subscriptions.retrieve(subscription.id)).status;
    expect(status).toBe('past_due');
    expect((await tenantOf(tenant))?.readOnlySince).not.toBeNull();
    await setCard(target, customer, 'pm_card_visa');
    const [open] = (await target.stripe.invoices.list({ customer, status: 'open' })).data;
    await target.stripe.invoices.pay(open?.id ?? '');
    await syncCustomer(tenant.id);
    expect(await tenantOf(tenant)).toMatchObject({ plan: 'pro', readOnlySince: null });
    await target.stripe.subscriptions.cancel(subscription.id);
    await syncCustomer(tenant.id);
    expect(await tenantOf(tenant)).toMatchObject({ plan: 'starter', readOnlySince: null });
    const periods = await pool('platform')
      .db.select()
      .from(usagePeriods)
      .where(eq(usagePeriods.tenantId, tenant.id));
    expect(periods).toEqual([]);
  });

  test('holds a renewal until the last hour of its period can have been reported', async () => {
    const made = await makeCustomer(target, { start });
    const { tenant, customer, clock } = made;
    await subscribe(target, made);
    const end = Date.UTC(2026, 10, 1, 12) / 1_000;
    await advance(target, clock ?? '', end + 60);
    await syncCustomer(tenant.id);
    const [draft] = (await target.stripe.invoices.list({ customer, status: 'draft' })).data;
    expect(draft?.automatically_finalizes_at).toBe((draft?.created ?? 0) + 2 * HOUR);
    await advance(target, clock ?? '', end + 90 * 60);
    expect((await target.stripe.invoices.retrieve(draft?.id ?? '')).status).toBe('draft');
    await advance(target, clock ?? '', end + 3 * HOUR);
    expect((await target.stripe.invoices.retrieve(draft?.id ?? '')).status).toBe('paid');
  });
});

describe('endSubscriptions', () => {
  test('ends at once what an erased workspace subscribes to, once', async () => {
    const made = await makeCustomer(target);
    const { id } = await subscribe(target, made);
    await endSubscriptions(made.tenant.id);
    await endSubscriptions(made.tenant.id);
    expect((await target.stripe.subscriptions.retrieve(id)).status).toBe('canceled');
  });
});
