import { and, eq, lte, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { billingSeatChanges, billingSubscriptions } from '@/db/schema/billing';
import { memberships } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { currentOf, isLive } from '@/lib/billing-standing/rules';
import { markDirty } from '@/lib/billing-sync/mutations';
import { logError } from '@/lib/log';
import { ask, isOutage, stripeMode } from '@/lib/stripe/client';
import { seatItemOf } from './rules';

const BATCH = 50;

/**
 * Tells Stripe how many members there are where that has changed: the number as it is now, however many changes there were
 * and in whatever order. Seats that are added are charged for the rest of the period, those that are given up credited.
 * Called every few seconds.
 */
export async function sendSeats(): Promise<void> {
  if (!stripeMode()) return;
  const due = await pool('platform')
    .db.select({
      tenantId: billingSeatChanges.tenantId,
      revision: billingSeatChanges.revision,
      changedAt: billingSeatChanges.changedAt,
    })
    .from(billingSeatChanges)
    .where(lte(billingSeatChanges.nextAt, sql`clock_timestamp()`))
    .limit(BATCH);
  for (const change of due)
    await sendSeatsOf(change).catch(async (error) => {
      if (!isOutage(error)) logError(error, 'the seats of a tenant cannot be told');
      await noteFailure(change.tenantId, error);
    });
}

/** What is to be told of one tenant, whether or not it is due; answers false where nothing is. Throws as `ask` does. */
export async function sendSeatsOfTenant(tenantId: string): Promise<boolean> {
  const { revision, changedAt } = billingSeatChanges;
  const [change] = await pool('platform')
    .db.select({ tenantId: billingSeatChanges.tenantId, revision, changedAt })
    .from(billingSeatChanges)
    .where(eq(billingSeatChanges.tenantId, tenantId));
  if (!change) return false;
  await sendSeatsOf(change);
  return true;
}

type SeatChange = { tenantId: string; revision: number; changedAt: Date };

async function sendSeatsOf({ tenantId, revision, changedAt }: SeatChange): Promise<void> {
  const { db } = pool('platform');
  const all = await db
    .select({
      id: billingSubscriptions.id,
      status: billingSubscriptions.status,
      startedAt: billingSubscriptions.startedAt,
      object: billingSubscriptions.object,
    })
    .from(billingSubscriptions)
    .where(eq(billingSubscriptions.tenantId, tenantId));
  const current = currentOf(all);
  const item = current && isLive(current.status) ? seatItemOf(current.object) : null;
  if (item) {
    const members = await db.$count(memberships, eq(memberships.tenantId, tenantId));
    if (members !== item.quantity)
      await ask('subscription_item', (stripe) =>
        stripe.subscriptionItems.update(
          item.id,
          { quantity: members, proration_behavior: 'create_prorations' },
          // Of this change alone: the same number may be wanted again tomorrow.
          { idempotencyKey: `seats ${item.id} ${changedAt.getTime()} r${revision} ${members}` },
        ),
      );
  }
  await withPlatform(async (tx) => {
    await tx
      .delete(billingSeatChanges)
      // What changed meanwhile stays, and is told next.
      .where(and(eq(billingSeatChanges.tenantId, tenantId), eq(billingSeatChanges.revision, revision)));
    if (item) await markDirty(tx, tenantId);
  });
}

async function noteFailure(tenantId: string, error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  await pool('platform')
    .db.update(billingSeatChanges)
    .set({
      failures: sql`${billingSeatChanges.failures} + 1`,
      error: message.slice(0, 500),
      nextAt: sql`clock_timestamp() + make_interval(secs => least(1800, 5 * power(2, least(${billingSeatChanges.failures}, 10))))`,
    })
    .where(eq(billingSeatChanges.tenantId, tenantId));
}
