'use server';

import { checkout, checkoutInput, empty, portal } from '@/lib/billing/schema';
import { action } from '@/lib/http/action';
import * as mutations from './mutations';

/** Begins a Checkout for the signed-in admin's workspace. */
export const startCheckout = action(
  {
    name: 'billing.start_checkout',
    limit: 'caller',
    permission: 'billing:manage',
    input: checkoutInput,
    output: checkout,
  },
  mutations.startCheckout,
);

/** Opens Stripe's page for cards and invoices. */
export const openPortal = action(
  {
    name: 'billing.open_portal',
    limit: 'caller',
    permission: 'billing:manage',
    input: empty,
    output: portal,
  },
  mutations.openPortal,
);
