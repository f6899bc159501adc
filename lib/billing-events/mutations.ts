import { and, eq, inArray, lt, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import { type Db, pool } from '@/db/client';
import { billingCustomers, stripeEvents } from '@/db/schema/billing';
import { withPlatform } from '@/db/tenant';
import { markDirty } from '@/lib/billing-sync/mutations';
import { AppError } from '@/lib/errors';
import { stripeMode } from '@/lib/stripe/client';
import { customerOf, isFollowed } from './rules';

/** Events are kept so long, in days. */
const KEPT_DAYS = 90;

/**
 * Takes an event whose signature was checked: in one transaction it is written down, once, and the customer that it is of is
 * marked to be fetched. What it says is not believed: it may be old, or come in another order. Answers what becomes of it.
 */
export async function takeEvent(event: Stripe.Event): Promise<{ state: 'waiting' | 'ignored' | 'known' }> {
  const mode = stripeMode();
  const customer = customerOf(event);
  return withPlatform(async (db) => {
    const [known] =
      customer && mode
        ? await db
            .select({ tenantId: billingCustomers.tenantId })
            .from(billingCustomers)
            .where(and(eq(billingCustomers.stripeCustomerId, customer), eq(billingCustomers.mode, mode)))
        : [];
    const isOurs = known !== undefined && isFollowed(event.type) && event.livemode === (mode === 'live');
    const state = isOurs ? 'waiting' : 'ignored';
    const [claimed] = await db
      .insert(stripeEvents)
      .values({
        id: event.id,
        type: event.type,
        customer,
        tenantId: known?.tenantId ?? null,
        state,
        createdAt: new Date(event.created * 1_000),
        receivedAt: sql`clock_timestamp()`,
        payload: event as unknown as Record<string, unknown>,
      })
      .onConflictDoNothing()
      .returning({ id: stripeEvents.id });
    if (!claimed) return { state: 'known' as const };
    if (isOurs) await markDirty(db, known.tenantId);
    return { state };
  });
}

/** Part of a verb: has the customer of an event fetched once more. Throws AppError `not_found`, and `conflict` for one of no customer. */
export async function replayEvent(db: Db, id: string): Promise<void> {
  const [event] = await db
    .select({ tenantId: stripeEvents.tenantId, customer: stripeEvents.customer })
    .from(stripeEvents)
    .where(eq(stripeEvents.id, id))
    .for('update');
  if (!event) throw new AppError('not_found', 'There is no such event.');
  const [owner] =
    event.customer === null
      ? []
      : await db
          .select({ tenantId: billingCustomers.tenantId })
          .from(billingCustomers)
          .where(eq(billingCustomers.stripeCustomerId, event.customer));
  if (!owner) throw new AppError('conflict', 'This event is of no customer of ours: there is nothing to do.');
  await db
    .update(stripeEvents)
    .set({ state: 'waiting', tenantId: owner.tenantId, replayedAt: sql`clock_timestamp()`, error: null })
    .where(eq(stripeEvents.id, id));
  await markDirty(db, owner.tenantId);
}

/** Forgets events that are done with and older than 90 days. Called every hour. */
export async function sweepEvents(): Promise<void> {
  await pool('platform')
    .db.delete(stripeEvents)
    .where(
      and(
        inArray(stripeEvents.state, ['done', 'ignored']),
        lt(stripeEvents.receivedAt, sql`now() - make_interval(days => ${KEPT_DAYS})`),
      ),
    );
}
