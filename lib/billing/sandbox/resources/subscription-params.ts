import type Stripe from 'stripe';
import { z } from 'zod';
import { emptyable, flag, integer, metadata, page, parameters, range, text } from '../params';

export const discountList = z.array(
  z.strictObject({ coupon: text.optional(), promotion_code: text.optional(), discount: text.optional() }),
);
export const prorationBehavior = z.enum(['create_prorations', 'always_invoice', 'none']);
export const paymentBehavior = z.enum(['allow_incomplete', 'default_incomplete', 'error_if_incomplete']);
const collection = z.enum(['charge_automatically', 'send_invoice']);
const automaticTax = z.strictObject({ enabled: flag });
const trialEnd = z.union([z.literal('now'), integer]);
const details = z.strictObject({ comment: emptyable(text).optional(), feedback: emptyable(text).optional() });
const cancelAt = z.union([z.enum(['min_period_end', 'max_period_end']), integer]);
const billingMode = z.strictObject({
  type: z.literal('flexible'),
  flexible: z.strictObject({ proration_discounts: z.enum(['included', 'itemized']).optional() }).optional(),
});
export const itemChange = z.strictObject({
  id: text.optional(),
  price: text.optional(),
  quantity: integer.pipe(z.number().min(0).max(1_000_000)).optional(),
  deleted: flag.optional(),
  clear_usage: flag.optional(),
  metadata: metadata.optional(),
});

export const createParams = parameters<Stripe.SubscriptionCreateParams>()({
  customer: text,
  items: z
    .array(
      z.strictObject({
        price: text,
        quantity: integer.pipe(z.number().min(0).max(1_000_000)).optional(),
        metadata: metadata.optional(),
      }),
    )
    .min(1),
  automatic_tax: automaticTax.optional(),
  billing_mode: billingMode.optional(),
  cancel_at: cancelAt.optional(),
  cancel_at_period_end: flag.optional(),
  collection_method: collection.optional(),
  currency: text.optional(),
  days_until_due: integer.optional(),
  default_payment_method: text.optional(),
  description: text.optional(),
  discounts: emptyable(discountList).optional(),
  metadata: metadata.optional(),
  off_session: flag.optional(),
  payment_behavior: paymentBehavior.default('allow_incomplete'),
  payment_settings: z
    .strictObject({ save_default_payment_method: z.enum(['off', 'on_subscription']).optional() })
    .optional(),
  proration_behavior: prorationBehavior.optional(),
  trial_end: trialEnd.optional(),
  trial_period_days: integer.optional(),
});
export const updateParams = parameters<Stripe.SubscriptionUpdateParams>()({
  automatic_tax: automaticTax.optional(),
  billing_cycle_anchor: z.strictObject({ type: z.enum(['now', 'unchanged']) }).optional(),
  cancel_at: emptyable(cancelAt).optional(),
  cancel_at_period_end: flag.optional(),
  cancellation_details: details.optional(),
  collection_method: collection.optional(),
  days_until_due: integer.optional(),
  default_payment_method: emptyable(text).optional(),
  description: emptyable(text).optional(),
  discounts: emptyable(discountList).optional(),
  items: z.array(itemChange).optional(),
  metadata: metadata.optional(),
  off_session: flag.optional(),
  payment_behavior: paymentBehavior.default('allow_incomplete'),
  payment_settings: z
    .strictObject({ save_default_payment_method: z.enum(['off', 'on_subscription']).optional() })
    .optional(),
  proration_behavior: prorationBehavior.optional(),
  proration_date: integer.optional(),
  trial_end: trialEnd.optional(),
});
export const cancelParams = parameters<Stripe.SubscriptionCancelParams>()({
  cancellation_details: details.optional(),
  invoice_now: flag.optional(),
  prorate: flag.optional(),
});
export const listParams = parameters<Stripe.SubscriptionListParams>()({
  ...page,
  collection_method: collection.optional(),
  created: range.optional(),
  customer: text.optional(),
  price: text.optional(),
  status: z
    .enum([
      'active',
      'all',
      'canceled',
      'ended',
      'incomplete',
      'incomplete_expired',
      'past_due',
      'paused',
      'trialing',
      'unpaid',
    ])
    .optional(),
  test_clock: text.optional(),
});
