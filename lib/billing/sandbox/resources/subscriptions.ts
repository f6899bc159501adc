import type Stripe from 'stripe';
import type { z } from 'zod';
import { type Box, customerNow, find } from '../box';
import { cancelNow } from '../engine/cancel';
import { changeSubscription } from '../engine/change';
import { attachMethod } from '../engine/payment-methods';
import { attemptPayment, openIntent, paymentFailure } from '../engine/payments';
import { saveSubscription } from '../engine/save';
import { activate, createSubscription, trialEndAfter } from '../engine/subscribe';
import { invalidRequest } from '../errors';
import { isWithin, listPage } from '../lists';
import { route } from '../router';
import { given, mergeMetadata, onlyExpand } from './common';
import { cancelParams, createParams, listParams, updateParams } from './subscription-params';

/** A customer may have so many subscriptions that have not ended, as with Stripe. */
const MAX_SUBSCRIPTIONS = 500;

function create(box: Box, params: z.infer<typeof createParams>): Stripe.Subscription {
  const customer = find(box, 'customers', params.customer, 'customer');
  const own = box.store.where(
    'subscriptions',
    (row) => row.customer === customer.id && row.ended_at === null,
  );
  if (own.length >= MAX_SUBSCRIPTIONS)
    throw invalidRequest(
      'Customer has reached the maximum number of subscriptions.',
      'customer',
      'customer_max_subscriptions',
    );
  const at = customerNow(box, customer.id);
  const method = params.default_payment_method
    ? attachMethod(box, params.default_payment_method, customer.id, 'default_payment_method').id
    : null;
  const made = createSubscription(box, {
    customer: customer.id,
    items: params.items.map((item) => ({ ...item, metadata: mergeMetadata(null, item.metadata) })),
    metadata: mergeMetadata(null, params.metadata),
    description: params.description ?? null,
    collectionMethod: params.collection_method ?? 'charge_automatically',
    daysUntilDue: params.days_until_due ?? null,
    defaultPaymentMethod: method,
    trialEnd:
      typeof params.trial_end === 'number' ? params.trial_end : trialEndAfter(at, params.trial_period_days),
    cancelAt: typeof params.cancel_at === 'number' ? params.cancel_at : null,
    cancelAtPeriodEnd: (params.cancel_at_period_end ?? false) || typeof params.cancel_at === 'string',
    discounts: params.discounts ?? [],
    automaticTax: params.automatic_tax?.enabled ?? false,
  });
  const { id } = made.subscription;
  if (made.invoice.status === 'paid') return find(box, 'subscriptions', id);
  if (made.invoice.collection_method === 'send_invoice') return activate(box, id);
  openIntent(box, made.invoice);
  if (params.payment_behavior === 'default_incomplete') return find(box, 'subscriptions', id);
  const result = attemptPayment(box, made.invoice.id, {
    presence: params.off_session ? 'off_session' : 'on_session',
  });
  if (
    result.kind === 'failed' &&
    (params.payment_behavior === 'error_if_incomplete' || result.reason.kind === 'no_method')
  )
    throw paymentFailure(result, false);
  return find(box, 'subscriptions', id);
}

/** When a subscription ends, from what a request says of it; undefined leaves it as it is. */
function cancellation(
  before: Stripe.Subscription,
  params: Pick<z.infer<typeof updateParams>, 'cancel_at' | 'cancel_at_period_end'>,
  at: number,
): Partial<Stripe.Subscription> {
  const ends = before.items.data.map((item) => item.current_period_end);
  const none = { cancel_at: null, cancel_at_period_end: false, canceled_at: null };
  if (params.cancel_at_period_end !== undefined)
    return params.cancel_at_period_end
      ? { cancel_at: Math.max(...ends), cancel_at_period_end: true, canceled_at: before.canceled_at ?? at }
      : none;
  if (params.cancel_at === undefined) return {};
  if (params.cancel_at === null) return none;
  const moment =
    params.cancel_at === 'min_period_end'
      ? Math.min(...ends)
      : params.cancel_at === 'max_period_end'
        ? Math.max(...ends)
        : params.cancel_at;
  if (moment <= at) throw invalidRequest('`cancel_at` must be in the future', 'cancel_at');
  return { cancel_at: moment, cancel_at_period_end: false, canceled_at: before.canceled_at ?? at };
}

function update(box: Box, params: z.infer<typeof updateParams>, id: string): Stripe.Subscription {
  const before = find(box, 'subscriptions', id);
  const customer = String(before.customer);
  const at = customerNow(box, customer);
  const keys =
    params.metadata === undefined ? {} : { metadata: mergeMetadata(before.metadata, params.metadata) };
  const reasons = params.cancellation_details && {
    cancellation_details: {
      comment: null,
      feedback: null,
      feedback_option: null,
      reason: null,
      ...before.cancellation_details,
      ...given(params.cancellation_details),
    },
  };
  const isOver = before.status === 'canceled' || before.status === 'incomplete_expired';
  if (
    isOver &&
    Object.keys(params).every((key) =>
      ['expand', 'metadata', 'cancellation_details', 'payment_behavior'].includes(key),
    )
  )
    return saveSubscription(box, before, { ...before, ...keys, ...reasons });
  const method = params.default_payment_method
    ? attachMethod(box, params.default_payment_method, customer, 'default_payment_method').id
    : params.default_payment_method;
  return changeSubscription(box, id, {
    items: params.items?.map(({ clear_usage: _, ...item }) => item),
    proration: params.proration_behavior,
    prorationDate: params.proration_date,
    paymentBehavior: params.payment_behavior,
    resetAnchor: params.billing_cycle_anchor?.type === 'now',
    trialEnd: params.trial_end,
    discounts: params.discounts,
    fields: {
      ...keys,
      ...reasons,
      ...cancellation(before, params, at),
      ...(method !== undefined && { default_payment_method: method }),
      ...(params.description !== undefined && { description: params.description }),
      ...(params.collection_method && { collection_method: params.collection_method }),
      ...(params.days_until_due !== undefined && { days_until_due: params.days_until_due }),
      ...(params.automatic_tax && {
        automatic_tax: { ...before.automatic_tax, enabled: params.automatic_tax.enabled },
      }),
    },
  });
}

function isListed(row: Stripe.Subscription, status: z.infer<typeof listParams>['status']): boolean {
  if (status === 'all') return true;
  if (status === 'ended') return row.status === 'canceled' || row.status === 'incomplete_expired';
  return status === undefined ? row.status !== 'canceled' : row.status === status;
}

export const subscriptionRoutes = [
  route('POST', '/v1/subscriptions', createParams, create),
  route('GET', '/v1/subscriptions', listParams, (box, params) => {
    const rows = box.store.where(
      'subscriptions',
      (row) =>
        isListed(row, params.status) &&
        (params.customer === undefined || row.customer === params.customer) &&
        (params.price === undefined || row.items.data.some(({ price }) => price.id === params.price)) &&
        (params.collection_method === undefined || row.collection_method === params.collection_method) &&
        (params.customer !== undefined || (row.test_clock ?? undefined) === params.test_clock) &&
        isWithin(row.created, params.created),
    );
    return listPage(rows, params, '/v1/subscriptions');
  }),
  route('GET', '/v1/subscriptions/:id', onlyExpand, (box, _, { id = '' }) => find(box, 'subscriptions', id)),
  route('POST', '/v1/subscriptions/:id', updateParams, (box, params, { id = '' }) => update(box, params, id)),
  route('DELETE', '/v1/subscriptions/:id', cancelParams, (box, params, { id = '' }) => {
    const subscription = find(box, 'subscriptions', id);
    if (subscription.status === 'canceled')
      throw invalidRequest(`No such subscription: '${id}'`, 'id', 'resource_missing');
    return cancelNow(box, subscription, {
      invoiceNow: params.invoice_now ?? false,
      prorate: params.prorate ?? false,
      comment: params.cancellation_details?.comment ?? null,
      feedback: params.cancellation_details?.feedback ?? null,
    });
  }),
];
