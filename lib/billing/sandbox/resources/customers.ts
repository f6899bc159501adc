import type Stripe from 'stripe';
import { z } from 'zod';
import { type Box, customerNow, emit, find, now, previousAttributes } from '../box';
import { adjustBalance } from '../engine/balance';
import { cancelNow } from '../engine/cancel';
import { attachMethod } from '../engine/payment-methods';
import { invalidRequest } from '../errors';
import { isWithin, listPage } from '../lists';
import { emptyable, integer, metadata, page, parameters, range, text } from '../params';
import { route } from '../router';
import { newObjectId } from '../wire';
import { given, mergeMetadata, onlyExpand } from './common';

const address = z.strictObject({
  city: emptyable(text).optional(),
  country: emptyable(text).optional(),
  line1: emptyable(text).optional(),
  line2: emptyable(text).optional(),
  postal_code: emptyable(text).optional(),
  state: emptyable(text).optional(),
});

const email = text
  .max(512)
  .refine((value) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value), 'not an email address');

const writable = {
  address: emptyable(address).optional(),
  description: emptyable(text).optional(),
  email: emptyable(email).optional(),
  invoice_settings: z
    .strictObject({
      default_payment_method: emptyable(text).optional(),
      footer: emptyable(text).optional(),
    })
    .optional(),
  metadata: metadata.optional(),
  name: emptyable(text.max(256)).optional(),
  phone: emptyable(text).optional(),
  preferred_locales: z.array(text).optional(),
  tax_exempt: emptyable(z.enum(['none', 'exempt', 'reverse'])).optional(),
};

const createParams = parameters<Stripe.CustomerCreateParams>()({
  ...writable,
  payment_method: text.optional(),
  test_clock: text.optional(),
});
const updateParams = parameters<Stripe.CustomerUpdateParams>()(writable);
const listParams = parameters<Stripe.CustomerListParams>()({
  ...page,
  created: range.optional(),
  email: text.optional(),
  test_clock: text.optional(),
});
const balanceParams = parameters<Stripe.CustomerCreateBalanceTransactionParams>()({
  amount: integer,
  currency: text.length(3),
  description: text.optional(),
  metadata: metadata.optional(),
});
const balanceListParams = parameters<Stripe.CustomerListBalanceTransactionsParams>()(page);

type Writable = Omit<z.infer<typeof updateParams>, 'expand'>;

/** An address as it is answered: all fields, null where nothing is known. */
export function toAddress(fields: Partial<Record<keyof Stripe.Address, string | null>>): Stripe.Address {
  return {
    city: fields.city ?? null,
    country: fields.country ?? null,
    line1: fields.line1 ?? null,
    line2: fields.line2 ?? null,
    postal_code: fields.postal_code ?? null,
    state: fields.state ?? null,
  };
}

function fieldsOf(box: Box, params: Writable, before: Stripe.Customer): Stripe.Customer {
  const { invoice_settings: settings, address: where, metadata: keys, ...plain } = params;
  const method = settings?.default_payment_method;
  if (method) {
    const found = find(box, 'payment_methods', method, 'invoice_settings[default_payment_method]');
    if (found.customer !== before.id)
      throw invalidRequest(
        'The customer does not have a payment method with the ID ' +
          `${method}. The payment method must be attached to the customer.`,
        'invoice_settings[default_payment_method]',
        'resource_missing',
      );
  }
  return {
    ...before,
    ...given(plain),
    ...(where !== undefined && { address: where && toAddress(where) }),
    ...(settings && { invoice_settings: { ...before.invoice_settings, ...given(settings) } }),
    metadata: keys === undefined ? before.metadata : mergeMetadata(before.metadata, keys),
  };
}

function createCustomer(box: Box, params: z.infer<typeof createParams>): Stripe.Customer {
  const { payment_method: method, test_clock: clock, expand: _, ...rest } = params;
  if (clock) find(box, 'test_clocks', clock, 'test_clock');
  const blank = {
    id: newObjectId('cus', 14),
    object: 'customer',
    address: null,
    balance: 0,
    created: now(box, clock),
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_prefix: newObjectId('x', 8).slice(2).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: clock ?? null,
  } satisfies Stripe.Customer;
  box.store.put('customers', blank);
  const attached = method ? attachMethod(box, method, blank.id, 'payment_method').id : null;
  const settings = rest.invoice_settings;
  // The id of a test card names the payment method that has just been made of it.
  const own =
    attached && settings?.default_payment_method === method
      ? { ...rest, invoice_settings: { ...settings, default_payment_method: attached } }
      : rest;
  const customer = fieldsOf(box, own, blank);
  box.store.put('customers', customer);
  emit(box, 'customer.created', customer, { at: customer.created });
  return customer;
}

/** Writes a changed customer and its event. */
export function saveCustomer(box: Box, before: Stripe.Customer, after: Stripe.Customer): Stripe.Customer {
  box.store.put('customers', after);
  const previous = previousAttributes(before, after);
  if (Object.keys(previous).length > 0)
    emit(box, 'customer.updated', after, { at: customerNow(box, after.id), previous });
  return after;
}

/** Takes a customer away: what it subscribes to ends at once, as Stripe has it. */
export function deleteCustomer(box: Box, id: string): Stripe.DeletedCustomer {
  const customer = find(box, 'customers', id);
  const at = customerNow(box, id);
  const own = box.store.where('subscriptions', (row) => row.customer === id && row.ended_at === null);
  for (const subscription of own) cancelNow(box, subscription, {});
  box.store.remove('customers', id);
  const deleted = { id, object: 'customer', deleted: true } satisfies Stripe.DeletedCustomer;
  box.store.put('deleted_customers', deleted);
  emit(box, 'customer.deleted', customer, { at });
  return deleted;
}

export const customerRoutes = [
  route('POST', '/v1/customers', createParams, createCustomer),
  route('GET', '/v1/customers', listParams, (box, params) => {
    const rows = box.store.where(
      'customers',
      (row) =>
        (params.email === undefined || row.email === params.email) &&
        // What hangs on a test clock is seen only by those who ask for that clock.
        (row.test_clock ?? undefined) === params.test_clock &&
        isWithin(row.created, params.created),
    );
    return listPage(rows, params, '/v1/customers');
  }),
  route('GET', '/v1/customers/:id', onlyExpand, (box, _, { id = '' }) => {
    return box.store.get('deleted_customers', id) ?? find(box, 'customers', id);
  }),
  route('POST', '/v1/customers/:id', updateParams, (box, { expand: _, ...params }, { id = '' }) => {
    const before = find(box, 'customers', id);
    return saveCustomer(box, before, fieldsOf(box, params, before));
  }),
  route('DELETE', '/v1/customers/:id', onlyExpand, (box, _, { id = '' }) => deleteCustomer(box, id)),
  route('POST', '/v1/customers/:id/balance_transactions', balanceParams, (box, params, { id = '' }) => {
    find(box, 'customers', id);
    return adjustBalance(box, id, {
      amount: params.amount,
      currency: params.currency,
      type: 'adjustment',
      description: params.description ?? null,
      metadata: params.metadata ?? {},
    });
  }),
  route('GET', '/v1/customers/:id/balance_transactions', balanceListParams, (box, params, { id = '' }) => {
    find(box, 'customers', id);
    const rows = box.store.where('balance_transactions', ({ customer }) => customer === id);
    return listPage(rows, params, `/v1/customers/${id}/balance_transactions`);
  }),
];
