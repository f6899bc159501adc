import type Stripe from 'stripe';
import { z } from 'zod';
import { customerNow, emit, find, now } from '../box';
import { attachMethod, createCard, detachMethod } from '../engine/payment-methods';
import { cardByNumber, testCards } from '../engine/test-cards';
import { invalidRequest, StripeFailure } from '../errors';
import { listPage } from '../lists';
import { emptyable, integer, metadata, page, parameters, text } from '../params';
import { route } from '../router';
import { given, mergeMetadata, onlyExpand } from './common';

const billing = z.strictObject({ email: emptyable(text).optional(), name: emptyable(text).optional() });
const createParams = parameters<Stripe.PaymentMethodCreateParams>()({
  type: z.literal('card'),
  card: z.union([
    z.strictObject({ token: text }),
    z.strictObject({ number: text, exp_month: integer, exp_year: integer, cvc: text.optional() }),
  ]),
  billing_details: billing.optional(),
  metadata: metadata.optional(),
});
const updateParams = parameters<Stripe.PaymentMethodUpdateParams>()({
  billing_details: billing.optional(),
  card: z.strictObject({ exp_month: integer.optional(), exp_year: integer.optional() }).optional(),
  metadata: metadata.optional(),
});
const listParams = parameters<Stripe.PaymentMethodListParams>()({
  ...page,
  customer: text.optional(),
  type: z.enum(['card']).optional(),
});
const attachParams = parameters<Stripe.PaymentMethodAttachParams>()({ customer: text });
const intentList = parameters<Stripe.PaymentIntentListParams>()({ ...page, customer: text.optional() });
const paymentList = parameters<Stripe.InvoicePaymentListParams>()({ ...page, invoice: text.optional() });

/** Stripe's tokens of test cards, `tok_visa` and the like, as the payment methods that they make. */
function cardByToken(token: string) {
  const name = token.replace(/^tok_/, 'pm_card_');
  return testCards.find((card) => card.token === name);
}

export const paymentMethodRoutes = [
  route('POST', '/v1/payment_methods', createParams, (box, params) => {
    const card = 'token' in params.card ? cardByToken(params.card.token) : cardByNumber(params.card.number);
    if (!card)
      throw new StripeFailure(402, {
        type: 'card_error',
        code: 'incorrect_number',
        message: 'Your card number is incorrect. The sandbox takes only test cards.',
        param: 'card[number]',
      });
    const dates =
      'number' in params.card
        ? { expMonth: params.card.exp_month, expYear: params.card.exp_year }
        : undefined;
    const method = createCard(box, card, dates);
    const after = {
      ...method,
      billing_details: { ...method.billing_details, ...given(params.billing_details ?? {}) },
      metadata: mergeMetadata(null, params.metadata),
    };
    box.store.put('payment_methods', after);
    return after;
  }),
  route('GET', '/v1/payment_methods', listParams, (box, params) => {
    if (!params.customer)
      throw invalidRequest('Missing required param: customer.', 'customer', 'parameter_missing');
    find(box, 'customers', params.customer, 'customer');
    const rows = box.store.where('payment_methods', ({ customer }) => customer === params.customer);
    return listPage(rows, params, '/v1/payment_methods');
  }),
  route('GET', '/v1/payment_methods/:id', onlyExpand, (box, _, { id = '' }) =>
    find(box, 'payment_methods', id),
  ),
  route('POST', '/v1/payment_methods/:id', updateParams, (box, params, { id = '' }) => {
    const before = find(box, 'payment_methods', id);
    if (typeof before.customer !== 'string')
      throw invalidRequest('You must save this PaymentMethod to a customer before you can update it.');
    const after = {
      ...before,
      billing_details: { ...before.billing_details, ...given(params.billing_details ?? {}) },
      ...(before.card && { card: { ...before.card, ...given(params.card ?? {}) } }),
      metadata: mergeMetadata(before.metadata, params.metadata),
    };
    box.store.put('payment_methods', after);
    emit(box, 'payment_method.updated', after, { at: customerNow(box, before.customer) });
    return after;
  }),
  route('POST', '/v1/payment_methods/:id/attach', attachParams, (box, params, { id = '' }) => {
    find(box, 'customers', params.customer, 'customer');
    return attachMethod(box, id, params.customer);
  }),
  route('POST', '/v1/payment_methods/:id/detach', onlyExpand, (box, _, { id = '' }) => detachMethod(box, id)),
  route('GET', '/v1/customers/:id/payment_methods', listParams, (box, params, { id = '' }) => {
    find(box, 'customers', id);
    const rows = box.store.where('payment_methods', ({ customer }) => customer === id);
    return listPage(rows, params, `/v1/customers/${id}/payment_methods`);
  }),
  route('GET', '/v1/payment_intents', intentList, (box, params) => {
    const rows = box.store.where(
      'payment_intents',
      ({ customer }) => params.customer === undefined || customer === params.customer,
    );
    return listPage(rows, params, '/v1/payment_intents');
  }),
  route('GET', '/v1/payment_intents/:id', onlyExpand, (box, _, { id = '' }) =>
    find(box, 'payment_intents', id),
  ),
  route('GET', '/v1/invoice_payments', paymentList, (box, params) => {
    const rows = box.store.where(
      'invoice_payments',
      ({ invoice }) => params.invoice === undefined || invoice === params.invoice,
    );
    return listPage(rows, params, '/v1/invoice_payments');
  }),
  route('GET', '/v1/account', onlyExpand, (box) => {
    return {
      id: 'acct_sandbox',
      object: 'account',
      charges_enabled: true,
      country: 'US',
      created: now(box),
      default_currency: 'usd',
      details_submitted: true,
      email: null,
      metadata: {},
      payouts_enabled: true,
      type: 'standard',
    } satisfies Stripe.Account;
  }),
];
