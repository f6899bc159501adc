import type Stripe from 'stripe';
import { type Box, customerNow, emit, find, now } from '../box';
import { invalidRequest } from '../errors';
import { priceTotal } from '../pricing';
import { idOf, newObjectId } from '../wire';
import { createDiscount, discountLines } from './discounts';
import { plainPrice } from './items';
import { fullPrice, isMetered, modelOf, productName, toLine } from './lines';
import { attachMethod, mustAuthenticate } from './payment-methods';
import { attemptPayment, openIntent, type PaymentResult } from './payments';
import { createSubscription, trialEndAfter } from './subscribe';

type Quote = {
  currency: string;
  subtotal: number;
  discount: number;
  total: number;
  lines: Stripe.LineItem[];
  /** Until when nothing is charged, or null. */
  trialEnd: number | null;
};

/** What a Checkout session comes to today, with the promotion code that was entered. */
export function quote(box: Box, sessionId: string, customer: string | null): Quote {
  const draft = find(box, 'checkout_drafts', sessionId);
  const at = customer ? customerNow(box, customer) : now(box);
  const trialEnd = draft.subscription.trialEnd ?? trialEndAfter(at, draft.subscription.trialDays);
  const rows = draft.items.map((item) => {
    const price = fullPrice(box, { id: item.price });
    const isFree = isMetered(price) || trialEnd !== null;
    const amount = isFree ? 0 : priceTotal(modelOf(price), item.quantity ?? 0);
    return { price, quantity: item.quantity, amount };
  });
  const [first] = rows;
  if (!first) throw invalidRequest('Missing required param: line_items.', 'line_items', 'parameter_missing');
  const currency = first.price.currency;
  if (rows.some(({ price }) => price.currency !== currency))
    throw invalidRequest('All prices must have the same currency.', 'line_items');
  const lines = rows.map(({ price, quantity, amount }) =>
    toLine('', {
      amount,
      currency,
      description: productName(box, price),
      quantity,
      unitAmount: null,
      price,
      period: { start: at, end: at },
      parent: null,
      subscription: null,
    }),
  );
  // Redeemed only to see what it takes off: a rehearsal leaves the code as it was.
  const discounted = box.store.rehearse(() =>
    discountLines(box, lines, discountOf(box, sessionId, customer, at)),
  );
  const items = discounted.lines.map((line, index) => {
    const row = rows[index] ?? first;
    const off = (line.discount_amounts ?? []).reduce((sum, one) => sum + one.amount, 0);
    return {
      id: newObjectId('li'),
      object: 'item',
      adjustable_quantity: null,
      amount_discount: off,
      amount_subtotal: line.amount,
      amount_tax: 0,
      amount_total: line.amount - off,
      currency,
      description: line.description,
      metadata: {},
      price: plainPrice(row.price),
      quantity: row.quantity,
    } satisfies Stripe.LineItem;
  });
  const subtotal = lines.reduce((sum, { amount }) => sum + amount, 0);
  const discount = discounted.totals.reduce((sum, { amount }) => sum + amount, 0);
  return { currency, subtotal, discount, total: subtotal - discount, lines: items, trialEnd };
}

function discountOf(box: Box, sessionId: string, customer: string | null, at: number): string[] {
  const { promotionCode, coupon } = find(box, 'checkout_drafts', sessionId);
  if (!promotionCode && !coupon) return [];
  const given = promotionCode ? { promotion_code: promotionCode } : { coupon: coupon ?? '' };
  return [createDiscount(box, given, { customer: customer ?? '', subscription: null, invoice: null, at })];
}

/** Enters a promotion code by what customers type, or takes it away with null. Throws for one that is not valid. */
export function applyPromotionCode(box: Box, session: Stripe.Checkout.Session, code: string | null): void {
  const draft = find(box, 'checkout_drafts', session.id);
  const found =
    code === null
      ? null
      : box.store
          .where('promotion_codes', (row) => row.active && row.code.toLowerCase() === code.toLowerCase())
          .at(-1);
  if (found === undefined) throw invalidRequest('This code is invalid.', 'promotion_code');
  box.store.put('checkout_drafts', { ...draft, promotionCode: found?.id ?? null });
  const customer = session.customer ? idOf(session.customer) : null;
  const sums = quote(box, session.id, customer);
  box.store.put('checkout_sessions', {
    ...session,
    amount_subtotal: sums.subtotal,
    amount_total: sums.total,
    discounts: found ? [{ coupon: null, promotion_code: found.id }] : [],
    line_items: {
      object: 'list',
      data: sums.lines,
      has_more: false,
      url: `/v1/checkout/sessions/${session.id}/line_items`,
    },
    total_details: { amount_discount: sums.discount, amount_shipping: 0, amount_tax: 0 },
  });
}

export type Completion =
  | { kind: 'complete' }
  | { kind: 'authenticate' }
  | { kind: 'declined'; message: string };

/**
 * Completes a session with a card: subscribes and charges. Nothing stays of it when the card
 * is declined or its owner must first prove that it is theirs.
 */
export function completeSession(
  box: Box,
  session: Stripe.Checkout.Session,
  payer: { method: string; email: string | null; name: string | null },
  isApproved: boolean,
): Completion {
  if (!isApproved && mustAuthenticate(box, payer.method)) return { kind: 'authenticate' };
  const customer = session.customer ? idOf(session.customer) : createPayer(box, payer);
  const method = attachMethod(box, payer.method, customer);
  const result = subscribe(box, session, customer, method.id, isApproved);
  if (result.payment?.kind === 'failed') {
    const { reason } = result.payment;
    return {
      kind: 'declined',
      message: reason.kind === 'declined' ? reason.message : 'This payment could not be completed.',
    };
  }
  const isPaid = result.total > 0;
  finish(box, session, customer, payer, {
    subscription: result.subscription,
    invoice: result.invoice,
    payment_status: isPaid ? 'paid' : 'no_payment_required',
  });
  return { kind: 'complete' };
}

function subscribe(
  box: Box,
  session: Stripe.Checkout.Session,
  customer: string,
  method: string,
  isApproved: boolean,
): { subscription: string; invoice: string; total: number; payment: PaymentResult | null } {
  const draft = find(box, 'checkout_drafts', session.id);
  const at = customerNow(box, customer);
  const { promotionCode, coupon } = draft;
  const { subscription, invoice } = createSubscription(box, {
    customer,
    items: draft.items.map(({ price, quantity }) => ({ price, quantity: quantity ?? undefined })),
    metadata: draft.subscription.metadata,
    description: draft.subscription.description,
    defaultPaymentMethod: method,
    trialEnd: draft.subscription.trialEnd ?? trialEndAfter(at, draft.subscription.trialDays),
    discounts: promotionCode ? [{ promotion_code: promotionCode }] : coupon ? [{ coupon }] : [],
    automaticTax: session.automatic_tax.enabled,
    checkoutSession: session.id,
  });
  const made = { subscription: subscription.id, invoice: invoice.id, total: invoice.total };
  if (invoice.status === 'paid') return { ...made, payment: null };
  openIntent(box, invoice);
  return { ...made, payment: attemptPayment(box, invoice.id, { method, presence: 'checkout', isApproved }) };
}

function finish(
  box: Box,
  session: Stripe.Checkout.Session,
  customerId: string,
  payer: { email: string | null; name: string | null },
  result: Pick<Stripe.Checkout.Session, 'subscription' | 'invoice' | 'payment_status'>,
): void {
  const customer = find(box, 'customers', customerId);
  const after: Stripe.Checkout.Session = {
    ...session,
    ...result,
    customer: customerId,
    customer_details: {
      address: customer.address ?? null,
      business_name: null,
      email: customer.email ?? payer.email,
      individual_name: null,
      name: customer.name ?? payer.name,
      phone: customer.phone ?? null,
      tax_exempt: 'none',
      tax_ids: [],
    },
    status: 'complete',
    url: null,
  };
  box.store.put('checkout_sessions', after);
  emit(box, 'checkout.session.completed', after, { at: customerNow(box, customerId) });
}

function createPayer(box: Box, payer: { email: string | null; name: string | null }): string {
  const at = now(box);
  const customer = {
    id: newObjectId('cus', 14),
    object: 'customer',
    balance: 0,
    created: at,
    default_source: null,
    description: null,
    email: payer.email,
    invoice_prefix: newObjectId('x', 8).slice(2).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: {},
    name: payer.name,
    next_invoice_sequence: 1,
    shipping: null,
    test_clock: null,
  } satisfies Stripe.Customer;
  box.store.put('customers', customer);
  emit(box, 'customer.created', customer, { at });
  return customer.id;
}
