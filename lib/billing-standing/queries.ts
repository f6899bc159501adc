import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { billingCustomers, billingInvoices, billingSubscriptions } from '@/db/schema/billing';
import { isPlanId } from '@/lib/plans/plans';
import type { Payment } from './rules';
import { currentOf } from './rules';

/** How a tenant pays, out of our copy, inside the caller's transaction. Null for one that has never needed billing. */
export async function readPayment(db: Db, tenantId: string) {
  const [customer] = await db
    .select({
      // A customer on a test clock lives in its time.
      now: sql<string>`coalesce(${billingCustomers.clockAt}, clock_timestamp())::text`,
      granted: billingCustomers.grantedPlan,
      pastDueSince: billingCustomers.pastDueSince,
      graceUntil: billingCustomers.graceUntil,
      compPlan: billingCustomers.compPlan,
      compUntil: billingCustomers.compUntil,
    })
    .from(billingCustomers)
    .where(eq(billingCustomers.tenantId, tenantId));
  if (!customer) return null;
  const { id, status, plan, startedAt } = billingSubscriptions;
  const all = await db
    .select({ id, status, plan, startedAt })
    .from(billingSubscriptions)
    .where(eq(billingSubscriptions.tenantId, tenantId));
  const subscription = currentOf(all);
  const { granted, compPlan } = customer;
  const payment: Payment = {
    status: subscription?.status ?? null,
    plan: subscription?.plan && isPlanId(subscription.plan) ? subscription.plan : null,
    pastDueSince: customer.pastDueSince,
    graceUntil: customer.graceUntil,
    compPlan: compPlan && isPlanId(compPlan) ? compPlan : null,
    compUntil: customer.compUntil,
  };
  return { payment, granted, now: new Date(customer.now), subscriptionId: subscription?.id ?? null };
}

/** The newest invoice that waits to be paid, of a subscription; null where none does. */
export async function findOpenInvoice(db: Db, tenantId: string) {
  const [open] = await db
    .select()
    .from(billingInvoices)
    .where(
      and(
        eq(billingInvoices.tenantId, tenantId),
        inArray(billingInvoices.status, ['open', 'uncollectible']),
        eq(billingInvoices.isTest, false),
      ),
    )
    .orderBy(sql`${billingInvoices.createdAt} desc`)
    .limit(1);
  return open ?? null;
}
