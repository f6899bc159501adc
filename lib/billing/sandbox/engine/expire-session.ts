import type Stripe from 'stripe';
import { type Box, customerNow, emit, now } from '../box';
import { idOf } from '../wire';

/** Ends a Checkout session that nobody completed. */
export function expireSession(box: Box, session: Stripe.Checkout.Session): Stripe.Checkout.Session {
  const after: Stripe.Checkout.Session = { ...session, status: 'expired', url: null };
  box.store.put('checkout_sessions', after);
  const at = session.customer ? customerNow(box, idOf(session.customer)) : now(box);
  emit(box, 'checkout.session.expired', after, { at });
  return after;
}
