import type Stripe from 'stripe';
import { z } from 'zod';
import { type Box, customerNow, emit, find } from '../box';
import { createDiscount } from '../engine/discounts';
import { createInvoice, finalizeInvoice, withLines } from '../engine/invoices';
import { attachMethod } from '../engine/payment-methods';
import { attemptPayment, openIntent, paymentFailure } from '../engine/payments';
import { pendingItems } from '../engine/proration';
import { customerOf, saveInvoice, subscriptionOf } from '../engine/save';
import { closeInvoice, settlePaid } from '../engine/settle';
import { invalidRequest } from '../errors';
import { isWithin, listPage } from '../lists';
import { emptyable, flag, integer, metadata, page, parameters, range, text } from '../params';
import { route } from '../router';
import { mergeMetadata, onlyExpand } from './common';
import { discountList } from './subscription-params';

const collection = z.enum(['charge_automatically', 'send_invoice']);
const createParams = parameters<Stripe.InvoiceCreateParams>()({
  customer: text,
  auto_advance: flag.optional(),
  automatic_tax: z.strictObject({ enabled: flag }).optional(),
  collection_method: collection.default('charge_automatically'),
  currency: text.length(3).optional(),
  days_until_due: integer.optional(),
  default_payment_method: text.optional(),
  description: text.optional(),
  discounts: emptyable(discountList).optional(),
  due_date: integer.optional(),
  footer: text.optional(),
  metadata: metadata.optional(),
  pending_invoice_items_behavior: z.enum(['exclude', 'include']).default('exclude'),
  subscription: text.optional(),
});
const updateParams = parameters<Stripe.InvoiceUpdateParams>()({
  auto_advance: flag.optional(),
  automatically_finalizes_at: integer.optional(),
  days_until_due: integer.optional(),
  default_payment_method: emptyable(text).optional(),
  description: emptyable(text).optional(),
  due_date: integer.optional(),
  footer: emptyable(text).optional(),
  metadata: metadata.optional(),
});
const listParams = parameters<Stripe.InvoiceListParams>()({
  ...page,
  collection_method: collection.optional(),
  created: range.optional(),
  customer: text.optional(),
  due_date: range.optional(),
  status: z.enum(['draft', 'open', 'paid', 'uncollectible', 'void']).optional(),
  subscription: text.optional(),
});
const finalizeParams = parameters<Stripe.InvoiceFinalizeInvoiceParams>()({ auto_advance: flag.optional() });
const payParams = parameters<Stripe.InvoicePayParams>()({
  off_session: flag.default(true),
  paid_out_of_band: flag.optional(),
  payment_method: text.optional(),
});
const linesParams = parameters<Stripe.InvoiceListLineItemsParams>()(page);
function create(box: Box, params: z.infer<typeof createParams>): Stripe.Invoice {
  const customer = find(box, 'customers', params.customer, 'customer');
  const at = customerNow(box, customer.id);
  const isSent = params.collection_method === 'send_invoice';
  if (isSent && params.days_until_due === undefined && params.due_date === undefined)
    throw invalidRequest(
      'If `collection_method` is `send_invoice`, you must also pass `days_until_due` or `due_date`.',
      'days_until_due',
    );
  if (!isSent && (params.days_until_due !== undefined || params.due_date !== undefined))
    throw invalidRequest(
      'You can only set a due date when `collection_method` is `send_invoice`.',
      'days_until_due',
    );
  const subscription = params.subscription
    ? find(box, 'subscriptions', params.subscription, 'subscription')
    : null;
  const discounts = (params.discounts ?? []).map((given) =>
    createDiscount(box, given, { customer: customer.id, subscription: null, invoice: null, at }),
  );
  const items =
    subscription || params.pending_invoice_items_behavior === 'include'
      ? pendingItems(box, customer.id, subscription?.id ?? null)
      : [];
  if (subscription && items.length === 0)
    throw invalidRequest(
      'Nothing to invoice for subscription',
      'subscription',
      'invoice_no_subscription_line_items',
    );
  return createInvoice(box, {
    customer: customer.id,
    currency: params.currency ?? items[0]?.currency ?? customer.currency ?? 'usd',
    reason: 'manual',
    period: { start: at, end: at },
    subscription,
    items,
    discounts,
    collectionMethod: params.collection_method,
    daysUntilDue: params.days_until_due ?? null,
    dueDate: params.due_date ?? null,
    autoAdvance: params.auto_advance ?? false,
    finalizesAt: params.auto_advance ? at + 3_600 : null,
    description: params.description ?? null,
    footer: params.footer ?? null,
    defaultPaymentMethod: params.default_payment_method ?? null,
    metadata: mergeMetadata(null, params.metadata),
    automaticTax: params.automatic_tax?.enabled ?? false,
  });
}

function assertOpen(invoice: Stripe.Invoice, verb: string): void {
  if (invoice.status === 'paid')
    throw invalidRequest('Invoice is already paid', undefined, 'invoice_already_paid');
  if (invoice.status !== 'open' && invoice.status !== 'uncollectible')
    throw invalidRequest(
      `You can only ${verb} an open or uncollectible invoice; this one is ${invoice.status}.`,
    );
}

function pay(box: Box, params: z.infer<typeof payParams>, id: string): Stripe.Invoice {
  const found = find(box, 'invoices', id);
  const invoice = found.status === 'draft' ? finalizeInvoice(box, id) : found;
  if (found.status === 'draft' && invoice.status === 'paid') return invoice;
  assertOpen(invoice, 'pay');
  if (params.paid_out_of_band) return settlePaid(box, invoice, { outOfBand: true });
  const customer = customerOf(invoice);
  const method = params.payment_method
    ? attachMethod(box, params.payment_method, customer, 'payment_method').id
    : undefined;
  const result = attemptPayment(box, id, {
    method,
    presence: params.off_session ? 'off_session' : 'on_session',
  });
  if (result.kind === 'failed') throw paymentFailure(result, true);
  return result.invoice;
}

function update(box: Box, params: z.infer<typeof updateParams>, id: string): Stripe.Invoice {
  const before = find(box, 'invoices', id);
  const isDraft = before.status === 'draft';
  if (!isDraft && (params.days_until_due !== undefined || params.due_date !== undefined))
    throw invalidRequest(
      'Finalized invoices can’t be updated in this way',
      'due_date',
      'invoice_not_editable',
    );
  const dueDate =
    params.due_date ??
    (params.days_until_due === undefined ? before.due_date : before.created + params.days_until_due * 86_400);
  return saveInvoice(box, before, {
    ...before,
    auto_advance: params.auto_advance ?? before.auto_advance ?? false,
    ...(isDraft &&
      params.auto_advance && { automatically_finalizes_at: customerNow(box, customerOf(before)) + 3_600 }),
    ...(isDraft &&
      params.automatically_finalizes_at !== undefined && {
        automatically_finalizes_at: params.automatically_finalizes_at,
      }),
    ...(params.default_payment_method !== undefined && {
      default_payment_method: params.default_payment_method,
    }),
    ...(params.description !== undefined && { description: params.description }),
    ...(params.footer !== undefined && { footer: params.footer }),
    due_date: dueDate,
    metadata: mergeMetadata(before.metadata, params.metadata),
  });
}

export const invoiceRoutes = [
  route('POST', '/v1/invoices', createParams, create),
  route('GET', '/v1/invoices', listParams, (box, params) => {
    const rows = box.store.where(
      'invoices',
      (row) =>
        (params.customer === undefined || row.customer === params.customer) &&
        (params.status === undefined || row.status === params.status) &&
        (params.subscription === undefined || subscriptionOf(row) === params.subscription) &&
        (params.collection_method === undefined || row.collection_method === params.collection_method) &&
        isWithin(row.created, params.created) &&
        isWithin(row.due_date, params.due_date),
    );
    return listPage(rows, params, '/v1/invoices');
  }),
  route('GET', '/v1/invoices/:id', onlyExpand, (box, _, { id = '' }) => find(box, 'invoices', id)),
  route('POST', '/v1/invoices/:id', updateParams, (box, params, { id = '' }) => update(box, params, id)),
  route('DELETE', '/v1/invoices/:id', onlyExpand, (box, _, { id = '' }) => {
    const invoice = find(box, 'invoices', id);
    if (invoice.status !== 'draft' || subscriptionOf(invoice) !== null)
      throw invalidRequest('You can only delete draft invoices that belong to no subscription.');
    for (const item of box.store.where('invoice_items', (row) => row.invoice === id))
      box.store.remove('invoice_items', item.id);
    box.store.remove('invoices', id);
    emit(box, 'invoice.deleted', invoice, { at: customerNow(box, customerOf(invoice)) });
    return { id, object: 'invoice', deleted: true } satisfies Stripe.DeletedInvoice;
  }),
  route('POST', '/v1/invoices/:id/finalize', finalizeParams, (box, params, { id = '' }) => {
    const draft = find(box, 'invoices', id);
    if (draft.lines.data.length === 0 && draft.status === 'draft')
      box.store.put('invoices', withLines(box, draft, []));
    if (params.auto_advance !== undefined)
      box.store.put('invoices', { ...find(box, 'invoices', id), auto_advance: params.auto_advance });
    const invoice = finalizeInvoice(box, id);
    if (invoice.status === 'open') openIntent(box, invoice);
    if (invoice.auto_advance) box.wakeClocks();
    return invoice;
  }),
  route('POST', '/v1/invoices/:id/pay', payParams, (box, params, { id = '' }) => pay(box, params, id)),
  route('POST', '/v1/invoices/:id/send', onlyExpand, (box, _, { id = '' }) => {
    const found = find(box, 'invoices', id);
    const invoice = found.status === 'draft' ? finalizeInvoice(box, id) : found;
    emit(box, 'invoice.sent', invoice, { at: customerNow(box, customerOf(invoice)) });
    return invoice;
  }),
  route('POST', '/v1/invoices/:id/void', onlyExpand, (box, _, { id = '' }) => {
    assertOpen(find(box, 'invoices', id), 'void');
    return closeInvoice(box, id, 'void');
  }),
  route('POST', '/v1/invoices/:id/mark_uncollectible', onlyExpand, (box, _, { id = '' }) => {
    assertOpen(find(box, 'invoices', id), 'give up');
    return closeInvoice(box, id, 'uncollectible');
  }),
  route('GET', '/v1/invoices/:id/lines', linesParams, (box, params, { id = '' }) => {
    // Lines are listed in their order, and not with the newest first.
    const lines = [...find(box, 'invoices', id).lines.data].reverse();
    return listPage(lines, params, `/v1/invoices/${id}/lines`);
  }),
];
