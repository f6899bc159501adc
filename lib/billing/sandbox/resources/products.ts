import type Stripe from 'stripe';
import { z } from 'zod';
import { emit, find, now, previousAttributes } from '../box';
import { invalidRequest } from '../errors';
import { isWithin, listPage } from '../lists';
import { emptyable, flag, metadata, page, parameters, range, text } from '../params';
import { route } from '../router';
import { newObjectId } from '../wire';
import { given, mergeMetadata, onlyExpand } from './common';

const features = z.array(z.strictObject({ name: text }));
const createParams = parameters<Stripe.ProductCreateParams>()({
  id: text.optional(),
  name: text,
  active: flag.default(true),
  description: text.optional(),
  marketing_features: features.optional(),
  metadata: metadata.optional(),
  statement_descriptor: text.optional(),
  tax_code: text.optional(),
  unit_label: text.optional(),
  url: text.optional(),
});
const updateParams = parameters<Stripe.ProductUpdateParams>()({
  name: text.optional(),
  active: flag.optional(),
  default_price: text.optional(),
  description: emptyable(text).optional(),
  marketing_features: emptyable(features).optional(),
  metadata: metadata.optional(),
  statement_descriptor: text.optional(),
  tax_code: emptyable(text).optional(),
  unit_label: emptyable(text).optional(),
  url: emptyable(text).optional(),
});
const listParams = parameters<Stripe.ProductListParams>()({
  ...page,
  active: flag.optional(),
  created: range.optional(),
  ids: z.array(text).optional(),
});

export const productRoutes = [
  route('POST', '/v1/products', createParams, (box, params) => {
    if (params.id && box.store.get('products', params.id))
      throw invalidRequest('Product already exists.', 'id', 'resource_already_exists');
    const at = now(box);
    const product = {
      id: params.id ?? newObjectId('prod', 14),
      object: 'product',
      active: params.active,
      created: at,
      default_price: null,
      description: params.description ?? null,
      images: [],
      livemode: false,
      marketing_features: params.marketing_features ?? [],
      metadata: mergeMetadata(null, params.metadata),
      name: params.name,
      package_dimensions: null,
      shippable: null,
      statement_descriptor: params.statement_descriptor ?? null,
      tax_code: params.tax_code ?? null,
      tax_details: null,
      type: 'service',
      unit_label: params.unit_label ?? null,
      updated: at,
      url: params.url ?? null,
    } satisfies Stripe.Product;
    box.store.put('products', product);
    emit(box, 'product.created', product, { at });
    return product;
  }),
  route('GET', '/v1/products', listParams, (box, params) => {
    const rows = box.store.where(
      'products',
      (row) =>
        (params.active === undefined || row.active === params.active) &&
        (params.ids === undefined || params.ids.includes(row.id)) &&
        isWithin(row.created, params.created),
    );
    return listPage(rows, params, '/v1/products');
  }),
  route('GET', '/v1/products/:id', onlyExpand, (box, _, { id = '' }) => find(box, 'products', id)),
  route('POST', '/v1/products/:id', updateParams, (box, params, { id = '' }) => {
    const before = find(box, 'products', id);
    const { metadata: keys, expand: _, marketing_features: list, ...plain } = params;
    if (plain.default_price) find(box, 'prices', plain.default_price, 'default_price');
    const after: Stripe.Product = {
      ...before,
      ...given(plain),
      ...(list !== undefined && { marketing_features: list ?? [] }),
      metadata: keys === undefined ? before.metadata : mergeMetadata(before.metadata, keys),
      updated: now(box),
    };
    box.store.put('products', after);
    emit(box, 'product.updated', after, { at: now(box), previous: previousAttributes(before, after) });
    return after;
  }),
  route('DELETE', '/v1/products/:id', onlyExpand, (box, _, { id = '' }) => {
    const product = find(box, 'products', id);
    if (box.store.where('prices', (price) => price.product === id).length > 0)
      throw invalidRequest('This product cannot be deleted because it has one or more user-created prices.');
    box.store.remove('products', id);
    emit(box, 'product.deleted', product, { at: now(box) });
    return { id, object: 'product', deleted: true } satisfies Stripe.DeletedProduct;
  }),
];
