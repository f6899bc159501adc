import { checkoutRoutes } from './resources/checkout';
import { couponRoutes } from './resources/coupons';
import { customerRoutes } from './resources/customers';
import { eventRoutes, webhookEndpointRoutes } from './resources/events';
import { invoiceItemRoutes } from './resources/invoice-items';
import { invoicePreviewRoutes } from './resources/invoice-preview';
import { invoiceRoutes } from './resources/invoices';
import { meterRoutes } from './resources/meters';
import { paymentMethodRoutes } from './resources/payment-methods';
import { portalRoutes } from './resources/portal';
import { priceRoutes } from './resources/prices';
import { productRoutes } from './resources/products';
import { subscriptionItemRoutes } from './resources/subscription-items';
import { subscriptionRoutes } from './resources/subscriptions';
import { testClockRoutes } from './resources/test-clocks';
import type { Route } from './router';

/** Everything that the sandbox speaks. */
export const routes: readonly Route[] = [
  ...checkoutRoutes,
  ...couponRoutes,
  ...customerRoutes,
  ...eventRoutes,
  ...invoiceItemRoutes,
  ...invoicePreviewRoutes,
  ...invoiceRoutes,
  ...meterRoutes,
  ...paymentMethodRoutes,
  ...portalRoutes,
  ...priceRoutes,
  ...productRoutes,
  ...subscriptionItemRoutes,
  ...subscriptionRoutes,
  ...testClockRoutes,
  ...webhookEndpointRoutes,
];
