import { eq, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { billingCustomers } from '@/db/schema/billing';
import { memberships } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import { authorize } from '@/lib/auth/authorize';
import { cancelSubscription, resumeSubscription } from '@/lib/billing/mutations';
import { findSubscription, getBilling } from '@/lib/billing/queries';
import { exceeding } from '@/lib/billing/rules';
import type {
  BillingState,
  Checkout,
  CheckoutInput,
  SubscriptionAnswer,
  SubscriptionQuery,
} from '@/lib/billing/schema';
import { findLines } from '@/lib/billing-catalogue/queries';
import { ensureCustomer } from '@/lib/billing-customers/mutations';
import { isLive } from '@/lib/billing-standing/rules';
import { syncCustomer } from '@/lib/billing-sync/mutations';
import { env } from '@/lib/env';
import { AppError } from '@/lib/errors';
import { urlOf } from '@/lib/gateway/hosts';
import { getUsage } from '@/lib/metering/queries';
import { isPaidPlan } from '@/lib/plans/catalogue';
import { plans } from '@/lib/plans/plans';
import { ask, askAll } from '@/lib/stripe/client';
import type { TenantContext } from '@/lib/tenancy/context';
import { findPortalConfiguration } from './queries';

const WAIT_MS = 10_000;
const PAGE = '/settings/billing';

/** Makes the workspace a customer at Stripe, where it is none yet. Throws AppError `forbidden`, `unavailable`. */
export async function setUpBilling(ctx: TenantContext): Promise<BillingState> {
  authorize(ctx, 'billing:manage');
  await ensureCustomer(ctx.tenant.id);
  await syncCustomer(ctx.tenant.id, { waitMs: WAIT_MS });
  return getBilling(ctx);
}

/**
 * Begins a Checkout for a plan: the base, the seats that are taken, and what is used. Only the newest Checkout of a workspace
 * is open, and none can be begun while it subscribes, so that nobody pays twice. Throws AppError `forbidden`, `conflict` for
 * who subscribes already or a plan that is not sold so, `unavailable`.
 */
export async function startCheckout(
  ctx: TenantContext,
  { plan, interval }: CheckoutInput,
): Promise<Checkout> {
  authorize(ctx, 'billing:manage');
  assertSold(plan);
  const customer = await ensureCustomer(ctx.tenant.id);
  await syncCustomer(ctx.tenant.id, { waitMs: WAIT_MS });
  await assertNoSubscription(ctx);
  const lines = await findLines(plan, interval);
  const { count, members } = await claimCheckout(ctx);
  const { stripe: keys, stripeTax } = env();
  const isEmbedded = keys?.publishableKey !== undefined;
  const back = urlOf(ctx.tenant, PAGE);
  const session = await ask('checkout.session', (stripe) =>
    stripe.checkout.sessions.create(
      {
        mode: 'subscription',
        customer,
        client_reference_id: ctx.tenant.id,
        line_items: lines.map(({ kind, priceId }) => ({
          price: priceId,
          ...(kind !== 'traces' && { quantity: kind === 'seats' ? members : 1 }),
        })),
        allow_promotion_codes: true,
        subscription_data: { metadata: { tenant_id: ctx.tenant.id }, billing_mode: { type: 'flexible' } },
        ...(stripeTax.automatic && { automatic_tax: { enabled: true } }),
        ...(stripeTax.ids && { tax_id_collection: { enabled: true } }),
        ...((stripeTax.automatic || stripeTax.ids) && {
          customer_update: { address: 'auto' as const, name: 'auto' as const },
        }),
        ...(isEmbedded
          ? { ui_mode: 'embedded_page' as const, return_url: `${back}?checkout={CHECKOUT_SESSION_ID}` }
          : { success_url: `${back}?checkout={CHECKOUT_SESSION_ID}`, cancel_url: `${back}?checkout=left` }),
      },
      { idempotencyKey: `checkout ${customer} ${count}` },
    ),
  );
  await keepNewest(ctx, customer, { id: session.id, count });
  await withPlatform((db) =>
    emit(db, ctx, {
      action: 'billing.start_checkout',
      target: { kind: 'checkout', id: session.id },
      after: { plan, interval, seats: members },
    }),
  );
  return { id: session.id, url: session.url, client_secret: session.client_secret };
}

function assertSold(plan: CheckoutInput['plan']): void {
  if (isPaidPlan(plan)) return;
  const { name } = plans[plan];
  throw new AppError(
    'conflict',
    plans[plan].price === null
      ? `${name} is agreed with sales: write to sales@ragtoolkit.app.`
      : `${name} costs nothing: there is nothing to check out.`,
  );
}

async function assertNoSubscription(ctx: TenantContext): Promise<void> {
  const subscription = await findSubscription(pool('platform').db, ctx.tenant.id);
  if (subscription && isLive(subscription.status))
    throw new AppError('conflict', 'This workspace subscribes already: change or cancel that subscription.');
}

/** Counts the Checkouts of a workspace: the greatest number is the newest one's. */
async function claimCheckout(ctx: TenantContext): Promise<{ count: number; members: number }> {
  return withPlatform(async (db) => {
    const [row] = await db
      .update(billingCustomers)
      .set({ checkouts: sql`${billingCustomers.checkouts} + 1` })
      .where(eq(billingCustomers.tenantId, ctx.tenant.id))
      .returning({ count: billingCustomers.checkouts });
    if (!row) throw new AppError('not_found', 'There is no such workspace.');
    return {
      count: row.count,
      members: await db.$count(memberships, eq(memberships.tenantId, ctx.tenant.id)),
    };
  });
}

/**
 * Of all open Checkouts the newest stays. Whoever finds that theirs is not the newest closes it; whoever's is closes the
 * others. Until this is done nobody has been told where to pay, so that no two can be paid.
 */
async function keepNewest(
  ctx: TenantContext,
  customer: string,
  own: { id: string; count: number },
): Promise<void> {
  const [row] = await pool('platform')
    .db.select({ count: billingCustomers.checkouts })
    .from(billingCustomers)
    .where(eq(billingCustomers.tenantId, ctx.tenant.id));
  const isNewest = row?.count === own.count;
  const open = await askAll((stripe, page) =>
    stripe.checkout.sessions.list({ customer, status: 'open', ...page }),
  );
  for (const { id } of open.filter((one) => (isNewest ? one.id !== own.id : one.id === own.id)))
    await ask('checkout.session', (stripe) => stripe.checkout.sessions.expire(id)).catch((error) => {
      // Paid or expired in this moment: what follows finds out which.
      if (error instanceof AppError) throw error;
    });
  if (!isNewest)
    throw new AppError(
      'conflict',
      'Another Checkout of this workspace was begun at the same time: use that one.',
    );
  await syncCustomer(ctx.tenant.id, { waitMs: WAIT_MS });
  try {
    await assertNoSubscription(ctx);
  } catch (error) {
    await ask('checkout.session', (stripe) => stripe.checkout.sessions.expire(own.id));
    throw error;
  }
}

/** A page of Stripe's for cards, addresses and invoices. Throws AppError `forbidden`, `unavailable`. */
export async function openPortal(ctx: TenantContext): Promise<{ url: string }> {
  authorize(ctx, 'billing:manage');
  const customer = await ensureCustomer(ctx.tenant.id);
  const configuration = await findPortalConfiguration();
  const session = await ask('billing_portal.session', (stripe) =>
    stripe.billingPortal.sessions.create({
      customer,
      configuration,
      return_url: `${urlOf(ctx.tenant, PAGE)}?portal=left`,
    }),
  );
  return { url: session.url };
}

/**
 * Brings the workspace to a plan, by what that takes: a Checkout, whose address is answered; the end of the subscription; or
 * its going on. Throws AppError `forbidden`, `conflict` for a plan that is too small (with what exceeds it) or agreed with
 * sales, `unavailable`.
 */
export async function choosePlan(
  ctx: TenantContext,
  { plan, interval }: SubscriptionQuery,
): Promise<SubscriptionAnswer> {
  authorize(ctx, 'billing:manage');
  await ensureCustomer(ctx.tenant.id);
  await syncCustomer(ctx.tenant.id, { waitMs: WAIT_MS });
  const subscription = await findSubscription(pool('platform').db, ctx.tenant.id);
  const isSubscribed = subscription !== null && isLive(subscription.status);
  if (plan === 'starter') {
    await assertFits(ctx, plan);
    return isSubscribed && !subscription.cancelAt
      ? { action: 'cancelled', url: null, billing: await cancelSubscription(ctx) }
      : { action: 'none', url: null, billing: await getBilling(ctx) };
  }
  assertSold(plan);
  if (!isSubscribed) {
    const { url } = await startCheckout(ctx, { plan, interval: interval ?? 'monthly' });
    return { action: 'checkout', url: url ?? urlOf(ctx.tenant, PAGE), billing: await getBilling(ctx) };
  }
  if (interval && subscription.interval !== interval)
    throw new AppError(
      'conflict',
      'Look at what that costs first, at Settings → Billing, and confirm it there.',
    );
  return subscription.cancelAt
    ? { action: 'resumed', url: null, billing: await resumeSubscription(ctx) }
    : { action: 'none', url: null, billing: await getBilling(ctx) };
}

/** Throws AppError `conflict` with what of the present use a smaller plan has no room for. */
async function assertFits(ctx: TenantContext, plan: CheckoutInput['plan']): Promise<void> {
  const usage = await getUsage(ctx);
  const seats = await pool('platform').db.$count(memberships, eq(memberships.tenantId, ctx.tenant.id));
  const issues = exceeding(plan, { seats, traces: usage.trace_count });
  if (issues.length > 0)
    throw new AppError('conflict', `${plans[plan].name} has no room for what this workspace uses.`, issues);
}
