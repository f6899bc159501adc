import { pool } from '@/db/client';
import { withPlatform } from '@/db/tenant';
import type { AuditAction } from '@/lib/audit/actions';
import { emit } from '@/lib/audit/emit';
import { authorize } from '@/lib/auth/authorize';
import { findLines } from '@/lib/billing-catalogue/queries';
import { findCustomerId } from '@/lib/billing-customers/queries';
import { isLive } from '@/lib/billing-standing/rules';
import { markDirty, syncCustomer } from '@/lib/billing-sync/mutations';
import { AppError } from '@/lib/errors';
import { type Interval, readLookupKey } from '@/lib/plans/catalogue';
import { ask, askAll } from '@/lib/stripe/client';
import type { TenantContext } from '@/lib/tenancy/context';
import { findSubscription, getBilling, toLines } from './queries';
import type { BillingState, ChangeInput, ChangePreview } from './schema';

/** How long who has just changed something waits for our copy to say so. */
const WAIT_MS = 10_000;

type Subscription = NonNullable<Awaited<ReturnType<typeof findSubscription>>>;

/**
 * What another interval, or another number of seats, costs: at once, and with the next invoice. Nothing is changed. Throws
 * AppError `forbidden`, `conflict` where nothing is subscribed, `unavailable`.
 */
export async function previewChange(ctx: TenantContext, change: ChangeInput): Promise<ChangePreview> {
  authorize(ctx, 'billing:manage');
  const subscription = await requireSubscription(ctx);
  const at = await timeOf(subscription);
  const items = await itemsFor(subscription, change);
  const details = { items, proration_date: at };
  const of = (proration_behavior: 'always_invoice' | 'create_prorations') =>
    ask('invoice', (stripe) =>
      stripe.invoices.createPreview({
        subscription: subscription.id,
        subscription_details: { ...details, proration_behavior },
      }),
    );
  const isSeats = change.seats !== undefined;
  const preview = await of(isSeats ? 'create_prorations' : 'always_invoice');
  // Seats are charged with the next invoice: what is shown of it is what they cost until then.
  const prorated = preview.lines.data.filter(
    ({ parent }) =>
      parent?.subscription_item_details?.proration ?? parent?.invoice_item_details?.proration ?? false,
  );
  const shown =
    isSeats && prorated.length > 0 ? { ...preview, lines: { ...preview.lines, data: prorated } } : preview;
  return {
    currency: preview.currency,
    due_now: isSeats ? 0 : preview.amount_due,
    lines: toLines(shown, subscription.object),
    next_total: isSeats ? preview.total : null,
    proration_date: at,
  };
}

/**
 * Pays for the plan by another interval from now on: what was paid for the rest of the old one is credited, to the second
 * that the preview named. Throws AppError `forbidden`, `unavailable`, and `conflict` for an old preview, or a payment that is
 * declined: then nothing is changed.
 */
export async function changeInterval(
  ctx: TenantContext,
  { interval, proration_date }: { interval: Interval; proration_date: number },
): Promise<BillingState> {
  authorize(ctx, 'billing:manage');
  const subscription = await requireSubscription(ctx);
  if (subscription.interval === interval) return getBilling(ctx);
  const now = await timeOf(subscription);
  if (Math.abs(now - proration_date) > 3_600)
    throw new AppError('conflict', 'This preview is more than an hour old. Look at the price again.');
  const items = await itemsFor(subscription, { interval });
  await refusing(() =>
    ask('subscription', (stripe) =>
      stripe.subscriptions.update(
        subscription.id,
        {
          items,
          proration_date,
          proration_behavior: 'always_invoice',
          payment_behavior: 'error_if_incomplete',
        },
        { idempotencyKey: `interval ${subscription.id} ${interval} ${proration_date}` },
      ),
    ),
  );
  return settle(ctx, 'billing.change_interval', subscription, { from: subscription.interval, to: interval });
}

/**
 * Ends the subscription when what is paid for has run out; until then everything works, and afterwards the workspace is on
 * the free plan. Doing it again changes nothing. Throws AppError `forbidden`, `conflict`, `unavailable`.
 */
export async function cancelSubscription(ctx: TenantContext): Promise<BillingState> {
  authorize(ctx, 'billing:manage');
  const subscription = await requireSubscription(ctx);
  if (subscription.cancelAt) return getBilling(ctx);
  await ask('subscription', (stripe) =>
    // `cancel_at_period_end` would mean the month of seats and traces, where the plan is paid for by the year.
    stripe.subscriptions.update(subscription.id, { cancel_at: 'max_period_end' }),
  );
  return settle(ctx, 'billing.cancel', subscription, {});
}

/** Lets a subscription go on that was to end. Throws AppError `forbidden`, `conflict`, `unavailable`. */
export async function resumeSubscription(ctx: TenantContext): Promise<BillingState> {
  authorize(ctx, 'billing:manage');
  const subscription = await requireSubscription(ctx);
  if (!subscription.cancelAt) return getBilling(ctx);
  await ask('subscription', (stripe) =>
    stripe.subscriptions.update(subscription.id, {
      ...(isAtPeriodEnd(subscription) ? { cancel_at_period_end: false } : { cancel_at: '' }),
    }),
  );
  return settle(ctx, 'billing.resume', subscription, {});
}

/**
 * Ends whatever a tenant subscribes to at once, because it is being erased: nobody is charged for what is gone. The customer
 * and its invoices stay at Stripe, where the law wants them. Doing it again changes nothing. Throws AppError `unavailable`.
 */
export async function endSubscriptions(tenantId: string): Promise<void> {
  const customer = await findCustomerId(tenantId);
  if (!customer) return;
  const live = await askAll((stripe, page) => stripe.subscriptions.list({ customer, ...page }));
  for (const { id } of live) await ask('subscription', (stripe) => stripe.subscriptions.cancel(id));
}

/** The portal sets the end of the period as a flag, we as a moment; each is taken back as it was set. */
function isAtPeriodEnd({ object }: Subscription): boolean {
  return object.cancel_at_period_end === true;
}

/** The subscription as Stripe has it now. Throws AppError `conflict` where there is none. */
async function requireSubscription(ctx: TenantContext): Promise<Subscription> {
  await syncCustomer(ctx.tenant.id, { waitMs: WAIT_MS });
  const subscription = await findSubscription(pool('platform').db, ctx.tenant.id);
  if (!subscription || !isLive(subscription.status))
    throw new AppError('conflict', 'This workspace has no subscription. Begin one first.');
  return subscription;
}

/** The time where the subscription lives, in seconds: that of its test clock, where it has one. */
async function timeOf({ object }: Subscription): Promise<number> {
  const clock = object.test_clock;
  if (typeof clock !== 'string') return Math.floor(Date.now() / 1_000);
  const { frozen_time } = await ask('test_helpers.test_clock', (stripe) =>
    stripe.testHelpers.testClocks.retrieve(clock),
  );
  return frozen_time;
}

type Item = { id: string; price: { lookup_key: string | null } };

/** The items as they are to be. Only those that change are named. */
async function itemsFor(subscription: Subscription, change: ChangeInput) {
  const items = (subscription.object.items as { data: Item[] }).data;
  const of = (kind: string) => {
    const item = items.find(({ price }) => readLookupKey(price.lookup_key)?.kind === kind);
    if (!item)
      throw new AppError('conflict', 'This subscription has been made by hand. Ask support to change it.');
    return item;
  };
  const { interval, seats } = change;
  const changed: { id: string; price?: string; quantity?: number }[] = [];
  if (interval !== undefined) {
    const plan = readLookupKey(of('base').price.lookup_key)?.plan ?? 'pro';
    const base = (await findLines(plan, interval)).find(({ kind }) => kind === 'base');
    if (base) changed.push({ id: of('base').id, price: base.priceId });
  }
  if (seats !== undefined) changed.push({ id: of('seats').id, quantity: seats });
  return changed;
}

/** A payment that is declined is said as such. */
async function refusing<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const { type, message } = error as { type?: string; message?: string };
    if (type === 'StripeCardError')
      throw new AppError(
        'conflict',
        `The payment was declined: ${message ?? 'the card was refused'} Nothing was changed.`,
      );
    throw error;
  }
}

/** Writes down who has changed it, and waits for our copy to say so. */
async function settle(
  ctx: TenantContext,
  action: AuditAction,
  { id }: Subscription,
  after: Record<string, unknown>,
): Promise<BillingState> {
  await withPlatform(async (db) => {
    await emit(db, ctx, { action, target: { kind: 'subscription', id }, after });
    await markDirty(db, ctx.tenant.id);
  });
  await syncCustomer(ctx.tenant.id, { waitMs: WAIT_MS }).catch((error) => {
    if (!(error instanceof AppError)) throw error; // the sweep fetches it
  });
  return getBilling(ctx);
}
