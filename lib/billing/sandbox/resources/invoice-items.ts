import type Stripe from 'stripe';
import { z } from 'zod';
import { type Box, customerNow, emit, find, now } from '../box';
import { withLines } from '../engine/invoices';
import { lineOfInvoiceItem } from '../engine/lines';
import { createInvoiceItem } from '../engine/proration';
import { saveInvoice } from '../engine/save';
import { invalidRequest } from '../errors';
import { isWithin, listPage } from '../lists';
import { decimal, emptyable, flag, integer, metadata, page, parameters, range, text } from '../params';
import { multiply } from '../pricing';
import { route } from '../router';
import { decimalText, idOf, newObjectId, wireDecimal } from '../wire';
import { mergeMetadata, onlyExpand } from './common';

const period = z.strictObject({ start: integer, end: integer });
const quantity = integer.pipe(z.number().min(0)).optional();
const createParams = parameters<Stripe.InvoiceItemCreateParams>()({
  customer: text,
  amount: integer.optional(),
  currency: text.length(3).toLowerCase().optional(),
  description: text.optional(),
  discountable: flag.optional(),
  invoice: text.optional(),
  metadata: metadata.optional(),
  period: period.optional(),
  price_data: z
    .strictObject({
      currency: text,
      product: text,
      tax_behavior: text.optional(),
      unit_amount: integer.optional(),
      unit_amount_decimal: decimal.optional(),
    })
    .optional(),
  pricing: z.strictObject({ price: text }).optional(),
  quantity,
  subscription: text.optional(),
  unit_amount_decimal: decimal.optional(),
});
const updateParams = parameters<Stripe.InvoiceItemUpdateParams>()({
  amount: integer.optional(),
  description: emptyable(text).optional(),
  discountable: flag.optional(),
  metadata: metadata.optional(),
  period: period.optional(),
  quantity,
});
const listParams = parameters<Stripe.InvoiceItemListParams>()({
  ...page,
  created: range.optional(),
  customer: text.optional(),
  invoice: text.optional(),
  pending: flag.optional(),
});

type CreateParams = z.infer<typeof createParams>;
type Priced = { price: Stripe.Price | null; unit: string; currency: string };

/** What one unit costs: from a price of the catalogue, from one made up for this item, or given alone. */
function unitOf(box: Box, params: CreateParams, fallbackCurrency: string): Priced | null {
  const { pricing, price_data: data } = params;
  if (pricing) {
    const price = find(box, 'prices', pricing.price, 'pricing[price]');
    if (price.recurring)
      throw invalidRequest(
        'The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.',
        'pricing[price]',
      );
    return { price, unit: String(price.unit_amount_decimal ?? '0'), currency: price.currency };
  }
  if (data) {
    const unit =
      data.unit_amount_decimal ?? (data.unit_amount === undefined ? null : String(data.unit_amount));
    if (unit === null)
      throw invalidRequest(
        'Missing required param: price_data[unit_amount].',
        'price_data[unit_amount]',
        'parameter_missing',
      );
    return { price: madeUpPrice(box, data.product, data.currency, unit), unit, currency: data.currency };
  }
  const unit = params.unit_amount_decimal;
  return unit === undefined ? null : { price: null, unit, currency: params.currency ?? fallbackCurrency };
}

/** Stripe keeps a price that was given in place, as one that nobody can use again. */
function madeUpPrice(box: Box, product: string, currency: string, unit: string): Stripe.Price {
  find(box, 'products', product, 'price_data[product]');
  const price = {
    id: newObjectId('price'),
    object: 'price',
    active: false,
    billing_scheme: 'per_unit',
    created: now(box),
    currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: null,
    metadata: {},
    nickname: null,
    product,
    recurring: null,
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: 'one_time',
    unit_amount: unit.includes('.') ? null : Number(unit),
    unit_amount_decimal: wireDecimal(unit),
  } satisfies Stripe.Price;
  box.store.put('prices', price);
  return price;
}

function create(box: Box, params: CreateParams): Stripe.InvoiceItem {
  const customer = find(box, 'customers', params.customer, 'customer');
  const invoice = params.invoice ? editable(box, params.invoice) : null;
  if (invoice && invoice.customer !== customer.id)
    throw invalidRequest('The invoice belongs to another customer.', 'invoice');
  if (params.subscription) find(box, 'subscriptions', params.subscription, 'subscription');
  const currency = params.currency ?? invoice?.currency ?? customer.currency ?? 'usd';
  const priced = unitOf(box, params, currency);
  if (!priced && params.amount === undefined)
    throw invalidRequest(
      'You must pass one of `amount`, `pricing`, `price_data` or `unit_amount_decimal`.',
      'amount',
      'parameter_missing',
    );
  if (priced && params.amount !== undefined)
    throw invalidRequest('You may only specify one of these parameters: amount, pricing.', 'amount');
  const count = params.quantity ?? 1;
  if (invoice && invoice.currency !== (priced?.currency ?? currency))
    throw invalidRequest(`The invoice is in ${invoice.currency}.`, 'currency');
  const at = customerNow(box, customer.id);
  const item = createInvoiceItem(box, {
    customer: customer.id,
    amount: priced ? multiply(priced.unit, count) : (params.amount ?? 0),
    currency: priced?.currency ?? currency,
    description: params.description ?? (priced?.price ? nameOf(box, priced.price) : null),
    period: params.period ?? { start: at, end: at },
    quantity: priced ? count : 1,
    price: priced?.price ?? null,
    unitAmount: priced?.unit ?? String(params.amount ?? 0),
    subscription: params.subscription ?? null,
    invoice: invoice?.id ?? null,
    discountable: params.discountable ?? true,
    metadata: mergeMetadata(null, params.metadata),
  });
  if (invoice)
    saveInvoice(
      box,
      invoice,
      withLines(box, invoice, [...invoice.lines.data, lineOfInvoiceItem(box, invoice.id, item)]),
    );
  return item;
}

function nameOf(box: Box, price: Stripe.Price): string | null {
  return box.store.get('products', idOf(price.product))?.name ?? null;
}

function editable(box: Box, id: string): Stripe.Invoice {
  const invoice = find(box, 'invoices', id, 'invoice');
  if (invoice.status !== 'draft')
    throw invalidRequest(
      'The specified invoice is not a draft: its items can no longer be changed.',
      'invoice',
      'invoice_not_editable',
    );
  return invoice;
}

/** Puts an item's line anew, or with null takes it off its invoice. */
function redraw(box: Box, before: Stripe.InvoiceItem, after: Stripe.InvoiceItem | null): void {
  if (before.invoice === null) return;
  const invoice = editable(box, idOf(before.invoice));
  const lines = invoice.lines.data.flatMap((line) => {
    const own =
      line.parent?.invoice_item_details?.invoice_item ?? line.parent?.subscription_item_details?.invoice_item;
    if (own !== before.id) return [line];
    return after ? [{ ...lineOfInvoiceItem(box, invoice.id, after), id: line.id }] : [];
  });
  saveInvoice(box, invoice, withLines(box, invoice, lines));
}

export const invoiceItemRoutes = [
  route('POST', '/v1/invoiceitems', createParams, create),
  route('GET', '/v1/invoiceitems', listParams, (box, params) => {
    const rows = box.store.where(
      'invoice_items',
      (row) =>
        (params.customer === undefined || row.customer === params.customer) &&
        (params.invoice === undefined || row.invoice === params.invoice) &&
        (params.pending === undefined || (row.invoice === null) === params.pending) &&
        isWithin(row.date, params.created),
    );
    return listPage(rows, params, '/v1/invoiceitems');
  }),
  route('GET', '/v1/invoiceitems/:id', onlyExpand, (box, _, { id = '' }) => find(box, 'invoice_items', id)),
  route('POST', '/v1/invoiceitems/:id', updateParams, (box, params, { id = '' }) => {
    const before = find(box, 'invoice_items', id);
    const count = params.quantity ?? before.quantity;
    const unit = before.pricing?.unit_amount_decimal;
    const repriced =
      params.quantity !== undefined && unit ? multiply(decimalText(unit), count) : before.amount;
    const after: Stripe.InvoiceItem = {
      ...before,
      amount: params.amount ?? repriced,
      net_amount: params.amount ?? repriced,
      description: params.description === undefined ? before.description : params.description,
      discountable: params.discountable ?? before.discountable,
      metadata: mergeMetadata(before.metadata, params.metadata),
      period: params.period ?? before.period,
      quantity: count,
      quantity_decimal: wireDecimal(String(count)),
    };
    redraw(box, before, after);
    box.store.put('invoice_items', after);
    return after;
  }),
  route('DELETE', '/v1/invoiceitems/:id', onlyExpand, (box, _, { id = '' }) => {
    const item = find(box, 'invoice_items', id);
    redraw(box, item, null);
    box.store.remove('invoice_items', id);
    emit(box, 'invoiceitem.deleted', item, { at: customerNow(box, idOf(item.customer)) });
    return { id, object: 'invoiceitem', deleted: true } satisfies Stripe.DeletedInvoiceItem;
  }),
];
