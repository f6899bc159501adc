import type Stripe from 'stripe';
import { z } from 'zod';
import { find, now } from '../box';
import { isValid } from '../engine/discounts';
import { invalidRequest } from '../errors';
import { isWithin, listPage } from '../lists';
import { flag, integer, metadata, number, page, parameters, range, text } from '../params';
import { route } from '../router';
import { newObjectId } from '../wire';
import { mergeMetadata, onlyExpand } from './common';

const couponCreate = parameters<Stripe.CouponCreateParams>()({
  id: text.optional(),
  amount_off: integer.pipe(z.number().min(1)).optional(),
  applies_to: z.strictObject({ products: z.array(text).optional() }).optional(),
  currency: text.length(3).optional(),
  duration: z.enum(['forever', 'once', 'repeating']).default('once'),
  duration_in_months: integer.optional(),
  max_redemptions: integer.optional(),
  metadata: metadata.optional(),
  name: text.max(40).optional(),
  percent_off: number.pipe(z.number().gt(0).max(100)).optional(),
  redeem_by: integer.optional(),
});
const couponUpdate = parameters<Stripe.CouponUpdateParams>()({
  metadata: metadata.optional(),
  name: text.optional(),
});
const couponList = parameters<Stripe.CouponListParams>()({ ...page, created: range.optional() });
const codeCreate = parameters<Stripe.PromotionCodeCreateParams>()({
  promotion: z.strictObject({ type: z.literal('coupon'), coupon: text }),
  active: flag.default(true),
  code: text.regex(/^[\w-]+$/).optional(),
  customer: text.optional(),
  expires_at: integer.optional(),
  max_redemptions: integer.optional(),
  metadata: metadata.optional(),
});
const codeUpdate = parameters<Stripe.PromotionCodeUpdateParams>()({
  active: flag.optional(),
  metadata: metadata.optional(),
});
const codeList = parameters<Stripe.PromotionCodeListParams>()({
  ...page,
  active: flag.optional(),
  code: text.optional(),
  coupon: text.optional(),
  customer: text.optional(),
});

export const couponRoutes = [
  route('POST', '/v1/coupons', couponCreate, (box, params) => {
    if ((params.percent_off === undefined) === (params.amount_off === undefined))
      throw invalidRequest(
        'Must provide one of percent_off or amount_off',
        'percent_off',
        'parameter_missing',
      );
    if (params.amount_off !== undefined && !params.currency)
      throw invalidRequest(
        'Must provide currency when amount_off is provided',
        'currency',
        'parameter_missing',
      );
    if ((params.duration === 'repeating') !== (params.duration_in_months !== undefined))
      throw invalidRequest('duration_in_months belongs to a duration of repeating', 'duration_in_months');
    if (params.id && box.store.get('coupons', params.id))
      throw invalidRequest('Coupon already exists.', 'id', 'resource_already_exists');
    const coupon = {
      id: params.id ?? newObjectId('c', 8).slice(2),
      object: 'coupon',
      amount_off: params.amount_off ?? null,
      ...(params.applies_to?.products && { applies_to: { products: params.applies_to.products } }),
      created: now(box),
      currency: params.amount_off === undefined ? null : (params.currency ?? null),
      duration: params.duration,
      duration_in_months: params.duration_in_months ?? null,
      livemode: false,
      max_redemptions: params.max_redemptions ?? null,
      metadata: mergeMetadata(null, params.metadata),
      name: params.name ?? null,
      percent_off: params.percent_off ?? null,
      redeem_by: params.redeem_by ?? null,
      times_redeemed: 0,
      valid: true,
    } satisfies Stripe.Coupon;
    const written = { ...coupon, valid: isValid(coupon, now(box)) };
    box.store.put('coupons', written);
    return written;
  }),
  route('GET', '/v1/coupons', couponList, (box, params) =>
    listPage(
      box.store.where('coupons', ({ created }) => isWithin(created, params.created)),
      params,
      '/v1/coupons',
    ),
  ),
  route('GET', '/v1/coupons/:id', onlyExpand, (box, _, { id = '' }) => find(box, 'coupons', id)),
  route('POST', '/v1/coupons/:id', couponUpdate, (box, params, { id = '' }) => {
    const before = find(box, 'coupons', id);
    const after = {
      ...before,
      name: params.name ?? before.name,
      metadata: mergeMetadata(before.metadata, params.metadata),
    };
    box.store.put('coupons', after);
    return after;
  }),
  route('POST', '/v1/promotion_codes', codeCreate, (box, params) => {
    find(box, 'coupons', params.promotion.coupon, 'promotion[coupon]');
    if (params.customer) find(box, 'customers', params.customer, 'customer');
    const code = params.code ?? newObjectId('p', 8).slice(2).toUpperCase();
    const isTaken = box.store.where(
      'promotion_codes',
      (row) => row.active && row.code.toLowerCase() === code.toLowerCase(),
    );
    if (isTaken.length > 0)
      throw invalidRequest(
        'An active promotion code with this code already exists.',
        'code',
        'resource_already_exists',
      );
    const made = {
      id: newObjectId('promo'),
      object: 'promotion_code',
      active: params.active,
      code,
      created: now(box),
      customer: params.customer ?? null,
      customer_account: null,
      expires_at: params.expires_at ?? null,
      livemode: false,
      max_redemptions: params.max_redemptions ?? null,
      metadata: mergeMetadata(null, params.metadata),
      promotion: { coupon: params.promotion.coupon, type: 'coupon' },
      restrictions: { first_time_transaction: false, minimum_amount: null, minimum_amount_currency: null },
      times_redeemed: 0,
    } satisfies Stripe.PromotionCode;
    box.store.put('promotion_codes', made);
    return made;
  }),
  route('GET', '/v1/promotion_codes', codeList, (box, params) => {
    const rows = box.store.where(
      'promotion_codes',
      (row) =>
        (params.active === undefined || row.active === params.active) &&
        (params.code === undefined || row.code === params.code) &&
        (params.coupon === undefined || row.promotion.coupon === params.coupon) &&
        (params.customer === undefined || row.customer === params.customer),
    );
    return listPage(rows, params, '/v1/promotion_codes');
  }),
  route('GET', '/v1/promotion_codes/:id', onlyExpand, (box, _, { id = '' }) =>
    find(box, 'promotion_codes', id),
  ),
  route('POST', '/v1/promotion_codes/:id', codeUpdate, (box, params, { id = '' }) => {
    const before = find(box, 'promotion_codes', id);
    const after = {
      ...before,
      active: params.active ?? before.active,
      metadata: mergeMetadata(before.metadata, params.metadata),
    };
    box.store.put('promotion_codes', after);
    return after;
  }),
];
