import { eq } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { billingCustomers } from '@/db/schema/billing';
import { withPlatform } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import { emitPlatform } from '@/lib/audit/emit-platform';
import { authorizeOperator } from '@/lib/auth/authorize';
import { ensureCustomer } from '@/lib/billing-customers/mutations';
import { replayEvent as replay, sweepEvents } from '@/lib/billing-events/mutations';
import { sendSeats } from '@/lib/billing-seats/mutations';
import { applyStanding, sweepStandings } from '@/lib/billing-standing/mutations';
import { readPayment } from '@/lib/billing-standing/queries';
import { markDirty, sweepAllCustomers, sweepDirtyCustomers } from '@/lib/billing-sync/mutations';
import { retryDeadLetter, sendUsage } from '@/lib/billing-usage/mutations';
import { CURRENCY } from '@/lib/plans/catalogue';
import type { PlanId } from '@/lib/plans/plans';
import { ask, stripeMode } from '@/lib/stripe/client';
import { actAs, type OperatorContext } from '@/lib/tenancy/context';
import type { TenantEntry } from '@/lib/tenancy/directory';
import { lockTenant } from '@/lib/tenants/mutations';

type OnTenant = { tenantId: string; reason: string };

/**
 * Gives a tenant a plan until a time, at no cost: afterwards it is on what it pays for. Giving another replaces it. Throws
 * AppError `forbidden`, `not_found`.
 */
export async function compPlan(
  ctx: OperatorContext,
  { tenantId, reason, plan, until }: OnTenant & { plan: PlanId; until: Date },
): Promise<void> {
  authorizeOperator(ctx);
  await agree(ctx, tenantId, reason, async (db, tenant) => {
    await db
      .update(billingCustomers)
      .set({ compPlan: plan, compUntil: until })
      .where(eq(billingCustomers.tenantId, tenant.id));
    await emit(
      db,
      { tenant, ...actAs(ctx, reason) },
      {
        action: 'billing.comp',
        target: { kind: 'tenant', id: tenant.id },
        after: { plan, until: until.toISOString() },
      },
    );
  });
}

/** Lets a tenant that has not paid go on until a time. Throws AppError `forbidden`, `not_found`. */
export async function extendGrace(
  ctx: OperatorContext,
  { tenantId, reason, until }: OnTenant & { until: Date },
): Promise<void> {
  authorizeOperator(ctx);
  await agree(ctx, tenantId, reason, async (db, tenant) => {
    await db
      .update(billingCustomers)
      .set({ graceUntil: until })
      .where(eq(billingCustomers.tenantId, tenant.id));
    await emit(
      db,
      { tenant, ...actAs(ctx, reason) },
      {
        action: 'billing.extend_grace',
        target: { kind: 'tenant', id: tenant.id },
        after: { until: until.toISOString() },
      },
    );
  });
}

/** What is agreed is written, and what follows from it is done at once, in one transaction. */
async function agree(
  ctx: OperatorContext,
  tenantId: string,
  reason: string,
  write: (db: Db, tenant: TenantEntry) => Promise<void>,
): Promise<void> {
  await withPlatform(async (db) => {
    const tenant = await lockTenant(db, tenantId);
    await db
      .insert(billingCustomers)
      .values({ tenantId, mode: stripeMode() ?? 'sandbox' })
      .onConflictDoNothing();
    const before = await readPayment(db, tenantId);
    await write(db, tenant);
    const { pastDueSince = null } = before?.payment ?? {};
    await applyStanding(db, tenant, { pastDueSince }, actAs(ctx, reason));
  });
}

/**
 * Credits a tenant an amount in US cents, which its next invoices are paid with. Throws AppError `forbidden`, `not_found`, `unavailable`.
 */
export async function giveCredit(
  ctx: OperatorContext,
  { tenantId, reason, cents }: OnTenant & { cents: number },
): Promise<void> {
  authorizeOperator(ctx);
  const customer = await ensureCustomer(tenantId);
  const transaction = await ask('customer_balance_transaction', (stripe) =>
    stripe.customers.createBalanceTransaction(
      customer,
      { amount: -cents, currency: CURRENCY, description: `Credit: ${reason}`.slice(0, 350) },
      { idempotencyKey: `credit ${ctx.requestId} ${tenantId}` },
    ),
  );
  await withPlatform(async (db) => {
    const tenant = await lockTenant(db, tenantId);
    await emit(
      db,
      { tenant, ...actAs(ctx, reason) },
      {
        action: 'billing.credit',
        target: { kind: 'tenant', id: tenantId },
        after: { cents, currency: CURRENCY, transaction: transaction.id },
      },
    );
    await markDirty(db, tenantId);
  });
}

/** Has what an event told of fetched once more. Throws AppError `forbidden`, `not_found`, `conflict`. */
export async function replayEvent(
  ctx: OperatorContext,
  { eventId, reason }: { eventId: string; reason: string },
): Promise<void> {
  authorizeOperator(ctx);
  await withPlatform(async (db) => {
    await replay(db, eventId);
    const target = { kind: 'stripe_event', id: eventId };
    await emitPlatform(db, ctx, { action: 'stripe_event.replay', target, reason, after: {} });
  });
}

/** Has a report that was given up sent again. Throws AppError `forbidden`, `not_found`. */
export async function retryReport(
  ctx: OperatorContext,
  { tenantId, reportId, reason }: OnTenant & { reportId: string },
): Promise<void> {
  authorizeOperator(ctx);
  await withPlatform(async (db) => {
    await retryDeadLetter(db, { tenantId, id: reportId });
    await emitPlatform(db, ctx, {
      action: 'usage_report.retry',
      target: { kind: 'usage_report', id: reportId },
      reason,
      after: { tenant_id: tenantId },
    });
  });
}

/** Everything that `instrumentation.ts` does by timers, once. For who has no process that lives on. */
export async function runBillingJobs(): Promise<void> {
  await sweepAllCustomers();
  await sweepDirtyCustomers();
  await sendSeats();
  await sendUsage();
  await sweepStandings();
  await sweepEvents();
}
