import type Stripe from 'stripe';
import { type Box, find } from '../box';
import { type Interval, periodAt } from '../calendar';
import { invalidRequest } from '../errors';
import { idOf, newObjectId } from '../wire';
import { isMetered, type Period } from './lines';

export type NewItem = { price: string; quantity?: number | undefined; metadata?: Record<string, string> };

/** The period of an item that lies around a moment, in the cycle that begins at the subscription's anchor. */
export function itemPeriod(price: Stripe.Price, anchor: number, moment: number): Period {
  const { interval = 'month', interval_count: count = 1 } = price.recurring ?? {};
  return periodAt(anchor, interval as Interval, count, moment);
}

/** The period that follows one. */
export function nextPeriod(price: Stripe.Price, anchor: number, end: number): Period {
  const period = itemPeriod(price, anchor, end);
  return { start: end, end: period.end };
}

/** A price as it stands inside of other objects: without its tiers. */
export function plainPrice(price: Stripe.Price): Stripe.Price {
  const { tiers: _, ...rest } = price;
  return rest;
}

/** An item of a subscription. Throws for a price that cannot be subscribed to. */
export function createItem(
  box: Box,
  subscription: string,
  given: NewItem,
  period: (price: Stripe.Price) => Period,
  at: number,
  param: string,
): Stripe.SubscriptionItem {
  const price = find(box, 'prices', given.price, `${param}[price]`);
  if (!price.active)
    throw invalidRequest(
      'The price specified is inactive. This field only accepts active prices.',
      `${param}[price]`,
    );
  if (!price.recurring)
    throw invalidRequest(
      'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
      `${param}[price]`,
    );
  if (isMetered(price) && given.quantity !== undefined)
    throw invalidRequest(
      `Quantity should not be specified where usage_type is metered. Remove quantity from \`${param}\``,
      `${param}[quantity]`,
    );
  const { start, end } = period(price);
  return {
    id: newObjectId('si', 14),
    object: 'subscription_item',
    billing_thresholds: null,
    created: at,
    current_period_end: end,
    current_period_start: start,
    current_trial: null,
    discounts: [],
    metadata: given.metadata ?? {},
    plan: toPlan(price),
    price: plainPrice(price),
    ...(!isMetered(price) && { quantity: given.quantity ?? 1 }),
    subscription,
    tax_rates: [],
  } satisfies Stripe.SubscriptionItem;
}

/** The older name of a price, which items still carry. */
export function toPlan(price: Stripe.Price): Stripe.Plan {
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? 'month',
    interval_count: price.recurring?.interval_count ?? 1,
    livemode: false,
    metadata: price.metadata,
    meter: price.recurring?.meter ?? null,
    nickname: price.nickname,
    product: idOf(price.product),
    tiers_mode: price.tiers_mode,
    transform_usage: price.transform_quantity,
    trial_period_days: null,
    usage_type: price.recurring?.usage_type ?? 'licensed',
  } satisfies Stripe.Plan;
}

/** Throws when items cannot live in one subscription. */
export function assertTogether(items: Stripe.SubscriptionItem[]): void {
  const [first] = items;
  if (!first) throw invalidRequest('Missing required param: items.', 'items', 'parameter_missing');
  if (items.length > 20) throw invalidRequest('A subscription can have up to 20 items.', 'items');
  if (items.some(({ price }) => price.currency !== first.price.currency))
    throw invalidRequest('All prices on a subscription must have the same currency.', 'items');
  if (new Set(items.map(({ price }) => price.id)).size < items.length)
    throw invalidRequest('Cannot add multiple subscription items with the same plan.', 'items');
}
