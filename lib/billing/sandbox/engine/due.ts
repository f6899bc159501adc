import type Stripe from 'stripe';
import { type Box, emit, find } from '../box';
import { idOf } from '../wire';
import { expireSession } from './expire-session';
import { finalizeInvoice } from './invoices';
import { attemptPayment } from './payments';
import { announceUpcoming } from './preview';
import {
  announceTrialEnd,
  expireIncomplete,
  finishSubscription,
  nextRenewal,
  renewSubscription,
} from './renew';
import { saveSubscription, subscriptionOf } from './save';
import { closeInvoice } from './settle';

/** What happens by itself when its time comes. Of several at one moment the one with the lower `order` is first. */
export type Happening = { at: number; order: number; run: () => void };

const INCOMPLETE_SECONDS = 23 * 3_600;
const UPCOMING_SECONDS = 7 * 86_400;
const TRIAL_NOTICE_SECONDS = 3 * 86_400;

/** The first thing that happens on a test clock, or with null in real time, up to and including `until`. */
export function nextHappening(box: Box, clock: string | null, until: number): Happening | null {
  let first: Happening | null = null;
  const offer = (at: number | null | undefined, order: number, run: () => void) => {
    if (at === null || at === undefined || at > until) return;
    if (!first || at < first.at || (at === first.at && order < first.order)) first = { at, order, run };
  };
  for (const invoice of box.store.all('invoices')) {
    if ((invoice.test_clock ?? null) === clock) offerInvoice(box, invoice, offer);
  }
  for (const subscription of box.store.all('subscriptions')) {
    if (subscription.ended_at === null && (subscription.test_clock ?? null) === clock)
      offerSubscription(box, subscription, offer);
  }
  for (const session of box.store.all('checkout_sessions')) {
    const owner = session.customer ? box.store.get('customers', idOf(session.customer)) : undefined;
    if (session.status === 'open' && (owner?.test_clock ?? null) === clock)
      offer(session.expires_at, 6, () => expireSession(box, session));
  }
  return first;
}

type Offer = (at: number | null | undefined, order: number, run: () => void) => void;

function offerInvoice(box: Box, invoice: Stripe.Invoice, offer: Offer): void {
  const { id, status } = invoice;
  if (status === 'draft' && invoice.auto_advance)
    offer(invoice.automatically_finalizes_at, 0, () => finalizeInvoice(box, id));
  if (status !== 'open') return;
  if (invoice.auto_advance)
    offer(invoice.next_payment_attempt, 1, () => attemptPayment(box, id, { presence: 'off_session' }));
  if (invoice.collection_method === 'send_invoice')
    once(box, `overdue/${id}`, invoice.due_date, 2, offer, () => becomeOverdue(box, invoice));
}

function offerSubscription(box: Box, subscription: Stripe.Subscription, offer: Offer): void {
  const { id } = subscription;
  if (subscription.status === 'incomplete') {
    const end = subscription.created + INCOMPLETE_SECONDS;
    offer(end, 3, () => {
      for (const row of box.store.where(
        'invoices',
        (one) => subscriptionOf(one) === id && one.status === 'open',
      ))
        closeInvoice(box, row.id, 'void');
      expireIncomplete(box, id, end);
    });
    return;
  }
  const renewal = nextRenewal(subscription);
  const end = subscription.cancel_at;
  offer(end, 4, () => finishSubscription(box, id, end ?? renewal));
  offer(renewal, 5, () => renewSubscription(box, id, renewal));
  if (subscription.status === 'trialing' && subscription.trial_end !== null)
    once(
      box,
      `trial/${id}/${subscription.trial_end}`,
      subscription.trial_end - TRIAL_NOTICE_SECONDS,
      2,
      offer,
      (at) => announceTrialEnd(box, id, at),
    );
  const isRenewed = subscription.status === 'active' && (end === null || end > renewal);
  // Of a period shorter than two weeks nobody is told a week before.
  const isLong = subscription.items.data.every(
    (item) => item.current_period_end - item.current_period_start > 2 * UPCOMING_SECONDS,
  );
  if (isRenewed && isLong)
    once(box, `upcoming/${id}/${renewal}`, renewal - UPCOMING_SECONDS, 2, offer, (at) =>
      announceUpcoming(box, id, at),
    );
}

/** Something that happens once: a mark says that it has. */
function once(
  box: Box,
  mark: string,
  at: number | null,
  order: number,
  offer: Offer,
  run: (at: number) => void,
): void {
  if (at === null || box.store.get('marks', mark)) return;
  offer(at, order, () => {
    box.store.put('marks', { id: mark, at });
    run(at);
  });
}

function becomeOverdue(box: Box, invoice: Stripe.Invoice): void {
  emit(box, 'invoice.overdue', find(box, 'invoices', invoice.id), { at: invoice.due_date ?? 0 });
  const owner = subscriptionOf(invoice);
  const subscription = owner ? box.store.get('subscriptions', owner) : undefined;
  if (subscription?.status === 'active')
    saveSubscription(box, subscription, { ...subscription, status: 'past_due' });
}
