import type Stripe from 'stripe';
import { type Box, clockOf, customerNow, emit } from '../box';
import { priceTotal, prorate } from '../pricing';
import { decimalText, idOf, newObjectId, wireDecimal } from '../wire';
import { fullPrice, isMetered, modelOf, type Period, productName } from './lines';
import { usageBetween } from './usage';

type Side = { item: Stripe.SubscriptionItem; quantity: number };

type NewItem = {
  customer: string;
  amount: number;
  currency: string;
  description: string | null;
  period: Period;
  quantity: number;
  price: Stripe.Price | null;
  unitAmount: string | null;
  proration?: boolean;
  subscription?: string | null;
  subscriptionItem?: string | null;
  invoice?: string | null;
  discountable?: boolean;
  metadata?: Record<string, string>;
};

/** Writes an item that goes on an invoice: a given one, or the customer's next. */
export function createInvoiceItem(box: Box, fields: NewItem): Stripe.InvoiceItem {
  const at = customerNow(box, fields.customer);
  const item = {
    id: newObjectId('ii'),
    object: 'invoiceitem',
    amount: fields.amount,
    currency: fields.currency,
    customer: fields.customer,
    customer_account: null,
    date: at,
    description: fields.description,
    discountable: fields.discountable ?? true,
    discounts: [],
    invoice: fields.invoice ?? null,
    livemode: false,
    metadata: fields.metadata ?? {},
    net_amount: fields.amount,
    parent: fields.subscription
      ? {
          subscription_details: {
            subscription: fields.subscription,
            ...(fields.subscriptionItem && { subscription_item: fields.subscriptionItem }),
          },
          type: 'subscription_details',
        }
      : null,
    period: fields.period,
    pricing: {
      ...(fields.price && {
        price_details: { price: fields.price.id, product: idOf(fields.price.product) },
      }),
      type: 'price_details',
      unit_amount_decimal: fields.unitAmount === null ? null : wireDecimal(fields.unitAmount),
    },
    proration: fields.proration ?? false,
    quantity: fields.quantity,
    quantity_decimal: wireDecimal(String(fields.quantity)),
    tax_rates: [],
    test_clock: clockOf(box, fields.customer),
  } satisfies Stripe.InvoiceItem;
  box.store.put('invoice_items', item);
  emit(box, 'invoiceitem.created', item, { at });
  return item;
}

/** Items that wait for the next invoice of a subscription, or, with null, of a customer. */
export function pendingItems(box: Box, customer: string, subscription: string | null): Stripe.InvoiceItem[] {
  return box.store.where(
    'invoice_items',
    (item) =>
      item.invoice === null &&
      item.customer === customer &&
      (item.parent?.subscription_details?.subscription ?? null) === subscription,
  );
}

/**
 * What a change of an item in the middle of its period costs: the unused time of what it was goes back, the remaining time
 * of what it becomes is charged, to the second. Either side may be missing. A metered side is billed for what was counted.
 */
export function prorateChange(
  box: Box,
  customer: string,
  change: { before: Side | null; after: Side | null; at: number },
): void {
  const { before, after, at } = change;
  if (before) {
    const price = fullPrice(box, before.item.price);
    if (isMetered(price)) billUsage(box, customer, before.item, price, at);
    else sideItem(box, customer, before, -1, at);
  }
  if (after && !isMetered(fullPrice(box, after.item.price))) sideItem(box, customer, after, 1, at);
}

function sideItem(box: Box, customer: string, { item, quantity }: Side, sign: 1 | -1, at: number): void {
  const price = fullPrice(box, item.price);
  const { current_period_start: start, current_period_end: end } = item;
  const from = Math.min(Math.max(at, start), end);
  const amount = prorate(priceTotal(modelOf(price), quantity), end - from, end - start);
  const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' }).format(at * 1_000);
  createInvoiceItem(box, {
    customer,
    amount: sign * amount,
    currency: price.currency,
    description: `${sign < 0 ? 'Unused' : 'Remaining'} time on ${quantity} × ${productName(box, price)} after ${date}`,
    period: { start: from, end },
    quantity,
    price,
    unitAmount: price.unit_amount_decimal === null ? null : decimalText(price.unit_amount_decimal),
    proration: true,
    subscription: item.subscription,
    subscriptionItem: item.id,
  });
}

/** Bills what a meter has counted so far for an item that goes away or starts anew. */
export function billUsage(
  box: Box,
  customer: string,
  item: Stripe.SubscriptionItem,
  price: Stripe.Price,
  at: number,
): void {
  const period = { start: item.current_period_start, end: at };
  const quantity = usageBetween(box, price.recurring?.meter ?? '', customer, period.start, period.end);
  if (quantity === 0) return;
  createInvoiceItem(box, {
    customer,
    amount: priceTotal(modelOf(price), quantity),
    currency: price.currency,
    description: `Usage of ${quantity} × ${productName(box, price)}`,
    period,
    quantity,
    price,
    unitAmount: null,
    proration: true,
    subscription: item.subscription,
    subscriptionItem: item.id,
  });
}
