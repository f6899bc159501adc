import type Stripe from 'stripe';
import { z } from 'zod';
import { decimal, emptyable, flag, integer, metadata, page, parameters, range, text } from '../params';

const tier = z.strictObject({
  up_to: z.union([z.literal('inf'), integer]),
  unit_amount: integer.optional(),
  unit_amount_decimal: decimal.optional(),
  flat_amount: integer.optional(),
  flat_amount_decimal: decimal.optional(),
});
const intervals = z.enum(['day', 'week', 'month', 'year']);
const taxBehavior = z.enum(['exclusive', 'inclusive', 'unspecified']);

export const createParams = parameters<Stripe.PriceCreateParams>()({
  currency: text.length(3).toLowerCase(),
  active: flag.default(true),
  billing_scheme: z.enum(['per_unit', 'tiered']).default('per_unit'),
  lookup_key: text.max(200).optional(),
  metadata: metadata.optional(),
  nickname: text.optional(),
  product: text.optional(),
  product_data: z.strictObject({ id: text.optional(), name: text, metadata: metadata.optional() }).optional(),
  recurring: z
    .strictObject({
      interval: intervals,
      interval_count: integer.pipe(z.number().min(1).max(1_095)).default(1),
      meter: text.optional(),
      usage_type: z.enum(['licensed', 'metered']).default('licensed'),
    })
    .optional(),
  tax_behavior: taxBehavior.default('unspecified'),
  tiers: z.array(tier).optional(),
  tiers_mode: z.enum(['graduated', 'volume']).optional(),
  transfer_lookup_key: flag.default(false),
  transform_quantity: z.strictObject({ divide_by: integer, round: z.enum(['up', 'down']) }).optional(),
  unit_amount: integer.optional(),
  unit_amount_decimal: decimal.optional(),
});
export const updateParams = parameters<Stripe.PriceUpdateParams>()({
  active: flag.optional(),
  lookup_key: emptyable(text.max(200)).optional(),
  metadata: metadata.optional(),
  nickname: emptyable(text).optional(),
  tax_behavior: taxBehavior.optional(),
  transfer_lookup_key: flag.default(false),
});
export const listParams = parameters<Stripe.PriceListParams>()({
  ...page,
  active: flag.optional(),
  created: range.optional(),
  currency: text.optional(),
  lookup_keys: z.array(text).max(10).optional(),
  product: text.optional(),
  recurring: z
    .strictObject({
      interval: intervals.optional(),
      meter: text.optional(),
      usage_type: z.enum(['licensed', 'metered']).optional(),
    })
    .optional(),
  type: z.enum(['one_time', 'recurring']).optional(),
});
