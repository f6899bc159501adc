import type Stripe from 'stripe';
import type { z } from 'zod';
import { type Box, emit, find, now, previousAttributes } from '../box';
import { invalidRequest } from '../errors';
import { isWithin, listPage } from '../lists';
import { toScaled } from '../pricing';
import { route } from '../router';
import { newObjectId, wireDecimal } from '../wire';
import { mergeMetadata, onlyExpand } from './common';
import { createParams, listParams, updateParams } from './price-params';

type CreateParams = z.infer<typeof createParams>;

/** A decimal of cents as both fields that say it: an integer only where it is one. */
function amounts(whole: number | undefined, fine: string | undefined) {
  const decimalText = fine ?? (whole === undefined ? undefined : String(whole));
  if (decimalText === undefined) return { whole: null, fine: null };
  const isWhole = toScaled(decimalText) % 1_000_000_000_000n === 0n;
  const short = decimalText.includes('.') ? decimalText.replace(/\.?0+$/, '') : decimalText;
  return { whole: isWhole ? Number(decimalText) : null, fine: wireDecimal(short) };
}

function toTiers(params: CreateParams): Stripe.Price.Tier[] | undefined {
  const { tiers, billing_scheme: scheme } = params;
  if (scheme === 'per_unit') {
    if (tiers || params.tiers_mode)
      throw invalidRequest('You may only specify `tiers` when `billing_scheme` is `tiered`.', 'tiers');
    return undefined;
  }
  if (!tiers?.length) throw invalidRequest('Missing required param: tiers.', 'tiers', 'parameter_missing');
  if (!params.tiers_mode)
    throw invalidRequest('Missing required param: tiers_mode.', 'tiers_mode', 'parameter_missing');
  if (
    params.unit_amount !== undefined ||
    params.unit_amount_decimal !== undefined ||
    params.transform_quantity
  )
    throw invalidRequest('`unit_amount` and `transform_quantity` cannot be combined with `tiers`.', 'tiers');
  return tiers.map((given, index) => {
    const isLast = index === tiers.length - 1;
    const previous = tiers[index - 1]?.up_to ?? 0;
    if (isLast !== (given.up_to === 'inf'))
      throw invalidRequest(
        'The last tier, and only it, must have `up_to` of `inf`.',
        `tiers[${index}][up_to]`,
      );
    if (given.up_to !== 'inf' && given.up_to <= Number(previous))
      throw invalidRequest('Tiers must be in ascending order of `up_to`.', `tiers[${index}][up_to]`);
    const unit = amounts(given.unit_amount, given.unit_amount_decimal);
    const flat = amounts(given.flat_amount, given.flat_amount_decimal);
    if (unit.fine === null && flat.fine === null)
      throw invalidRequest('A tier must have a `unit_amount` or a `flat_amount`.', `tiers[${index}]`);
    return {
      flat_amount: flat.whole,
      flat_amount_decimal: flat.fine,
      unit_amount: unit.whole,
      unit_amount_decimal: unit.fine,
      up_to: given.up_to === 'inf' ? null : given.up_to,
    };
  });
}

function toRecurring(box: Box, params: CreateParams): Stripe.Price.Recurring | null {
  const { recurring } = params;
  if (!recurring) return null;
  const isMetered = recurring.usage_type === 'metered';
  if (isMetered !== (recurring.meter !== undefined))
    throw invalidRequest(
      'Metered prices, and only they, must be backed by a meter.',
      'recurring[meter]',
      'parameter_missing',
    );
  if (recurring.meter) find(box, 'meters', recurring.meter, 'recurring[meter]');
  return {
    interval: recurring.interval,
    interval_count: recurring.interval_count,
    meter: recurring.meter ?? null,
    trial_period_days: null,
    usage_type: recurring.usage_type,
  };
}

/** A key names one price at most: taking it from another one must be asked for. */
function claimLookupKey(box: Box, key: string, own: string | null, mayTransfer: boolean): void {
  const [holder] = box.store.where('prices', (price) => price.lookup_key === key && price.id !== own);
  if (!holder) return;
  if (!mayTransfer)
    throw invalidRequest(
      `A price (\`${holder.id}\`) already uses that lookup key.`,
      'lookup_key',
      'resource_already_exists',
    );
  box.store.put('prices', { ...holder, lookup_key: null });
}

function productOf(box: Box, params: CreateParams): string {
  if (params.product) return find(box, 'products', params.product, 'product').id;
  const data = params.product_data;
  if (!data) throw invalidRequest('Missing required param: product.', 'product', 'parameter_missing');
  const made = productFrom(box, data);
  box.store.put('products', made);
  return made.id;
}

function productFrom(
  box: Box,
  data: { id?: string | undefined; name: string; metadata?: Record<string, string> | null | undefined },
): Stripe.Product {
  const at = now(box);
  return {
    id: data.id ?? newObjectId('prod', 14),
    object: 'product',
    active: true,
    created: at,
    default_price: null,
    description: null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: mergeMetadata(null, data.metadata),
    name: data.name,
    package_dimensions: null,
    shippable: null,
    tax_code: null,
    tax_details: null,
    type: 'service',
    updated: at,
    url: null,
  };
}

function createPrice(box: Box, params: CreateParams): Stripe.Price {
  const tiers = toTiers(params);
  const unit = amounts(params.unit_amount, params.unit_amount_decimal);
  if (!tiers && unit.fine === null)
    throw invalidRequest('Missing required param: unit_amount.', 'unit_amount', 'parameter_missing');
  if (params.lookup_key) claimLookupKey(box, params.lookup_key, null, params.transfer_lookup_key);
  const recurring = toRecurring(box, params);
  const price = {
    id: newObjectId('price'),
    object: 'price',
    active: params.active,
    billing_scheme: params.billing_scheme,
    created: now(box),
    currency: params.currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: params.lookup_key ?? null,
    metadata: mergeMetadata(null, params.metadata),
    nickname: params.nickname ?? null,
    product: productOf(box, params),
    recurring,
    tax_behavior: params.tax_behavior,
    ...(tiers && { tiers }),
    tiers_mode: params.tiers_mode ?? null,
    transform_quantity: params.transform_quantity ?? null,
    type: recurring ? 'recurring' : 'one_time',
    unit_amount: unit.whole,
    unit_amount_decimal: unit.fine,
  } satisfies Stripe.Price;
  box.store.put('prices', price);
  emit(box, 'price.created', price, { at: price.created });
  return price;
}

export const priceRoutes = [
  route('POST', '/v1/prices', createParams, createPrice),
  route('GET', '/v1/prices', listParams, (box, params) => {
    const { recurring } = params;
    const rows = box.store.where(
      'prices',
      (row) =>
        (params.active === undefined || row.active === params.active) &&
        (params.currency === undefined || row.currency === params.currency) &&
        (params.lookup_keys === undefined || params.lookup_keys.includes(row.lookup_key ?? '')) &&
        (params.product === undefined || row.product === params.product) &&
        (params.type === undefined || row.type === params.type) &&
        (recurring?.interval === undefined || row.recurring?.interval === recurring.interval) &&
        (recurring?.meter === undefined || row.recurring?.meter === recurring.meter) &&
        (recurring?.usage_type === undefined || row.recurring?.usage_type === recurring.usage_type) &&
        isWithin(row.created, params.created),
    );
    return listPage(rows, params, '/v1/prices');
  }),
  route('GET', '/v1/prices/:id', onlyExpand, (box, _, { id = '' }) => find(box, 'prices', id)),
  route('POST', '/v1/prices/:id', updateParams, (box, params, { id = '' }) => {
    const before = find(box, 'prices', id);
    if (params.lookup_key) claimLookupKey(box, params.lookup_key, id, params.transfer_lookup_key);
    const after: Stripe.Price = {
      ...before,
      active: params.active ?? before.active,
      lookup_key: params.lookup_key === undefined ? before.lookup_key : params.lookup_key,
      nickname: params.nickname === undefined ? before.nickname : params.nickname,
      tax_behavior: params.tax_behavior ?? before.tax_behavior,
      metadata:
        params.metadata === undefined ? before.metadata : mergeMetadata(before.metadata, params.metadata),
    };
    box.store.put('prices', after);
    emit(box, 'price.updated', after, { at: now(box), previous: previousAttributes(before, after) });
    return after;
  }),
];
