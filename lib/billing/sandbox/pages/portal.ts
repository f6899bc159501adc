import type Stripe from 'stripe';
import { type Box, customerNow, now } from '../box';
import { cancelNow } from '../engine/cancel';
import { changeSubscription } from '../engine/change';
import {
  attachMethod,
  createCard,
  detachMethod,
  markAuthenticated,
  mustAuthenticate,
} from '../engine/payment-methods';
import { saveSubscription } from '../engine/save';
import { StripeFailure } from '../errors';
import type { Form } from '../form';
import { saveCustomer } from '../resources/customers';
import { idOf } from '../wire';
import { fieldOf, readCard } from './card-form';
import { startChallenge } from './challenge';
import { nothing, type PageAnswer, redirect } from './layout';
import { cancelPage, cardPage, overviewPage, type Portal, periodEnd } from './portal-view';

const LIFETIME = 24 * 3_600;

function open(box: Box, id: string): Portal | null {
  const session = box.store.get('portal_sessions', id);
  if (!session || session.created < now(box) - LIFETIME) return null;
  const customer = box.store.get('customers', session.customer);
  const configuration = box.store.get('portal_configurations', idOf(session.configuration));
  if (!customer || !configuration) return null;
  return { session, customer, features: configuration.features, path: `/p/session/${id}` };
}

/** The portal: a customer's subscriptions, cards and invoices. */
export function showPortal(box: Box, id: string, view: string, notice?: string): PageAnswer {
  const portal = open(box, id);
  if (!portal) return nothing('This link to the portal is not valid any more. Open the portal anew.');
  if (view === 'add-card' || (view === '' && portal.session.flow)) return cardPage(portal, {}, {}, notice);
  if (view.startsWith('cancel-')) {
    const subscription = box.store.get('subscriptions', view.slice('cancel-'.length));
    if (subscription?.customer === portal.customer.id) return cancelPage(box, portal, subscription);
  }
  return overviewPage(box, portal, notice);
}

/** What a customer does in the portal. */
export function postPortal(box: Box, id: string, form: Form): PageAnswer {
  const portal = open(box, id);
  if (!portal) return nothing('This link to the portal is not valid any more. Open the portal anew.');
  if (fieldOf(form, 'action') === 'add') return addCard(box, portal, form);
  box.store.transaction(() => act(box, portal, fieldOf(form, 'action'), fieldOf(form, 'id')));
  return redirect(portal.path);
}

function act(box: Box, portal: Portal, action: string, id: string): void {
  const { customer, features } = portal;
  const method = box.store.get('payment_methods', id);
  if (features.payment_method_update.enabled && method?.customer === customer.id) {
    if (action === 'set_default') setDefault(box, customer, id);
    if (action === 'remove') detachMethod(box, id);
  }
  const subscription = box.store.get('subscriptions', id);
  const isOwn = subscription?.customer === customer.id && subscription.ended_at === null;
  if (!features.subscription_cancel.enabled || !isOwn) return;
  if (action === 'resume')
    setEnd(box, id, { cancel_at: null, cancel_at_period_end: false, canceled_at: null });
  if (action === 'cancel') cancel(box, portal, subscription);
}

function cancel(box: Box, { customer, features }: Portal, subscription: Stripe.Subscription): void {
  const { mode, proration_behavior: proration } = features.subscription_cancel;
  if (mode === 'immediately') cancelNow(box, subscription, { prorate: proration !== 'none' });
  else
    setEnd(box, subscription.id, {
      cancel_at: periodEnd(subscription),
      cancel_at_period_end: true,
      canceled_at: customerNow(box, customer.id),
    });
}

function setEnd(
  box: Box,
  id: string,
  fields: Pick<Stripe.Subscription, 'cancel_at' | 'cancel_at_period_end' | 'canceled_at'>,
): void {
  changeSubscription(box, id, { proration: 'none', fields });
}

/** A card is charged from now on: for what the customer is billed, and for subscriptions that had one of their own. */
function setDefault(box: Box, customer: Stripe.Customer, method: string): void {
  saveCustomer(box, customer, {
    ...customer,
    invoice_settings: { ...customer.invoice_settings, default_payment_method: method },
  });
  for (const row of box.store.where(
    'subscriptions',
    (one) => one.customer === customer.id && one.ended_at === null,
  ))
    if (row.default_payment_method !== null)
      saveSubscription(box, row, { ...row, default_payment_method: method });
}

function addCard(box: Box, portal: Portal, form: Form): PageAnswer {
  const read = readCard(form, now(box));
  if ('errors' in read) return cardPage(portal, form, read.errors);
  try {
    const next = box.store.transaction(() => {
      const method = createCard(box, read.card.card, read.card).id;
      if (mustAuthenticate(box, method))
        return startChallenge(box, method, { kind: 'portal', session: portal.session.id, makeDefault: true });
      keepCard(box, portal.customer.id, method);
      return afterCard(portal);
    });
    return redirect(next);
  } catch (error) {
    if (!(error instanceof StripeFailure)) throw error;
    return cardPage(portal, form, { number: error.message });
  }
}

function afterCard({ path, session }: Portal): string {
  return session.flow ? `${path}?view=done` : path;
}

function keepCard(box: Box, customerId: string, method: string): void {
  attachMethod(box, method, customerId);
  const customer = box.store.get('customers', customerId);
  if (customer) setDefault(box, customer, method);
}

/** Keeps a card whose owner has proved that it is theirs. */
export function keepAfterChallenge(box: Box, sessionId: string, method: string): void {
  const portal = open(box, sessionId);
  if (!portal) return;
  box.store.transaction(() => {
    markAuthenticated(box, method);
    keepCard(box, portal.customer.id, method);
  });
}
