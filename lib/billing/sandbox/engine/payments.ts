import type Stripe from 'stripe';
import { type Box, customerNow, emit, find } from '../box';
import { StripeFailure } from '../errors';
import { idOf, newObjectId } from '../wire';
import { cancelNow } from './cancel';
import { type ChargeOutcome, chargeOutcome, markAuthenticated, type Presence } from './payment-methods';
import { customerOf, saveInvoice, saveSubscription, subscriptionOf } from './save';
import { settlePaid } from './settle';

/**
 * When a failed payment of a subscription is tried again, in days after the attempt before: 3, 8 and 15 days after the
 * first one. Stripe's own schedule is learnt from data and different for everybody; this one lies within its two weeks.
 * After the last one the subscription is unpaid.
 */
export const RETRY_DAYS = [3, 5, 7] as const;

type Failed = Exclude<ChargeOutcome, { kind: 'ok' }> | { kind: 'no_method' };
export type PaymentResult =
  | { kind: 'paid'; invoice: Stripe.Invoice }
  | { kind: 'failed'; invoice: Stripe.Invoice; reason: Failed; intent: Stripe.PaymentIntent };

type Attempt = { method?: string | undefined; presence: Presence; isApproved?: boolean };

/** Charges what an open invoice still asks for, and notes what came of it. */
export function attemptPayment(box: Box, invoiceId: string, attempt: Attempt): PaymentResult {
  const invoice = find(box, 'invoices', invoiceId);
  const method = attempt.method ?? methodFor(box, invoice);
  const found = method === null ? null : find(box, 'payment_methods', method, 'payment_method');
  const outcome: ChargeOutcome | Failed = found
    ? chargeOutcome(box, found, attempt.presence, attempt.isApproved ?? false)
    : { kind: 'no_method' };
  const intent = writeIntent(box, invoice, found, outcome);
  const tried = { ...invoice, attempt_count: invoice.attempt_count + 1, attempted: true };
  if (outcome.kind === 'ok') {
    if (found && attempt.isApproved) markAuthenticated(box, found.id);
    return { kind: 'paid', invoice: settlePaid(box, tried, { outOfBand: false, intent }) };
  }
  return { kind: 'failed', invoice: fail(box, invoice, tried, outcome), reason: outcome, intent };
}

/** Stripe's error for a payment that failed. `keeps`: what has happened stays, though the answer is an error. */
export function paymentFailure(
  result: Extract<PaymentResult, { kind: 'failed' }>,
  keeps: boolean,
): StripeFailure {
  const { reason, intent } = result;
  if (reason.kind === 'no_method')
    return new StripeFailure(
      400,
      {
        type: 'invalid_request_error',
        code: 'resource_missing',
        message:
          'This customer has no attached payment source or default payment method. Please consider adding a default payment method.',
      },
      keeps,
    );
  const fields =
    reason.kind === 'authenticate'
      ? {
          code: 'invoice_payment_intent_requires_action',
          message: 'This payment requires additional user action before it can be completed successfully.',
        }
      : { code: reason.code, decline_code: reason.declineCode, message: reason.message };
  return new StripeFailure(402, { type: 'card_error', ...fields, payment_intent: intent }, keeps);
}

/** The card that an invoice would be charged to: its own, its subscription's, its customer's; null without any. */
export function methodFor(box: Box, invoice: Stripe.Invoice): string | null {
  const owner = subscriptionOf(invoice);
  const candidates = [
    invoice.default_payment_method,
    owner ? box.store.get('subscriptions', owner)?.default_payment_method : null,
    box.store.get('customers', customerOf(invoice))?.invoice_settings.default_payment_method,
  ];
  const chosen = candidates.find((one) => one !== null && one !== undefined);
  return chosen ? idOf(chosen) : null;
}

/** The payment intent of an invoice, or undefined before there is one. */
export function intentOf(box: Box, invoice: string): Stripe.PaymentIntent | undefined {
  const payment = box.store.where('invoice_payments', (row) => row.invoice === invoice).at(-1)?.payment;
  return payment?.payment_intent ? box.store.get('payment_intents', idOf(payment.payment_intent)) : undefined;
}

/** Opens the intent to pay an invoice, so that its customer can be asked for a card. */
export function openIntent(box: Box, invoice: Stripe.Invoice): Stripe.PaymentIntent {
  const existing = intentOf(box, invoice.id);
  if (existing) return existing;
  const at = customerNow(box, customerOf(invoice));
  const id = newObjectId('pi');
  const intent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: invoice.amount_remaining,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic',
    client_secret: `${id}_secret_${newObjectId('s', 25).slice(2)}`,
    confirmation_method: 'automatic',
    created: at,
    currency: invoice.currency,
    customer: customerOf(invoice),
    customer_account: null,
    description:
      invoice.billing_reason === 'subscription_create' ? 'Subscription creation' : 'Payment for Invoice',
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: 'off_session',
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_group: null,
  } satisfies Stripe.PaymentIntent;
  box.store.put('payment_intents', intent);
  box.store.put('invoice_payments', {
    id: newObjectId('inpay'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: intent.amount,
    created: at,
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { payment_intent: id, type: 'payment_intent' },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  });
  emit(box, 'payment_intent.created', intent, { at });
  return intent;
}

function writeIntent(
  box: Box,
  invoice: Stripe.Invoice,
  method: Stripe.PaymentMethod | null,
  outcome: ChargeOutcome | Failed,
): Stripe.PaymentIntent {
  const at = customerNow(box, customerOf(invoice));
  const base = { ...openIntent(box, invoice), payment_method: method?.id ?? null };
  const intent: Stripe.PaymentIntent =
    outcome.kind === 'ok'
      ? {
          ...base,
          status: 'succeeded',
          amount_received: base.amount,
          last_payment_error: null,
          next_action: null,
        }
      : outcome.kind === 'authenticate'
        ? {
            ...base,
            status: 'requires_action',
            next_action: {
              type: 'redirect_to_url',
              redirect_to_url: { return_url: null, url: invoice.hosted_invoice_url ?? null },
            },
          }
        : {
            ...base,
            status: 'requires_payment_method',
            next_action: null,
            payment_method: null,
            last_payment_error:
              outcome.kind === 'declined'
                ? {
                    type: 'card_error',
                    code: outcome.code,
                    decline_code: outcome.declineCode,
                    message: outcome.message,
                    ...(method && { payment_method: method }),
                  }
                : null,
          };
  box.store.put('payment_intents', intent);
  const types = {
    ok: 'payment_intent.succeeded',
    authenticate: 'payment_intent.requires_action',
    declined: 'payment_intent.payment_failed',
    no_method: 'payment_intent.payment_failed',
  } as const;
  emit(box, types[outcome.kind], intent, { at });
  return intent;
}

function fail(box: Box, before: Stripe.Invoice, tried: Stripe.Invoice, reason: Failed): Stripe.Invoice {
  const at = customerNow(box, customerOf(tried));
  const wait = RETRY_DAYS[tried.attempt_count - 1];
  // The first invoice of a subscription is not tried again: its customer is at the screen, or gives up.
  const mayRetry = tried.auto_advance && tried.billing_reason !== 'subscription_create' && wait !== undefined;
  const after: Stripe.Invoice = { ...tried, next_payment_attempt: mayRetry ? at + wait * 86_400 : null };
  box.store.put('invoices', after);
  const owner = subscriptionOf(after);
  const subscription = owner ? box.store.get('subscriptions', owner) : undefined;
  if (subscription) {
    if (subscription.status === 'active' || subscription.status === 'trialing')
      saveSubscription(box, subscription, { ...subscription, status: 'past_due' });
    else if (subscription.status === 'past_due' && after.auto_advance && !mayRetry) giveUp(box, subscription);
  }
  if (reason.kind === 'authenticate') saveInvoice(box, before, after, 'invoice.payment_action_required');
  return saveInvoice(box, before, after, 'invoice.payment_failed');
}

/** What becomes of a subscription whose invoice could not be charged even the last time. */
function giveUp(box: Box, subscription: Stripe.Subscription): void {
  if (box.afterRetries === 'cancel') cancelNow(box, subscription, { reason: 'payment_failed' });
  else if (box.afterRetries === 'unpaid')
    saveSubscription(box, subscription, { ...subscription, status: 'unpaid' });
}
