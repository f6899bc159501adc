import type Stripe from 'stripe';
import { type Box, find } from '../box';
import { addIntervals } from '../calendar';
import { invalidRequest } from '../errors';
import { percentOf } from '../pricing';
import { idOf, newObjectId } from '../wire';

type Target = { customer: string; subscription: string | null; invoice: string | null; at: number };
type Given = { coupon?: string | undefined; promotion_code?: string | undefined };

/** Gives a coupon, or what a promotion code stands for, to a subscription or an invoice. Throws for one that is not valid. */
export function createDiscount(
  box: Box,
  given: Given,
  target: Target,
  session: string | null = null,
): string {
  const code = given.promotion_code
    ? find(box, 'promotion_codes', given.promotion_code, 'promotion_code')
    : null;
  if (code) assertRedeemable(code, target);
  const couponId = code?.promotion.coupon ? idOf(code.promotion.coupon) : given.coupon;
  if (!couponId) throw invalidRequest('A discount needs a coupon or a promotion_code.', 'discounts');
  const coupon = find(box, 'coupons', couponId, 'coupon');
  if (!isValid(coupon, target.at))
    throw invalidRequest(`Coupon expired: ${coupon.id}`, 'coupon', 'coupon_expired');
  const redeemed = { ...coupon, times_redeemed: coupon.times_redeemed + 1 };
  box.store.put('coupons', { ...redeemed, valid: isValid(redeemed, target.at) });
  if (code) box.store.put('promotion_codes', { ...code, times_redeemed: code.times_redeemed + 1 });
  const discount = {
    id: newObjectId('di'),
    object: 'discount',
    checkout_session: session,
    customer: target.customer,
    customer_account: null,
    end:
      coupon.duration === 'repeating'
        ? addIntervals(target.at, 'month', coupon.duration_in_months ?? 1)
        : null,
    invoice: target.invoice,
    invoice_item: null,
    promotion_code: code?.id ?? null,
    source: { coupon: coupon.id, type: 'coupon' },
    start: target.at,
    subscription: target.subscription,
    subscription_item: null,
  } satisfies Stripe.Discount;
  box.store.put('discounts', discount);
  return discount.id;
}

function assertRedeemable(code: Stripe.PromotionCode, { customer, at }: Target): void {
  const isOpen =
    code.active &&
    (code.expires_at === null || code.expires_at > at) &&
    (code.max_redemptions === null || code.times_redeemed < code.max_redemptions) &&
    (code.customer === null || idOf(code.customer) === customer);
  if (!isOpen)
    throw invalidRequest('This promotion code is not valid.', 'promotion_code', 'promotion_code_expired');
}

/** Whether a coupon can still be redeemed. */
export function isValid(coupon: Stripe.Coupon, at: number): boolean {
  return (
    (coupon.redeem_by === null || coupon.redeem_by > at) &&
    (coupon.max_redemptions === null || coupon.times_redeemed < coupon.max_redemptions)
  );
}

/** The discounts that still hold at a moment; one that holds once is used up by its first invoice. */
export function currentDiscounts(box: Box, ids: (string | { id: string })[], at: number): string[] {
  return ids.map(idOf).filter((id) => {
    const discount = box.store.get('discounts', id);
    return discount !== undefined && (discount.end === null || discount.end > at);
  });
}

/** The coupon behind a discount. */
export function couponOf(box: Box, discountId: string): Stripe.Coupon {
  const coupon = find(box, 'discounts', discountId).source.coupon;
  return find(box, 'coupons', coupon ? idOf(coupon) : '');
}

type Discounted = {
  lines: Stripe.InvoiceLineItem[];
  totals: { amount: number; discount: string }[];
};

/**
 * Takes discounts off lines: a percentage of each, rounded half up; a fixed amount from the first lines that have
 * something to take it from, and never more than the lines come to.
 */
export function discountLines(box: Box, lines: Stripe.InvoiceLineItem[], discounts: string[]): Discounted {
  const totals: Discounted['totals'] = [];
  let current = lines.map((line) => ({
    ...line,
    discount_amounts: [] as Stripe.InvoiceLineItem.DiscountAmount[],
  }));
  for (const discount of discounts) {
    const coupon = couponOf(box, discount);
    let left = coupon.amount_off ?? 0;
    let total = 0;
    current = current.map((line) => {
      if (!line.discountable || !appliesTo(coupon, line)) return line;
      const rest = line.amount - line.discount_amounts.reduce((sum, { amount }) => sum + amount, 0);
      const amount =
        coupon.percent_off !== null ? percentOf(rest, coupon.percent_off) : Math.max(0, Math.min(left, rest));
      left -= amount;
      total += amount;
      return amount === 0
        ? line
        : { ...line, discount_amounts: [...line.discount_amounts, { amount, discount }] };
    });
    totals.push({ amount: total, discount });
  }
  return { lines: current, totals };
}

function appliesTo(coupon: Stripe.Coupon, line: Stripe.InvoiceLineItem): boolean {
  const products = coupon.applies_to?.products;
  if (!products?.length) return true;
  const product = line.pricing?.price_details?.product;
  return product !== undefined && products.includes(product);
}
