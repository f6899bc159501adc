import { checkoutRoutes } from './resources/checkout';
import { customerRoutes } from './resources/customers';
import { eventRoutes, webhookEndpointRoutes } from './resources/events';
import { meterRoutes } from './resources/meters';
import { paymentMethodRoutes } from './resources/payment-methods';
import { priceRoutes } from './resources/prices';
import { productRoutes } from './resources/products';
import { subscriptionItemRoutes } from './resources/subscription-items';
import { subscriptionRoutes } from './resources/subscriptions';
import type { Route } from './router';

/** Everything that the sandbox speaks. */
export const routes: readonly Route[] = [
  ...checkoutRoutes,
  ...customerRoutes,
  ...eventRoutes,
  ...meterRoutes,
  ...paymentMethodRoutes,
  ...priceRoutes,
  ...productRoutes,
  ...subscriptionItemRoutes,
  ...subscriptionRoutes,
  ...webhookEndpointRoutes,
];
