import Stripe from 'stripe';
import { withPlatform } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import { authorize } from '@/lib/auth/authorize';
import { billFor } from '@/lib/billing/rules';
import type { TestInvoice } from '@/lib/billing/schema';
import { ensureCustomer } from '@/lib/billing-customers/mutations';
import { markDirty, syncCustomer } from '@/lib/billing-sync/mutations';
import { TEST_INVOICE } from '@/lib/billing-sync/rules';
import { AppError } from '@/lib/errors';
import { newId } from '@/lib/ids';
import { getUsage } from '@/lib/metering/queries';
import { CURRENCY, isPaidPlan } from '@/lib/plans/catalogue';
import { isPlanId, type PlanId } from '@/lib/plans/plans';
import { ask, stripeMode } from '@/lib/stripe/client';
import type { TenantContext } from '@/lib/tenancy/context';
import { getTenant } from '@/lib/tenants/queries';

const DAYS_UNTIL_DUE = 30;

/**
 * Makes and finalizes an invoice for what the current period has come to, to see one: it changes no subscription, and nobody
 * is to pay it. By the prices of the workspace's plan, or of Pro where that is free or agreed. Each call makes another one.
 * Throws AppError `forbidden`, `conflict` in live mode, `unavailable`.
 */
export async function makeTestInvoice(ctx: TenantContext): Promise<TestInvoice> {
  authorize(ctx, 'billing:manage');
  if (stripeMode() === 'live')
    throw new AppError('conflict', 'Test invoices are made in Stripe’s test mode and in the sandbox only.');
  const customer = await ensureCustomer(ctx.tenant.id);
  const [usage, tenant] = await Promise.all([getUsage(ctx), getTenant(ctx)]);
  const plan = pricedBy(tenant.plan);
  const lines = billFor(plan, 'monthly', { seats: usage.seat_count, traces: usage.trace_count });
  const once = newId();
  const period = {
    start: Math.floor(Date.parse(usage.period_start) / 1_000),
    end: Math.floor(Date.parse(usage.period_end) / 1_000),
  };
  const draft = await ask('invoice', (stripe) =>
    stripe.invoices.create(
      {
        customer,
        collection_method: 'send_invoice',
        days_until_due: DAYS_UNTIL_DUE,
        auto_advance: false,
        currency: CURRENCY,
        description: 'A test: no money is owed.',
        metadata: { [TEST_INVOICE]: 'true', tenant_id: ctx.tenant.id },
        pending_invoice_items_behavior: 'exclude',
      },
      { idempotencyKey: `test invoice ${once}` },
    ),
  );
  for (const [index, line] of lines.entries())
    await ask<Stripe.InvoiceItem>('invoiceitem', (stripe) =>
      stripe.invoiceItems.create(
        {
          customer,
          invoice: draft.id,
          currency: CURRENCY,
          quantity: line.quantity ?? 1,
          unit_amount_decimal: Stripe.Decimal.from(line.unit_cents ?? '0'),
          description: line.description,
          period,
          metadata: { kind: line.kind },
        },
        { idempotencyKey: `test invoice ${once} ${index}` },
      ),
    );
  const made = await ask('invoice', (stripe) =>
    stripe.invoices.finalizeInvoice(
      draft.id,
      { auto_advance: false },
      { idempotencyKey: `test invoice ${once} final` },
    ),
  );
  await withPlatform(async (db) => {
    await emit(db, ctx, {
      action: 'billing.make_test_invoice',
      target: { kind: 'invoice', id: made.id },
      after: { number: made.number, total: made.total },
    });
    await markDirty(db, ctx.tenant.id);
  });
  await syncCustomer(ctx.tenant.id, { waitMs: 5_000 }).catch((error) => {
    if (!(error instanceof AppError)) throw error; // the sweep fetches it
  });
  return {
    ...{ id: made.id, number: made.number ?? '', status: made.status ?? '', currency: made.currency },
    ...{ total: made.total, hosted_url: made.hosted_invoice_url ?? '', pdf_url: made.invoice_pdf ?? '' },
    ...{ plan, lines },
    usage: {
      trace_count: usage.trace_count,
      seat_count: usage.seat_count,
      period_start: usage.period_start,
      period_end: usage.period_end,
    },
  };
}

function pricedBy(plan: string): PlanId {
  return isPlanId(plan) && isPaidPlan(plan) ? plan : 'pro';
}
