import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import type Stripe from 'stripe';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { POST } from '@/app/api/webhooks/stripe/route';
import { pool } from '@/db/client';
import { auditLog } from '@/db/schema/audit';
import { billingCustomers, billingSubscriptions, stripeEvents } from '@/db/schema/billing';
import { mailOutbox } from '@/db/schema/mail';
import { usageOutbox } from '@/db/schema/metering';
import { platformAudit } from '@/db/schema/operator';
import { tenants } from '@/db/schema/tenancy';
import { createApiKey } from '@/lib/api-keys/mutations';
import { getBilling } from '@/lib/billing/queries';
import { replayEvent as replay } from '@/lib/billing-events/mutations';
import { syncCustomer } from '@/lib/billing-sync/mutations';
import { speakToSandbox } from '@/lib/stripe/client';
import {
  compPlan,
  extendGrace,
  giveCredit,
  replayEvent,
  retryReport,
} from '@/lib/workflows/billing-operations/mutations';
import { getBillingOverview } from '@/lib/workflows/billing-operations/queries';
import { actOnJob } from '@/lib/workflows/operator-jobs/mutations';
import { listJobs } from '@/lib/workflows/operator-jobs/queries';
import { judgeQuota } from '@/lib/workflows/quotas/mutations';
import { makeOperator, type TestTenant } from '@/tests/support/factories';
import {
  advance,
  DAY,
  HOUR,
  makeCustomer,
  openStripe,
  report,
  setCard,
  signed,
  subscribe,
  type TestStripe,
} from './support';

let target: TestStripe;
beforeAll(async () => {
  target = await openStripe();
});
afterEach(() => target.noFaults());
afterAll(() => target.close());

const deliver = ({ body, signature }: { body: string; signature: string | null }) =>
  POST(
    new Request('http://127.0.0.1/api/webhooks/stripe', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...(signature && { 'stripe-signature': signature }) },
    }),
    { params: Promise.resolve({}) },
  );
const eventsOf = async (customer: string): Promise<Stripe.Event[]> =>
  (await target.stripe.events.list({ limit: 100 })).data.filter((event) =>
    JSON.stringify(event.data.object).includes(customer),
  );
const stateOf = async ({ id }: TestTenant) =>
  (await pool('platform').db.select().from(billingCustomers).where(eq(billingCustomers.tenantId, id)))[0];
const storedOf = ({ id }: TestTenant) =>
  pool('platform').db.select().from(stripeEvents).where(eq(stripeEvents.tenantId, id));
const tenantOf = async ({ id }: TestTenant) =>
  (await pool('platform').db.select().from(tenants).where(eq(tenants.id, id)))[0];

describe('POST /api/webhooks/stripe', () => {
  test('takes an event once, marks its customer, and is done when it was fetched', async () => {
    const made = await makeCustomer(target);
    await syncCustomer(made.tenant.id);
    await target.stripe.customers.update(made.customer, { description: 'another' });
    const event = (await eventsOf(made.customer)).find(({ type }) => type === 'customer.updated');
    const first = await deliver(signed(event ?? {}));
    expect([first.status, await first.json()]).toEqual([200, { state: 'waiting' }]);
    expect((await stateOf(made.tenant))?.dirtyAt).not.toBeNull();
    expect(await (await deliver(signed(event ?? {}))).json()).toEqual({ state: 'known' });
    expect(await storedOf(made.tenant)).toMatchObject([{ id: event?.id, state: 'waiting' }]);
    await syncCustomer(made.tenant.id);
    expect(await storedOf(made.tenant)).toMatchObject([{ id: event?.id, state: 'done' }]);
    expect((await stateOf(made.tenant))?.dirtyAt).toBeNull();
  });

  test('keeps, and does nothing about, what it does not know', async () => {
    const event = {
      id: `evt_${Date.now()}`,
      object: 'event',
      type: 'something.new',
      created: 1,
      livemode: false,
    };
    const answer = await deliver(signed({ ...event, data: { object: { customer: 'cus_of_nobody' } } }));
    expect([answer.status, await answer.json()]).toEqual([200, { state: 'ignored' }]);
  });

  test('refuses what is not signed by Stripe', async () => {
    const event = { id: 'evt_forged', object: 'event', type: 'customer.updated', data: { object: {} } };
    const { body, signature } = signed(event);
    expect((await deliver({ body, signature: null })).status).toBe(400);
    expect((await deliver(signed(event, 'whsec_of_somebody_else'))).status).toBe(400);
    expect((await deliver({ body: body.replace('evt_forged', 'evt_changed'), signature })).status).toBe(400);
    const stored = await pool('platform')
      .db.select()
      .from(stripeEvents)
      .where(eq(stripeEvents.id, 'evt_forged'));
    expect(stored).toEqual([]);
  });

  test('refuses everything where there is no secret to check it by', async () => {
    const event = signed({ id: 'evt_x', object: 'event' });
    speakToSandbox(undefined);
    try {
      expect((await deliver(event)).status).toBe(503);
    } finally {
      await target.close();
      target = await openStripe();
    }
  });
});

describe('whatever is delivered', () => {
  test('in any order, twice or not at all, our copy ends as Stripe has it', async () => {
    const made = await makeCustomer(target);
    const subscription = await subscribe(target, made);
    const steps: ((n: number) => Promise<unknown>)[] = [
      (n) => target.stripe.subscriptions.update(subscription.id, { metadata: { step: String(n) } }),
      () => target.stripe.subscriptions.update(subscription.id, { cancel_at: 'max_period_end' }),
      () => target.stripe.subscriptions.update(subscription.id, { cancel_at: '' }),
      (n) => target.stripe.customers.update(made.customer, { description: `step ${n}` }),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: steps.length - 1 }), { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.nat({ max: 5 })),
        fc.boolean(),
        async (plan, dice, losesReply) => {
          for (const [n, step] of plan.entries()) await steps[step]?.(n);
          const events = (await eventsOf(made.customer)).slice(0, 12);
          const shuffled = events
            .map((event) => ({ event, at: dice.next().value ?? 0, times: (dice.next().value ?? 0) % 3 }))
            .sort((a, b) => a.at - b.at);
          if (losesReply) await target.fault({ kind: 'drop_reply', path: '/v1/subscriptions', count: 1 });
          for (const { event, times } of shuffled)
            for (let time = 0; time < times; time++) {
              expect((await deliver(signed(event))).status).toBe(200);
              if ((dice.next().value ?? 0) === 0) await syncCustomer(made.tenant.id).catch(() => false);
            }
          await target.noFaults();
          // Those that were dropped are found by the nightly sync.
          await Promise.all([syncCustomer(made.tenant.id), syncCustomer(made.tenant.id, { waitMs: 5_000 })]);
          const now = await target.stripe.subscriptions.retrieve(subscription.id);
          const [copy] = await pool('platform')
            .db.select()
            .from(billingSubscriptions)
            .where(eq(billingSubscriptions.tenantId, made.tenant.id));
          expect(copy?.object).toMatchObject({
            status: now.status,
            metadata: now.metadata,
            cancel_at: now.cancel_at,
          });
          expect((await storedOf(made.tenant)).filter(({ state }) => state === 'failed')).toEqual([]);
        },
      ),
      { numRuns: 8 },
    );
  }, 180_000);

  test('a snapshot that was begun earlier does not replace a later one', async () => {
    const made = await makeCustomer(target);
    await subscribe(target, made);
    // The later one is stored first: the earlier finds that it is too late.
    await pool('platform')
      .db.update(billingCustomers)
      .set({ snapshotAt: new Date(Date.now() + 60_000), syncingUntil: null })
      .where(eq(billingCustomers.tenantId, made.tenant.id));
    await target.stripe.customers.update(made.customer, { description: 'older' });
    await syncCustomer(made.tenant.id);
    expect((await stateOf(made.tenant))?.object).not.toMatchObject({ description: 'older' });
  });

  test('goes on after a sync that was killed, and counts what fails', async () => {
    const made = await makeCustomer(target);
    await syncCustomer(made.tenant.id);
    const set = (values: Partial<typeof billingCustomers.$inferInsert>) =>
      pool('platform')
        .db.update(billingCustomers)
        .set(values)
        .where(eq(billingCustomers.tenantId, made.tenant.id));
    await set({ syncingUntil: new Date(Date.now() + 60_000) });
    expect(await syncCustomer(made.tenant.id)).toBe(false);
    await set({ syncingUntil: new Date(Date.now() - 1) });
    await target.fault({ kind: 'status', status: 500, path: '/v1/customers', count: 10 });
    await expect(syncCustomer(made.tenant.id)).rejects.toMatchObject({ code: 'unavailable' });
    const failed = await stateOf(made.tenant);
    expect(failed).toMatchObject({ syncFailures: 1, syncingUntil: null });
    expect(failed?.dirtyAt).not.toBeNull();
    await target.noFaults();
    expect(await syncCustomer(made.tenant.id)).toBe(true);
    expect(await stateOf(made.tenant)).toMatchObject({ syncFailures: 0, syncError: null, dirtyAt: null });
  });
});

describe('a workspace that does not pay', () => {
  test('is told, is read-only after two weeks, and works again once it has paid', async () => {
    const start = Math.floor(Date.now() / 1_000) - 20 * DAY;
    const made = await makeCustomer(target, { start });
    const { tenant, customer, clock } = made;
    await subscribe(target, made);
    await setCard(target, customer, 'pm_card_chargeCustomerFail');
    const [subscription] = (await target.stripe.subscriptions.list({ customer })).data;
    const end = subscription?.items.data[0]?.current_period_end ?? 0;
    await advance(target, clock ?? '', end + 2 * HOUR);
    await syncCustomer(tenant.id);
    expect(await getBilling(tenant.admin.ctx)).toMatchObject({ access: 'grace', plan: 'pro' });
    await advance(target, clock ?? '', end + 14 * DAY + 2 * HOUR);
    await syncCustomer(tenant.id);
    expect(await getBilling(tenant.admin.ctx)).toMatchObject({ access: 'read-only', plan: 'pro' });
    const readOnly = {
      ...tenant.admin.ctx,
      tenant: { ...tenant.admin.ctx.tenant, readOnlySince: new Date() },
    };
    await expect(createApiKey(readOnly, { name: 'More' })).rejects.toMatchObject({ code: 'limit_exceeded' });
    expect((await judgeQuota(tenant.id)).refusal).toContain('read-only');
    const subjects = (
      await pool('platform').db.select().from(mailOutbox).where(eq(mailOutbox.toAddress, tenant.admin.email))
    ).map(({ subject }) => subject);
    expect(subjects).toEqual(
      expect.arrayContaining([`A payment for ${tenant.name} failed`, `${tenant.name} is read-only`]),
    );

    const { ctx } = await makeOperator();
    const later = new Date((end + 20 * DAY) * 1_000);
    await extendGrace(ctx, { tenantId: tenant.id, reason: 'the card comes by mail', until: later });
    expect(await getBilling(tenant.admin.ctx)).toMatchObject({ access: 'grace' });
    expect((await tenantOf(tenant))?.readOnlySince).toBeNull();

    await setCard(target, customer, 'pm_card_visa');
    const [open] = (await target.stripe.invoices.list({ customer, status: 'open' })).data;
    await target.stripe.invoices.pay(open?.id ?? '');
    await syncCustomer(tenant.id);
    expect(await getBilling(tenant.admin.ctx)).toMatchObject({
      access: 'full',
      plan: 'pro',
      open_invoice: null,
    });
    const log = await pool('platform').db.select().from(auditLog).where(eq(auditLog.tenantId, tenant.id));
    expect(log.map(({ action }) => action)).toEqual(
      expect.arrayContaining([
        'tenant.make_read_only',
        'tenant.end_read_only',
        'billing.extend_grace',
        'tenant.change_plan',
      ]),
    );
  });
});

describe('an operator', () => {
  test('gives a plan until a time, and an amount', async () => {
    const made = await makeCustomer(target);
    const { ctx } = await makeOperator();
    const on = { tenantId: made.tenant.id, reason: 'a design partner' };
    await compPlan(ctx, { ...on, plan: 'pro', until: new Date(Date.now() + DAY * 1_000) });
    expect(await getBilling(made.tenant.admin.ctx)).toMatchObject({
      plan: 'pro',
      access: 'full',
      comp: { plan: 'pro' },
    });
    await compPlan(ctx, { ...on, plan: 'pro', until: new Date(Date.now() - 1) });
    expect(await getBilling(made.tenant.admin.ctx)).toMatchObject({
      plan: 'starter',
      access: 'none',
      comp: null,
    });
    await giveCredit(ctx, { ...on, cents: 1_500 });
    expect(await target.stripe.customers.retrieve(made.customer)).toMatchObject({ balance: -1_500 });
    const log = await pool('platform')
      .db.select()
      .from(auditLog)
      .where(eq(auditLog.tenantId, made.tenant.id));
    expect(log.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['billing.comp', 'billing.credit']),
    );
  });

  test('sees events, replays one, and sends again what was given up', async () => {
    const made = await makeCustomer(target);
    await syncCustomer(made.tenant.id);
    const [event] = await eventsOf(made.customer);
    await deliver(signed(event ?? {}));
    await syncCustomer(made.tenant.id);
    const { ctx } = await makeOperator();
    const overview = await getBillingOverview(ctx, {});
    expect(overview.mode).toBe('sandbox');
    expect(overview.events.find(({ id }) => id === event?.id)).toMatchObject({ slug: made.tenant.slug });
    await replayEvent(ctx, { eventId: event?.id ?? '', reason: 'to be sure' });
    expect((await stateOf(made.tenant))?.dirtyAt).not.toBeNull();
    await expect(replay(pool('platform').db, 'evt_of_nobody')).rejects.toMatchObject({ code: 'not_found' });

    await report(made.tenant, new Date(Date.UTC(2026, 10, 1)), 3);
    await pool('platform')
      .db.update(usageOutbox)
      .set({ deadAt: new Date(), reason: 'a test' })
      .where(eq(usageOutbox.tenantId, made.tenant.id));
    const letter = (await getBillingOverview(ctx, {})).dead_letters.find(
      ({ slug }) => slug === made.tenant.slug,
    );
    const jobs = async (queue: 'webhook' | 'usage') => (await listJobs(ctx, { queue })).jobs;
    const jobId = `${made.tenant.id}.${letter?.id}`;
    expect((await jobs('webhook')).find(({ id }) => id === event?.id)).toMatchObject({
      payload: { tenant: made.tenant.slug },
      verbs: expect.any(Array),
    });
    expect((await jobs('usage')).find(({ id }) => id === jobId)).toMatchObject({
      ...{ state: 'failed', last_error: 'a test', verbs: ['retry'] },
    });
    const act = (queue: 'webhook' | 'usage', id: string, verb: 'retry' | 'replay') =>
      actOnJob(ctx, { queue, jobId: id, verb, reason: 'try again' });
    await act('webhook', event?.id ?? '', 'replay');
    await act('usage', jobId, 'retry');
    expect((await jobs('usage')).find(({ id }) => id === jobId)).toMatchObject({ state: 'waiting' });
    await expect(act('usage', jobId, 'retry')).rejects.toMatchObject({ code: 'not_found' });
    await expect(act('webhook', 'evt_of_nobody', 'replay')).rejects.toMatchObject({ code: 'not_found' });
    await pool('platform')
      .db.update(usageOutbox)
      .set({ deadAt: new Date(), reason: 'a test' })
      .where(eq(usageOutbox.tenantId, made.tenant.id));
    await retryReport(ctx, { tenantId: made.tenant.id, reportId: letter?.id ?? '', reason: 'try again' });
    const told = (await pool('platform').db.select().from(platformAudit)).map(({ action }) => action);
    expect(told).toEqual(expect.arrayContaining(['stripe_event.replay', 'usage_report.retry']));
  });
});
