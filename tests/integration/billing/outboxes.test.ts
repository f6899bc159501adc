import { and, eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { billingSeatChanges } from '@/db/schema/billing';
import { usageOutbox } from '@/db/schema/metering';
import { findTraceMeter } from '@/lib/billing-catalogue/queries';
import { sendSeatsOfTenant } from '@/lib/billing-seats/mutations';
import { syncCustomer } from '@/lib/billing-sync/mutations';
import { retryDeadLetter, sendOf } from '@/lib/billing-usage/mutations';
import { listDeadLetters, readMeterHours } from '@/lib/billing-usage/queries';
import { removeMember } from '@/lib/workflows/removal/mutations';
import { makePerson, type TestTenant } from '@/tests/support/factories';
import { makeCustomer, openStripe, report, subscribe, type TestStripe } from './support';

let target: TestStripe;
beforeAll(async () => {
  target = await openStripe();
});
afterEach(() => target.noFaults());
afterAll(() => target.close());

const HOUR_MS = 3_600_000;
const hour = (ago: number) => new Date(Math.floor(Date.now() / HOUR_MS) * HOUR_MS - ago * HOUR_MS);
const outboxOf = ({ id }: TestTenant) =>
  pool('platform')
    .db.select()
    .from(usageOutbox)
    .where(eq(usageOutbox.tenantId, id))
    .orderBy(usageOutbox.hour);
/** What waits for its time is due now. */
const makeDue = (tenant: TestTenant, set: Partial<typeof usageOutbox.$inferInsert> = {}) =>
  pool('platform')
    .db.update(usageOutbox)
    .set({ nextAt: null, ...set })
    .where(and(eq(usageOutbox.tenantId, tenant.id)));

/** A tenant that has subscribed for a day, by the sandbox's own time. */
async function subscriber() {
  const start = Math.floor(Date.now() / 1_000) - 24 * 3_600;
  const made = await makeCustomer(target, { start });
  await subscribe(target, made);
  await target.stripe.testHelpers.testClocks.advance(made.clock ?? '', {
    frozen_time: Math.floor(Date.now() / 1_000),
  });
  await expect
    .poll(async () => (await target.stripe.testHelpers.testClocks.retrieve(made.clock ?? '')).status)
    .toBe('ready');
  await syncCustomer(made.tenant.id);
  return made;
}
const counted = async (tenant: TestTenant) => {
  const span = { start: hour(48), end: hour(-1) };
  const hours = (await readMeterHours(tenant.id, 'trace.count', span)) ?? [];
  return hours
    .map(({ hour: at, value }): [string, number] => [at.toISOString(), value])
    .sort(([a], [b]) => (a < b ? -1 : 1));
};

describe('sendOf', () => {
  test('reports each hour within a subscription once, in its hour, and skips those before', async () => {
    const { tenant, customer } = await subscriber();
    await report(tenant, hour(40), 1_000);
    await report(tenant, hour(3), 7);
    await report(tenant, hour(2), 5);
    await report(tenant, hour(2), 3, 2);
    await sendOf(tenant.id, customer);
    await sendOf(tenant.id, customer);
    expect(await counted(tenant)).toEqual([
      [hour(3).toISOString(), 7],
      [hour(2).toISOString(), 8],
    ]);
    const [before, ...rest] = await outboxOf(tenant);
    expect(before).toMatchObject({ deliveredAt: null, reason: 'nothing was subscribed' });
    expect(before?.skippedAt).not.toBeNull();
    expect(rest.every(({ deliveredAt }) => deliveredAt !== null)).toBe(true);
  });

  test('skips everything of who is no customer', async () => {
    const { tenant } = await subscriber();
    await report(tenant, hour(1), 4);
    await sendOf(tenant.id, null);
    expect((await outboxOf(tenant))[0]?.skippedAt).not.toBeNull();
  });

  test('counts once what is sent again, because its answer was lost', async () => {
    const { tenant, customer } = await subscriber();
    await report(tenant, hour(2), 11);
    await target.fault({ kind: 'drop_reply', path: '/v1/billing/meter_events', count: 20 });
    await expect(sendOf(tenant.id, customer)).rejects.toMatchObject({ code: 'unavailable' });
    expect((await outboxOf(tenant))[0]).toMatchObject({ attempts: 1, deliveredAt: null });
    await target.noFaults();
    await sendOf(tenant.id, customer); // not due yet
    expect((await outboxOf(tenant))[0]?.deliveredAt).toBeNull();
    await makeDue(tenant);
    await sendOf(tenant.id, customer);
    expect((await outboxOf(tenant))[0]?.deliveredAt).not.toBeNull();
    expect(await counted(tenant)).toEqual([[hour(2).toISOString(), 11]]);
  });

  test('asks what Stripe has counted before it sends what it may have forgotten', async () => {
    const { tenant, customer } = await subscriber();
    const longAgo = new Date(Date.now() - 21 * HOUR_MS);
    await report(tenant, hour(3), 20);
    await report(tenant, hour(2), 30);
    // The one arrived under another name, as one that is forgotten is another's; the other did not.
    await target.stripe.billing.meterEvents.create({
      event_name: 'ragtoolkit_trace_count',
      identifier: 'forgotten',
      timestamp: hour(3).getTime() / 1_000,
      payload: { stripe_customer_id: customer, value: '20' },
    });
    await makeDue(tenant, { firstSentAt: longAgo, attempts: 3 });
    await sendOf(tenant.id, customer);
    expect(await counted(tenant)).toEqual([
      [hour(3).toISOString(), 20],
      [hour(2).toISOString(), 30],
    ]);
    expect((await outboxOf(tenant)).every(({ deliveredAt }) => deliveredAt !== null)).toBe(true);
  });

  test('gives up what fits neither outcome, says why, and sends it when it is asked to', async () => {
    const { tenant, customer } = await subscriber();
    await report(tenant, hour(2), 30);
    await target.stripe.billing.meterEvents.create({
      event_name: 'ragtoolkit_trace_count',
      timestamp: hour(2).getTime() / 1_000,
      payload: { stripe_customer_id: customer, value: '4' },
    });
    await makeDue(tenant, { firstSentAt: new Date(Date.now() - 21 * HOUR_MS) });
    await sendOf(tenant.id, customer);
    const letter = (await listDeadLetters()).find(({ tenantId }) => tenantId === tenant.id);
    expect(letter).toMatchObject({ delta: 30, slug: tenant.slug });
    expect(letter?.reason).toContain('fits neither');
    await makeDue(tenant, { firstSentAt: null });
    const retry = () => retryDeadLetter(pool('platform').db, { tenantId: tenant.id, id: letter?.id ?? '' });
    await retry();
    await sendOf(tenant.id, customer);
    expect(await counted(tenant)).toEqual([[hour(2).toISOString(), 34]]);
    await expect(retry()).rejects.toMatchObject({ code: 'not_found' });
  });

  test('gives up what is older than Stripe takes', async () => {
    const { tenant, customer } = await makeCustomer(target, {
      start: Math.floor(Date.now() / 1_000) - 40 * 86_400,
    });
    await subscribe(target, { tenant, customer });
    await report(tenant, hour(35 * 24), 9);
    await sendOf(tenant.id, customer);
    expect((await outboxOf(tenant))[0]).toMatchObject({ deliveredAt: null });
    expect((await outboxOf(tenant))[0]?.reason).toContain('older than 34 days');
  });

  test('sends nothing while our copy is older than the hour', async () => {
    const { tenant, customer } = await subscriber();
    await report(tenant, hour(-2), 5); // of an hour that ends after our copy was fetched
    await sendOf(tenant.id, customer);
    expect((await outboxOf(tenant))[0]).toMatchObject({ deliveredAt: null, skippedAt: null });
  });

  test('loses and doubles nothing when it is killed between any two steps', async () => {
    const { tenant, customer } = await subscriber();
    const meter = await findTraceMeter();
    expect(meter).toMatch(/^mtr/);
    for (const [n, delta] of [3, 5, 8].entries()) await report(tenant, hour(n + 1), delta);
    // Killed before it was written that it arrived: everything looks unsent, and its identifiers are known.
    await sendOf(tenant.id, customer);
    await makeDue(tenant, { deliveredAt: null });
    await sendOf(tenant.id, customer);
    // Two senders at once.
    await makeDue(tenant, { deliveredAt: null });
    await Promise.all([sendOf(tenant.id, customer), sendOf(tenant.id, customer)]);
    expect((await counted(tenant)).reduce((sum, [, value]) => sum + Number(value), 0)).toBe(16);
  });
});

describe('sendSeatsOfTenant', () => {
  const seatsAt = async (customer: string) => {
    const [subscription] = (await target.stripe.subscriptions.list({ customer })).data;
    return subscription?.items.data.find(({ price }) => price.lookup_key?.includes('seats'))?.quantity;
  };
  const changesOf = ({ id }: TestTenant) =>
    pool('platform').db.select().from(billingSeatChanges).where(eq(billingSeatChanges.tenantId, id));

  test('tells the number of members once, however many came and went', async () => {
    const made = await makeCustomer(target);
    await subscribe(target, made);
    const [first, ...others] = await Promise.all(
      Array.from({ length: 4 }, () => makePerson(made.tenant, 'viewer')),
    );
    expect(others).toHaveLength(3);
    await removeMember(made.tenant.admin.ctx, { userId: first?.userId ?? '' });
    const [waiting] = await changesOf(made.tenant);
    expect(waiting?.revision).toBe(5);
    expect(await sendSeatsOfTenant(made.tenant.id)).toBe(true);
    expect(await seatsAt(made.customer)).toBe(4);
    expect(await changesOf(made.tenant)).toEqual([]);
    expect(await sendSeatsOfTenant(made.tenant.id)).toBe(false);
  });

  test('tells the same number again when it has been another meanwhile', async () => {
    const made = await makeCustomer(target);
    await subscribe(target, made);
    const person = await makePerson(made.tenant, 'viewer');
    for (const wanted of [2, 1, 2]) {
      if (wanted === 1) await removeMember(made.tenant.admin.ctx, { userId: person.userId });
      if (wanted === 2 && (await seatsAt(made.customer)) === 1 && (await changesOf(made.tenant)).length === 0)
        await makePerson(made.tenant, 'viewer');
      await sendSeatsOfTenant(made.tenant.id);
      await syncCustomer(made.tenant.id);
      expect(await seatsAt(made.customer)).toBe(wanted);
    }
  });

  test('finds a number that is wrong by itself, and does no harm when its answer is lost', async () => {
    const made = await makeCustomer(target);
    await subscribe(target, made, { seats: 9 });
    await target.fault({ kind: 'drop_reply', path: '/v1/subscription_items', count: 20 });
    await expect(sendSeatsOfTenant(made.tenant.id)).rejects.toMatchObject({ code: 'unavailable' });
    await target.noFaults();
    await sendSeatsOfTenant(made.tenant.id);
    expect(await seatsAt(made.customer)).toBe(1);
    const items = await target.stripe.invoiceItems.list({ customer: made.customer, pending: true });
    expect(items.data.filter(({ proration }) => proration).length).toBeLessThanOrEqual(2);
  });
});
