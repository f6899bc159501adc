import type Stripe from 'stripe';
import { type Box, find } from '../box';
import { multiply, type PricedLine, type PriceModel, priceLines } from '../pricing';
import { decimalText, idOf, newObjectId, wireDecimal } from '../wire';

/** How a price counts. */
export function modelOf(price: Stripe.Price): PriceModel {
  if (price.billing_scheme === 'tiered')
    return {
      kind: price.tiers_mode === 'volume' ? 'volume' : 'graduated',
      tiers: (price.tiers ?? []).map((tier) => ({
        upTo: tier.up_to,
        unitAmount: tier.unit_amount_decimal === null ? '0' : decimalText(tier.unit_amount_decimal),
        flatAmount: tier.flat_amount_decimal === null ? '0' : decimalText(tier.flat_amount_decimal),
      })),
    };
  const { transform_quantity: transform } = price;
  return {
    kind: 'per_unit',
    unitAmount: price.unit_amount_decimal === null ? '0' : decimalText(price.unit_amount_decimal),
    package: transform && { divideBy: transform.divide_by, round: transform.round === 'up' ? 'up' : 'down' },
  };
}

/** A price as it stands in the catalogue, with its tiers: those inside of subscriptions have none. */
export function fullPrice(box: Box, price: { id: string }): Stripe.Price {
  return find(box, 'prices', price.id, 'price');
}

/** Whether a price bills what a meter has counted. */
export function isMetered(price: Stripe.Price): boolean {
  return price.recurring?.usage_type === 'metered';
}

export type Period = { start: number; end: number };

type LineFields = {
  amount: number;
  currency: string;
  description: string | null;
  quantity: number | null;
  unitAmount: string | null;
  price: Stripe.Price | null;
  period: Period;
  parent: Stripe.InvoiceLineItem['parent'];
  subscription: string | null;
  discountable?: boolean;
  metadata?: Record<string, string>;
};

/** A line of an invoice, before discounts. */
export function toLine(invoice: string, fields: LineFields): Stripe.InvoiceLineItem {
  return {
    id: newObjectId('il'),
    object: 'line_item',
    amount: fields.amount,
    currency: fields.currency,
    description: fields.description,
    discount_amounts: [],
    discountable: fields.discountable ?? true,
    discounts: [],
    invoice,
    livemode: false,
    metadata: fields.metadata ?? {},
    parent: fields.parent,
    period: fields.period,
    pretax_credit_amounts: [],
    pricing:
      fields.price || fields.unitAmount !== null
        ? {
            ...(fields.price && {
              price_details: { price: fields.price.id, product: idOf(fields.price.product) },
            }),
            type: 'price_details',
            unit_amount_decimal: fields.unitAmount === null ? null : wireDecimal(fields.unitAmount),
          }
        : null,
    quantity: fields.quantity,
    quantity_decimal: fields.quantity === null ? null : wireDecimal(String(fields.quantity)),
    subscription: fields.subscription,
    subtotal: fields.amount,
    taxes: [],
  } satisfies Stripe.InvoiceLineItem;
}

/** The lines of a subscription's item for a period: one for each tier that the quantity reaches. */
export function itemLines(
  box: Box,
  invoice: string,
  item: Stripe.SubscriptionItem,
  quantity: number,
  period: Period,
): Stripe.InvoiceLineItem[] {
  const price = fullPrice(box, item.price);
  const name = productName(box, price);
  return priceLines(modelOf(price), quantity).map((line) =>
    toLine(invoice, {
      amount: line.amount,
      currency: price.currency,
      description: describe(name, line, price),
      quantity: line.quantity,
      unitAmount: line.unitAmount,
      price,
      period,
      parent: itemParent(item, null),
      subscription: item.subscription,
      metadata: item.metadata,
    }),
  );
}

/** A line for an item whose trial it is: nothing to pay. */
export function trialLine(
  box: Box,
  invoice: string,
  item: Stripe.SubscriptionItem,
  period: Period,
): Stripe.InvoiceLineItem {
  const price = fullPrice(box, item.price);
  return toLine(invoice, {
    amount: 0,
    currency: price.currency,
    description: `Trial period for ${productName(box, price)}`,
    quantity: item.quantity ?? 0,
    unitAmount: '0',
    price,
    period,
    parent: itemParent(item, null),
    subscription: item.subscription,
  });
}

/** The line of an invoice item, such as a proration. */
export function lineOfInvoiceItem(
  box: Box,
  invoice: string,
  item: Stripe.InvoiceItem,
): Stripe.InvoiceLineItem {
  const owner = item.parent?.subscription_details ?? null;
  const price = item.pricing?.price_details
    ? fullPrice(box, { id: idOf(item.pricing.price_details.price) })
    : null;
  const unit = item.pricing?.unit_amount_decimal ?? null;
  return toLine(invoice, {
    amount: item.amount,
    currency: item.currency,
    description: item.description,
    quantity: item.quantity,
    unitAmount: unit === null ? null : decimalText(unit),
    price,
    period: item.period,
    parent: owner?.subscription_item
      ? {
          invoice_item_details: null,
          subscription_item_details: {
            invoice_item: item.id,
            proration: item.proration,
            proration_details: { credited_items: null },
            subscription: owner.subscription,
            subscription_item: owner.subscription_item,
          },
          type: 'subscription_item_details',
        }
      : {
          invoice_item_details: {
            invoice_item: item.id,
            proration: item.proration,
            proration_details: { credited_items: null },
            subscription: owner?.subscription ?? null,
          },
          subscription_item_details: null,
          type: 'invoice_item_details',
        },
    subscription: owner?.subscription ?? null,
    discountable: item.discountable,
    metadata: item.metadata ?? {},
  });
}

/** The amount of an invoice item that is so many of a one-time price. */
export function oneTimeAmount(unitAmount: string, quantity: number): number {
  return multiply(unitAmount, quantity);
}

/** What a price's product is called. */
export function productName(box: Box, price: Stripe.Price): string {
  return box.store.get('products', idOf(price.product))?.name ?? 'Product';
}

function itemParent(
  item: Stripe.SubscriptionItem,
  invoiceItem: string | null,
): Stripe.InvoiceLineItem.Parent {
  return {
    invoice_item_details: null,
    subscription_item_details: {
      invoice_item: invoiceItem,
      proration: false,
      proration_details: { credited_items: null },
      subscription: item.subscription,
      subscription_item: item.id,
    },
    type: 'subscription_item_details',
  };
}

function describe(name: string, line: PricedLine, price: Stripe.Price): string {
  const amount = `${money(line.unitAmount, price.currency)} / ${every(price)}`;
  if (line.isFlatFee) return `${name} (Tier ${line.tier} flat fee at ${amount})`;
  const tier = line.tier === null ? '' : `Tier ${line.tier} `;
  return `${line.quantity} × ${name} (${tier}at ${amount})`;
}

/** Every how long a price is billed, such as `month` or `3 months`. */
export function every(price: Stripe.Price): string {
  const { interval, interval_count: count } = price.recurring ?? { interval: 'once', interval_count: 1 };
  return count === 1 ? interval : `${count} ${interval}s`;
}

const ZERO_DECIMAL = new Set([
  'bif',
  'clp',
  'djf',
  'gnf',
  'jpy',
  'kmf',
  'krw',
  'mga',
  'pyg',
  'rwf',
  'ugx',
  'vnd',
  'vuv',
  'xaf',
  'xof',
  'xpf',
]);

/** An amount in minor units, or a decimal of them, as one reads it: `$12.34`, `$0.005`. */
export function money(minor: number | string, currency: string): string {
  const places = ZERO_DECIMAL.has(currency) ? 0 : 2;
  const value = Number(minor) / 10 ** places;
  return new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency: currency.toUpperCase(),
    minimumFractionDigits: places,
    maximumFractionDigits: typeof minor === 'string' ? 12 : places,
  }).format(value);
}
