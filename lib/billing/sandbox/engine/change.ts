import type Stripe from 'stripe';
import { type Box, customerNow, find } from '../box';
import { invalidRequest } from '../errors';
import { embeddedList, idOf } from '../wire';
import { createDiscount } from './discounts';
import { createInvoice, finalizeInvoice } from './invoices';
import { assertTogether, createItem, itemPeriod, plainPrice, toPlan } from './items';
import { fullPrice, isMetered } from './lines';
import { attemptPayment, openIntent, paymentFailure } from './payments';
import { pendingItems, prorateChange } from './proration';
import { saveSubscription } from './save';
import { advanceLines } from './subscribe';

export type ItemChange = {
  id?: string | undefined;
  price?: string | undefined;
  quantity?: number | undefined;
  deleted?: boolean | undefined;
  metadata?: Record<string, string> | null | undefined;
};

export type Proration = 'create_prorations' | 'always_invoice' | 'none';
export type PaymentBehavior = 'allow_incomplete' | 'default_incomplete' | 'error_if_incomplete';

export type Change = {
  items?: ItemChange[] | undefined;
  proration?: Proration | undefined;
  prorationDate?: number | undefined;
  paymentBehavior?: PaymentBehavior | undefined;
  /** Starts the cycle anew at once. */
  resetAnchor?: boolean | undefined;
  trialEnd?: number | 'now' | undefined;
  discounts?:
    | { coupon?: string | undefined; promotion_code?: string | undefined; discount?: string | undefined }[]
    | null
    | undefined;
  /** Plain fields of the subscription that are set as they are. */
  fields?: Partial<Stripe.Subscription>;
};

type Items = { before: Stripe.SubscriptionItem[]; after: Stripe.SubscriptionItem[]; isNewCycle: boolean };

/**
 * Changes a subscription: prorates what its items cost, invoices at once when that was asked for or when a cycle begins
 * anew (another interval, an anchor that is reset, a trial that ends), and charges that invoice.
 */
export function changeSubscription(box: Box, id: string, change: Change): Stripe.Subscription {
  const before = find(box, 'subscriptions', id);
  if (before.status === 'canceled' || before.status === 'incomplete_expired')
    throw invalidRequest(
      'A canceled subscription can only update its cancellation_details and metadata.',
      undefined,
      'invalid_canceled_subscription_fields',
    );
  const customer = String(before.customer);
  const at = customerNow(box, customer);
  const prorationAt = change.prorationDate ?? at;
  const isTrial = before.status === 'trialing';
  const items = toItems(box, before, change, at);
  const proration = change.proration ?? 'create_prorations';
  if (proration !== 'none' && !isTrial) prorateItems(box, before, items, prorationAt);

  const discounts = toDiscounts(box, before, change, at);
  let after: Stripe.Subscription = {
    ...before,
    ...change.fields,
    ...(discounts && { discounts }),
    items: embeddedList(before.items.url, items.after),
    ...(items.isNewCycle && { billing_cycle_anchor: at }),
    ...(isTrial && items.isNewCycle && { status: 'active', trial_end: at }),
  };
  if (typeof change.trialEnd === 'number' && change.trialEnd > at)
    after = startTrial(after, change.trialEnd, at);
  box.store.put('subscriptions', after);
  const invoiced =
    items.isNewCycle || proration === 'always_invoice' ? invoiceNow(box, after, items, change) : null;
  const current = find(box, 'subscriptions', id);
  return saveSubscription(box, before, { ...current, ...(invoiced && { latest_invoice: invoiced }) });
}

function startTrial(subscription: Stripe.Subscription, end: number, at: number): Stripe.Subscription {
  return {
    ...subscription,
    status: 'trialing',
    trial_start: subscription.trial_start ?? at,
    trial_end: end,
    billing_cycle_anchor: end,
    items: {
      ...subscription.items,
      data: subscription.items.data.map((item) => ({ ...item, current_period_end: end })),
    },
  };
}

function toItems(box: Box, subscription: Stripe.Subscription, change: Change, at: number): Items {
  const before = subscription.items.data;
  const changes = change.items ?? [];
  changes.forEach(({ id }, index) => {
    if (id !== undefined && !before.some((item) => item.id === id))
      throw invalidRequest(`No such subscription item: '${id}'`, `items[${index}][id]`, 'resource_missing');
  });
  const changed = before.flatMap((item) => {
    const index = changes.findIndex(({ id }) => id === item.id);
    const given = changes[index];
    if (!given) return [item];
    return given.deleted ? [] : [toItem(box, item, given, `items[${index}]`)];
  });
  const isOtherInterval = changed.some((item) => {
    const old = before.find(({ id }) => id === item.id)?.price.recurring;
    const { recurring } = item.price;
    return old?.interval !== recurring?.interval || old?.interval_count !== recurring?.interval_count;
  });
  const endsTrial = subscription.status === 'trialing' && change.trialEnd === 'now';
  const isNewCycle = isOtherInterval || change.resetAnchor === true || endsTrial;
  const anchor = isNewCycle ? at : subscription.billing_cycle_anchor;
  const periodOf = (price: Stripe.Price) =>
    subscription.status === 'trialing' && !isNewCycle && subscription.trial_end
      ? { start: at, end: subscription.trial_end }
      : itemPeriod(price, anchor, at);
  const kept = isNewCycle
    ? changed.map((item) => {
        const { start, end } = itemPeriod(item.price, at, at);
        return { ...item, current_period_start: start, current_period_end: end };
      })
    : changed;
  const added = changes
    .map((given, index) => ({ given, index }))
    .filter(({ given }) => given.id === undefined)
    .map(({ given, index }) => {
      if (!given.price)
        throw invalidRequest(
          'Missing required param: items[][price].',
          `items[${index}][price]`,
          'parameter_missing',
        );
      const wanted = { price: given.price, quantity: given.quantity, metadata: given.metadata ?? {} };
      return createItem(box, subscription.id, wanted, periodOf, at, `items[${index}]`);
    });
  const after = [...kept, ...added];
  assertTogether(after);
  return { before, after, isNewCycle };
}

function toItem(
  box: Box,
  item: Stripe.SubscriptionItem,
  given: ItemChange,
  param: string,
): Stripe.SubscriptionItem {
  const price = given.price
    ? find(box, 'prices', given.price, `${param}[price]`)
    : fullPrice(box, item.price);
  if (given.price && !price.active)
    throw invalidRequest(
      'The price specified is inactive. This field only accepts active prices.',
      `${param}[price]`,
    );
  if (isMetered(price) && given.quantity !== undefined)
    throw invalidRequest(
      `Quantity should not be specified where usage_type is metered. Remove quantity from \`${param}\``,
      `${param}[quantity]`,
    );
  const { quantity: old, ...rest } = item;
  return {
    ...rest,
    metadata: given.metadata === undefined ? item.metadata : { ...item.metadata, ...given.metadata },
    plan: toPlan(price),
    price: plainPrice(price),
    ...(!isMetered(price) && { quantity: given.quantity ?? old ?? 1 }),
  };
}

function prorateItems(box: Box, subscription: Stripe.Subscription, items: Items, at: number): void {
  const customer = String(subscription.customer);
  const side = (item: Stripe.SubscriptionItem | undefined) =>
    item ? { item, quantity: item.quantity ?? 0 } : null;
  for (const old of items.before) {
    const current = items.after.find(({ id }) => id === old.id);
    const isSame = current && current.price.id === old.price.id && current.quantity === old.quantity;
    // In a new cycle everything begins anew: all unused time goes back, and all of the new time is billed as a period.
    if (items.isNewCycle) prorateChange(box, customer, { before: side(old), after: null, at });
    else if (!isSame) prorateChange(box, customer, { before: side(old), after: side(current), at });
  }
  if (items.isNewCycle) return;
  for (const added of items.after.filter(({ id }) => !items.before.some((old) => old.id === id)))
    prorateChange(box, customer, { before: null, after: side(added), at });
}

function toDiscounts(
  box: Box,
  subscription: Stripe.Subscription,
  { discounts }: Change,
  at: number,
): string[] | null {
  if (discounts === undefined) return null;
  const target = {
    customer: String(subscription.customer),
    subscription: subscription.id,
    invoice: null,
    at,
  };
  return (discounts ?? []).map((given) => given.discount ?? createDiscount(box, given, target));
}

function invoiceNow(
  box: Box,
  subscription: Stripe.Subscription,
  items: Items,
  change: Change,
): string | null {
  const customer = String(subscription.customer);
  const at = customerNow(box, customer);
  const pending = pendingItems(box, customer, subscription.id);
  if (pending.length === 0 && !items.isNewCycle) return null;
  const draft = createInvoice(box, {
    customer,
    currency: subscription.currency,
    reason: 'subscription_update',
    period: { start: at, end: at },
    subscription,
    items: pending,
    lines: (invoice) => (items.isNewCycle ? advanceLines(box, invoice, subscription) : []),
    discounts: subscription.discounts.map(idOf),
    collectionMethod: subscription.collection_method,
    daysUntilDue: subscription.days_until_due,
    autoAdvance: true,
    automaticTax: subscription.automatic_tax.enabled,
  });
  const invoice = finalizeInvoice(box, draft.id);
  if (invoice.status === 'paid' || invoice.collection_method === 'send_invoice') return invoice.id;
  box.store.put('subscriptions', {
    ...find(box, 'subscriptions', subscription.id),
    latest_invoice: invoice.id,
  });
  if (change.paymentBehavior === 'default_incomplete') {
    // Its customer is at the screen to pay it.
    box.store.put('invoices', { ...invoice, next_payment_attempt: null });
    openIntent(box, invoice);
    return invoice.id;
  }
  const result = attemptPayment(box, invoice.id, { presence: 'off_session' });
  if (result.kind === 'failed' && change.paymentBehavior === 'error_if_incomplete') {
    // Nothing of the change stays: it is undone by not keeping what this error ends.
    throw paymentFailure(result, false);
  }
  return invoice.id;
}
