import type Stripe from 'stripe';
import type { z } from 'zod';
import { type Box, customerNow, find, now } from '../box';
import { quote } from '../engine/checkout';
import { expireSession } from '../engine/expire-session';
import { invalidRequest } from '../errors';
import { isWithin, listPage } from '../lists';
import { route } from '../router';
import { embeddedList, newObjectId } from '../wire';
import { createParams, linesParams, listParams, updateParams } from './checkout-params';
import { mergeMetadata, onlyExpand } from './common';

type CreateParams = z.infer<typeof createParams>;

const LIFETIME = 24 * 3_600;

function create(box: Box, params: CreateParams): Stripe.Checkout.Session {
  const customer = params.customer ? find(box, 'customers', params.customer, 'customer') : null;
  const isEmbedded = params.ui_mode === 'embedded_page';
  checkAddresses(params, isEmbedded);
  if (params.customer && params.customer_email)
    throw invalidRequest('You may only specify one of these parameters: customer, customer_email.');
  if (params.allow_promotion_codes && params.discounts)
    throw invalidRequest('You may only specify one of these parameters: allow_promotion_codes, discounts.');
  const items = (params.line_items ?? []).map((item, index) => toItem(box, item, `line_items[${index}]`));
  if (items.length === 0)
    throw invalidRequest('Missing required param: line_items.', 'line_items', 'parameter_missing');
  const at = customer ? customerNow(box, customer.id) : now(box);
  const expires = params.expires_at ?? at + LIFETIME;
  if (expires < at + 1_800 || expires > at + LIFETIME)
    throw invalidRequest(
      'The `expires_at` timestamp must be between 30 minutes and 24 hours from now.',
      'expires_at',
    );
  const id = newObjectId('cs_test', 58);
  const [discount] = params.discounts ?? [];
  box.store.put('checkout_drafts', {
    id,
    items,
    subscription: {
      metadata: mergeMetadata(null, params.subscription_data?.metadata),
      trialDays: params.subscription_data?.trial_period_days ?? null,
      trialEnd: params.subscription_data?.trial_end ?? null,
      description: params.subscription_data?.description ?? null,
    },
    promotionCode: discount?.promotion_code ?? null,
    coupon: discount?.coupon ?? null,
    pendingPaymentMethod: null,
  });
  const sums = quote(box, id, customer?.id ?? null);
  const session = {
    id,
    object: 'checkout.session',
    adaptive_pricing: null,
    after_expiration: null,
    allow_promotion_codes: params.allow_promotion_codes ?? null,
    allowed_payment_method_types: null,
    amount_subtotal: sums.subtotal,
    amount_total: sums.total,
    automatic_tax: {
      enabled: params.automatic_tax?.enabled ?? false,
      liability: null,
      provider: null,
      status: null,
    },
    billing_address_collection: params.billing_address_collection ?? null,
    cancel_url: params.cancel_url ?? null,
    client_reference_id: params.client_reference_id ?? null,
    client_secret: isEmbedded ? `${id}_secret_${newObjectId('cs', 40).slice(3)}` : null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created: at,
    currency: sums.currency,
    currency_conversion: null,
    custom_fields: [],
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: null,
      terms_of_service_acceptance: null,
    },
    customer: customer?.id ?? null,
    customer_account: null,
    customer_creation: customer ? null : 'always',
    customer_details: null,
    customer_email: params.customer_email ?? null,
    discounts: (params.discounts ?? []).map((given) => ({
      coupon: given.coupon ?? null,
      promotion_code: given.promotion_code ?? null,
    })),
    expires_at: expires,
    integration_identifier: null,
    invoice: null,
    invoice_creation: null,
    line_items: embeddedList(`/v1/checkout/sessions/${id}/line_items`, sums.lines),
    livemode: false,
    locale: params.locale ?? null,
    managed_payments: null,
    metadata: mergeMetadata(null, params.metadata),
    mode: params.mode,
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: params.payment_method_collection ?? 'always',
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    payment_status: 'unpaid',
    permissions: null,
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: 'open',
    submit_type: null,
    subscription: null,
    ...(isEmbedded
      ? { return_url: params.return_url, redirect_on_completion: 'always' as const, success_url: null }
      : { success_url: params.success_url ?? null }),
    tax_id_collection: {
      enabled: params.tax_id_collection?.enabled ?? false,
      required: params.tax_id_collection?.required ?? 'never',
    },
    total_details: { amount_discount: sums.discount, amount_shipping: 0, amount_tax: 0 },
    ui_mode: params.ui_mode,
    url: isEmbedded ? null : `${box.origin}/c/pay/${id}`,
    wallet_options: null,
  } satisfies Stripe.Checkout.Session;
  box.store.put('checkout_sessions', session);
  return session;
}

/** A hosted page leads on to other addresses than one within a page of the product's. */
function checkAddresses(params: CreateParams, isEmbedded: boolean): void {
  const [needed, refused] = isEmbedded
    ? (['return_url', ['success_url', 'cancel_url']] as const)
    : (['success_url', ['return_url']] as const);
  if (!params[needed])
    throw invalidRequest(`Missing required param: ${needed}.`, needed, 'parameter_missing');
  for (const name of refused)
    if (params[name])
      throw invalidRequest(`You can not pass \`${name}\` with \`ui_mode: ${params.ui_mode}\`.`, name);
}

function toItem(
  box: Box,
  item: { price: string; quantity?: number | undefined },
  param: string,
): { price: string; quantity: number | null } {
  const price = find(box, 'prices', item.price, `${param}[price]`);
  if (!price.active)
    throw invalidRequest(
      'The price specified is inactive. This field only accepts active prices.',
      `${param}[price]`,
    );
  if (!price.recurring)
    throw invalidRequest('You must provide recurring prices in `subscription` mode.', `${param}[price]`);
  const isMetered = price.recurring.usage_type === 'metered';
  if (isMetered && item.quantity !== undefined)
    throw invalidRequest(
      'Quantity should not be specified where usage_type is metered.',
      `${param}[quantity]`,
    );
  if (!isMetered && item.quantity === undefined)
    throw invalidRequest(
      'Quantity is required. Add `quantity` to the line item.',
      `${param}[quantity]`,
      'parameter_missing',
    );
  return { price: price.id, quantity: item.quantity ?? null };
}

export const checkoutRoutes = [
  route('POST', '/v1/checkout/sessions', createParams, create),
  route('GET', '/v1/checkout/sessions', listParams, (box, params) => {
    const rows = box.store.where(
      'checkout_sessions',
      (row) =>
        (params.customer === undefined || row.customer === params.customer) &&
        (params.status === undefined || row.status === params.status) &&
        (params.subscription === undefined || row.subscription === params.subscription) &&
        isWithin(row.created, params.created),
    );
    return listPage(rows, params, '/v1/checkout/sessions');
  }),
  route('GET', '/v1/checkout/sessions/:id', onlyExpand, (box, _, { id = '' }) =>
    find(box, 'checkout_sessions', id),
  ),
  route('POST', '/v1/checkout/sessions/:id', updateParams, (box, params, { id = '' }) => {
    const before = find(box, 'checkout_sessions', id);
    const after = { ...before, metadata: mergeMetadata(before.metadata, params.metadata) };
    box.store.put('checkout_sessions', after);
    return after;
  }),
  route('POST', '/v1/checkout/sessions/:id/expire', onlyExpand, (box, _, { id = '' }) => {
    const session = find(box, 'checkout_sessions', id);
    if (session.status !== 'open')
      throw invalidRequest(
        `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${session.status}\`.`,
      );
    return expireSession(box, session);
  }),
  route('GET', '/v1/checkout/sessions/:id/line_items', linesParams, (box, params, { id = '' }) => {
    const lines = find(box, 'checkout_sessions', id).line_items?.data ?? [];
    return listPage([...lines].reverse(), params, `/v1/checkout/sessions/${id}/line_items`);
  }),
];
