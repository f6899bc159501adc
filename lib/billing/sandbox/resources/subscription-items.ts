import type Stripe from 'stripe';
import { z } from 'zod';
import { type Box, find } from '../box';
import { changeSubscription } from '../engine/change';
import { invalidRequest, resourceMissing } from '../errors';
import { listPage } from '../lists';
import { flag, integer, metadata, page, parameters, text } from '../params';
import { route } from '../router';
import { onlyExpand } from './common';
import { paymentBehavior, prorationBehavior } from './subscription-params';

const quantity = integer.pipe(z.number().min(0).max(1_000_000)).optional();
const how = {
  payment_behavior: paymentBehavior.optional(),
  proration_behavior: prorationBehavior.optional(),
  proration_date: integer.optional(),
};
const createParams = parameters<Stripe.SubscriptionItemCreateParams>()({
  subscription: text,
  price: text,
  quantity,
  metadata: metadata.optional(),
  ...how,
});
const updateParams = parameters<Stripe.SubscriptionItemUpdateParams>()({
  price: text.optional(),
  quantity,
  metadata: metadata.optional(),
  off_session: flag.optional(),
  ...how,
});
const deleteParams = parameters<Stripe.SubscriptionItemDeleteParams>()({
  clear_usage: flag.optional(),
  ...how,
});
const listParams = parameters<Stripe.SubscriptionItemListParams>()({ ...page, subscription: text });

type How = {
  payment_behavior?: z.infer<typeof paymentBehavior> | undefined;
  proration_behavior?: z.infer<typeof prorationBehavior> | undefined;
  proration_date?: number | undefined;
};

function toChange({ payment_behavior: payment, proration_behavior: proration, proration_date: date }: How) {
  return { paymentBehavior: payment, proration, prorationDate: date };
}

function ownerOf(box: Box, id: string): Stripe.Subscription {
  const [owner] = box.store.where('subscriptions', (row) => row.items.data.some((item) => item.id === id));
  if (!owner) throw resourceMissing('subscription_item', id);
  return owner;
}

function itemOf(subscription: Stripe.Subscription, isWanted: (item: Stripe.SubscriptionItem) => boolean) {
  const item = subscription.items.data.find(isWanted);
  if (!item) throw invalidRequest('The subscription has no such item');
  return item;
}

export const subscriptionItemRoutes = [
  route('POST', '/v1/subscription_items', createParams, (box, params) => {
    find(box, 'subscriptions', params.subscription, 'subscription');
    const { price, quantity: count, metadata: keys } = params;
    const changed = changeSubscription(box, params.subscription, {
      items: [{ price, quantity: count, metadata: keys }],
      ...toChange(params),
    });
    return itemOf(changed, (item) => item.price.id === price);
  }),
  route('GET', '/v1/subscription_items', listParams, (box, params) => {
    const { items } = find(box, 'subscriptions', params.subscription, 'subscription');
    // Items are listed in their order, and not with the newest first.
    return listPage([...items.data].reverse(), params, '/v1/subscription_items');
  }),
  route('GET', '/v1/subscription_items/:id', onlyExpand, (box, _, { id = '' }) =>
    itemOf(ownerOf(box, id), (item) => item.id === id),
  ),
  route('POST', '/v1/subscription_items/:id', updateParams, (box, params, { id = '' }) => {
    const { price, quantity: count, metadata: keys } = params;
    const changed = changeSubscription(box, ownerOf(box, id).id, {
      items: [{ id, price, quantity: count, metadata: keys }],
      ...toChange(params),
    });
    return itemOf(changed, (item) => item.id === id);
  }),
  route('DELETE', '/v1/subscription_items/:id', deleteParams, (box, params, { id = '' }) => {
    changeSubscription(box, ownerOf(box, id).id, { items: [{ id, deleted: true }], ...toChange(params) });
    return { id, object: 'subscription_item', deleted: true } satisfies Stripe.DeletedSubscriptionItem;
  }),
];
