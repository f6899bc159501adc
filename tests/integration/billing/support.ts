import Stripe from 'stripe';
import { pool } from '@/db/client';
import { billingCustomers } from '@/db/schema/billing';
import { usageOutbox } from '@/db/schema/metering';
import type { Sandbox } from '@/lib/billing/sandbox/server';
import { findLines, forgetCatalogue } from '@/lib/billing-catalogue/queries';
import { forgetPortal } from '@/lib/billing-checkout/queries';
import { ensureCustomer } from '@/lib/billing-customers/mutations';
import { syncCustomer } from '@/lib/billing-sync/mutations';
import { identifierOf } from '@/lib/metering/rules';
import type { Interval } from '@/lib/plans/catalogue';
import { speakToSandbox } from '@/lib/stripe/client';
import { clientFor, startTestSandbox, until, webhookSecret } from '@/tests/contract/stripe/target';
import { makeTenant, type TestTenant } from '@/tests/support/factories';

export const HOUR = 3_600;
export const DAY = 24 * HOUR;

/** A Stripe of this suite's own, which the product speaks to. */
export async function openStripe() {
  const sandbox: Sandbox = await startTestSandbox();
  speakToSandbox({ port: sandbox.port, webhookSecret });
  forgetCatalogue();
  forgetPortal();
  return {
    stripe: clientFor(sandbox),
    /** Makes something go wrong next. */
    fault: (fault: Record<string, unknown>) =>
      fetch(`${sandbox.url}/_sandbox/faults`, { method: 'POST', body: JSON.stringify(fault) }),
    noFaults: () => fetch(`${sandbox.url}/_sandbox/faults`, { method: 'DELETE' }),
    close: async () => {
      speakToSandbox(undefined);
      await sandbox.close();
    },
  };
}
export type TestStripe = Awaited<ReturnType<typeof openStripe>>;

/** A tenant whose customer lives on a test clock that starts at a time, with a card unless told. */
export async function makeCustomer(
  { stripe }: TestStripe,
  { start, card = 'pm_card_visa' }: { start?: number; card?: string | null } = {},
): Promise<{ tenant: TestTenant; customer: string; clock: string | null }> {
  const tenant = await makeTenant();
  let clock: string | null = null;
  let customer: string;
  if (start === undefined) customer = await ensureCustomer(tenant.id);
  else {
    clock = (await stripe.testHelpers.testClocks.create({ frozen_time: start })).id;
    customer = (await stripe.customers.create({ test_clock: clock, metadata: { tenant_id: tenant.id } })).id;
    await pool('platform')
      .db.insert(billingCustomers)
      .values({ tenantId: tenant.id, mode: 'sandbox', stripeCustomerId: customer });
  }
  if (card) await setCard({ stripe }, customer, card);
  return { tenant, customer, clock };
}

/** Makes a card the one that is charged. */
export async function setCard(
  { stripe }: Pick<TestStripe, 'stripe'>,
  customer: string,
  card: string,
): Promise<void> {
  const { id } = await stripe.paymentMethods.attach(card, { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
}

/** Subscribes as a Checkout does, and has our copy say so. */
export async function subscribe(
  { stripe }: TestStripe,
  { tenant, customer }: { tenant: TestTenant; customer: string },
  { interval = 'monthly', seats = 1 }: { interval?: Interval; seats?: number } = {},
): Promise<Stripe.Subscription> {
  const lines = await findLines('pro', interval);
  const subscription = await stripe.subscriptions.create({
    customer,
    billing_mode: { type: 'flexible' },
    items: lines.map(({ kind, priceId }) => ({
      price: priceId,
      ...(kind !== 'traces' && { quantity: kind === 'seats' ? seats : 1 }),
    })),
  });
  await syncCustomer(tenant.id);
  return subscription;
}

/** Lets time pass on a test clock, and waits until everything that is due has happened. */
export async function advance({ stripe }: TestStripe, clock: string, to: number): Promise<void> {
  await stripe.testHelpers.testClocks.advance(clock, { frozen_time: to });
  await until(
    () => stripe.testHelpers.testClocks.retrieve(clock),
    ({ status }) => status === 'ready',
  );
}

/** Puts a report into the outbox, as the meters do when an hour is closed. */
export async function report(tenant: TestTenant, hour: Date, delta: number, revision = 1): Promise<void> {
  await pool('platform')
    .db.insert(usageOutbox)
    .values({
      tenantId: tenant.id,
      metric: 'trace.count',
      hour,
      revision,
      delta,
      identifier: identifierOf('trace.count', tenant.id, hour, revision),
    });
}

/** An event as Stripe would deliver it: body and header. */
export function signed(event: object, secret: string = webhookSecret): { body: string; signature: string } {
  const body = JSON.stringify(event);
  return { body, signature: Stripe.webhooks.generateTestHeaderString({ payload: body, secret }) };
}
