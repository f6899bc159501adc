import type Stripe from 'stripe';
import { type Box, customerNow, emit, find, now } from '../box';
import { invalidRequest, StripeFailure } from '../errors';
import { newObjectId } from '../wire';
import { cardByNumber, type TestCard, testCards } from './test-cards';

/** Whether the card's owner is there: at a hosted page they are, at a renewal they are not. */
export type Presence = 'checkout' | 'on_session' | 'off_session';

export type ChargeOutcome =
  | { kind: 'ok' }
  | { kind: 'declined'; code: string; declineCode: string; message: string }
  | { kind: 'authenticate' };

type Details = { expMonth: number; expYear: number; name?: string | null; email?: string | null };

/** A new payment method of a test card, which belongs to nobody yet. */
export function createCard(box: Box, card: TestCard, details?: Details): Stripe.PaymentMethod {
  const at = now(box);
  const method = {
    id: newObjectId('pm'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: {
      address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
      email: details?.email ?? null,
      name: details?.name ?? null,
      phone: null,
      tax_id: null,
    },
    card: {
      brand: card.brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: 'US',
      display_brand: card.brand,
      exp_month: details?.expMonth ?? 12,
      exp_year: details?.expYear ?? new Date(at * 1_000).getUTCFullYear() + 4,
      fingerprint: `sandbox${card.number.slice(-8)}`,
      funding: 'credit',
      generated_from: null,
      last4: card.number.slice(-4),
      networks: { available: [card.brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: at,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  } satisfies Stripe.PaymentMethod;
  box.store.put('payment_methods', method);
  box.store.put('cards', { id: method.id, number: card.number, isAuthenticated: false });
  return method;
}

/** The payment method that an id names; the id of one of Stripe's test cards, such as `pm_card_visa`, makes a new one. */
export function resolveMethod(box: Box, id: string, param: string): Stripe.PaymentMethod {
  const token = id === 'pm_card_visa_chargeDeclined' ? 'pm_card_chargeDeclined' : id;
  const card = testCards.find((one) => one.token === token);
  return card ? createCard(box, card) : find(box, 'payment_methods', id, param);
}

/** Attaches a card to a customer. Throws Stripe's error for one that its bank refuses, and for one that is somebody else's. */
export function attachMethod(box: Box, id: string, customer: string, param = 'id'): Stripe.PaymentMethod {
  const method = resolveMethod(box, id, param);
  if (method.customer === customer) return method;
  if (method.customer !== null)
    throw invalidRequest(
      'The payment method you provided has already been attached to a customer.',
      param,
      'payment_method_unexpected_state',
    );
  const { behaviour } = cardOf(box, method.id);
  if (behaviour.kind === 'declined')
    throw new StripeFailure(402, {
      type: 'card_error',
      code: behaviour.code,
      decline_code: behaviour.declineCode,
      message: behaviour.message,
    });
  const attached: Stripe.PaymentMethod = { ...method, customer };
  box.store.put('payment_methods', attached);
  emit(box, 'payment_method.attached', attached, { at: customerNow(box, customer) });
  return attached;
}

/** Takes a card from its customer, for good: it cannot be used again. */
export function detachMethod(box: Box, id: string): Stripe.PaymentMethod {
  const method = find(box, 'payment_methods', id);
  if (typeof method.customer !== 'string')
    throw invalidRequest(
      'The payment method you provided is not attached to a customer so detachment is impossible.',
      'payment_method',
      'payment_method_unexpected_state',
    );
  const customer = find(box, 'customers', method.customer);
  const at = customerNow(box, customer.id);
  const detached: Stripe.PaymentMethod = { ...method, customer: null };
  box.store.put('payment_methods', detached);
  if (customer.invoice_settings.default_payment_method === id) {
    const settings = { ...customer.invoice_settings, default_payment_method: null };
    const after = { ...customer, invoice_settings: settings };
    box.store.put('customers', after);
    emit(box, 'customer.updated', after, { at, previous: { invoice_settings: customer.invoice_settings } });
  }
  for (const subscription of box.store.where('subscriptions', (row) => row.default_payment_method === id))
    box.store.put('subscriptions', { ...subscription, default_payment_method: null });
  emit(box, 'payment_method.detached', detached, { at, previous: { customer: customer.id } });
  return detached;
}

/** What the bank says when a card is charged. `isApproved`: its owner has just proved that it is theirs. */
export function chargeOutcome(
  box: Box,
  method: Stripe.PaymentMethod,
  presence: Presence,
  isApproved: boolean,
): ChargeOutcome {
  const fault = box.faults.take('decline');
  if (fault)
    return {
      kind: 'declined',
      code: 'card_declined',
      declineCode: fault.code,
      message: 'Your card was declined.',
    };
  const { behaviour, isAuthenticated } = cardOf(box, method.id);
  if (behaviour.kind === 'declined') return { ...behaviour };
  if (behaviour.kind === 'declined_later' && presence !== 'checkout')
    return {
      kind: 'declined',
      code: 'card_declined',
      declineCode: 'generic_decline',
      message: 'Your card was declined.',
    };
  const mustProve =
    behaviour.kind === 'authenticate_always' || (behaviour.kind === 'authenticate_once' && !isAuthenticated);
  return mustProve && !isApproved ? { kind: 'authenticate' } : { kind: 'ok' };
}

/** Whether a card must be authenticated before it is kept for later. */
export function mustAuthenticate(box: Box, method: string): boolean {
  const { behaviour, isAuthenticated } = cardOf(box, method);
  return behaviour.kind.startsWith('authenticate') && !isAuthenticated;
}

/** Notes that a card's owner has proved that it is theirs. */
export function markAuthenticated(box: Box, method: string): void {
  const card = box.store.get('cards', method);
  if (card) box.store.put('cards', { ...card, isAuthenticated: true });
}

function cardOf(box: Box, method: string): { behaviour: TestCard['behaviour']; isAuthenticated: boolean } {
  const card = box.store.get('cards', method);
  const known = card && cardByNumber(card.number);
  if (!known) throw new Error(`No card behind payment method ${method}`);
  return { behaviour: known.behaviour, isAuthenticated: card.isAuthenticated };
}
