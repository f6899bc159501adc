import type Stripe from 'stripe';
import { z } from 'zod';
import { flag, integer, metadata, page, parameters, range, text } from '../params';
import { isWebAddress } from '../wire';

const address = text
  .max(5_000)
  .refine((value) => isWebAddress(value.replaceAll('{CHECKOUT_SESSION_ID}', 'id')), 'not a valid URL');

export const createParams = parameters<Stripe.Checkout.SessionCreateParams>()({
  allow_promotion_codes: flag.optional(),
  automatic_tax: z.strictObject({ enabled: flag }).optional(),
  billing_address_collection: z.enum(['auto', 'required']).optional(),
  cancel_url: address.optional(),
  client_reference_id: text.max(200).optional(),
  currency: text.optional(),
  customer: text.optional(),
  customer_creation: z.enum(['always', 'if_required']).optional(),
  customer_email: text.optional(),
  customer_update: z
    .strictObject({
      address: z.enum(['auto', 'never']).optional(),
      name: z.enum(['auto', 'never']).optional(),
      shipping: z.enum(['auto', 'never']).optional(),
    })
    .optional(),
  discounts: z.array(z.strictObject({ coupon: text.optional(), promotion_code: text.optional() })).optional(),
  expires_at: integer.optional(),
  line_items: z
    .array(
      z.strictObject({
        price: text,
        quantity: integer.pipe(z.number().min(1).max(1_000_000)).optional(),
        adjustable_quantity: z
          .strictObject({ enabled: flag, minimum: integer.optional(), maximum: integer.optional() })
          .optional(),
      }),
    )
    .max(20)
    .optional(),
  locale: text.optional(),
  metadata: metadata.optional(),
  mode: z.enum(['subscription']),
  payment_method_collection: z.enum(['always', 'if_required']).optional(),
  return_url: address.optional(),
  subscription_data: z
    .strictObject({
      billing_mode: z
        .strictObject({ type: z.literal('flexible'), flexible: z.record(z.string(), z.string()).optional() })
        .optional(),
      description: text.optional(),
      metadata: metadata.optional(),
      proration_behavior: z.enum(['create_prorations', 'none']).optional(),
      trial_end: integer.optional(),
      trial_period_days: integer.optional(),
    })
    .optional(),
  success_url: address.optional(),
  tax_id_collection: z
    .strictObject({ enabled: flag, required: z.enum(['if_supported', 'never']).optional() })
    .optional(),
  ui_mode: z.enum(['hosted_page', 'embedded_page']).default('hosted_page'),
});
export const updateParams = parameters<Stripe.Checkout.SessionUpdateParams>()({
  metadata: metadata.optional(),
});
export const listParams = parameters<Stripe.Checkout.SessionListParams>()({
  ...page,
  created: range.optional(),
  customer: text.optional(),
  status: z.enum(['open', 'complete', 'expired']).optional(),
  subscription: text.optional(),
});
export const linesParams = parameters<Stripe.Checkout.SessionListLineItemsParams>()(page);
