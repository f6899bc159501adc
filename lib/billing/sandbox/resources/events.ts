import type Stripe from 'stripe';
import { z } from 'zod';
import { API_VERSION, find, now } from '../box';
import { invalidRequest } from '../errors';
import { isWithin, listPage } from '../lists';
import { flag, metadata, page, parameters, range, text } from '../params';
import { presentEvent } from '../present';
import { route } from '../router';
import { isWebAddress, newObjectId } from '../wire';
import { mergeMetadata, onlyExpand } from './common';

const listParams = parameters<Stripe.EventListParams>()({
  ...page,
  created: range.optional(),
  delivery_success: flag.optional(),
  type: text.optional(),
  types: z.array(text).max(20).optional(),
});
const url = text.refine(isWebAddress, 'not a valid URL');
const endpointCreate = parameters<Stripe.WebhookEndpointCreateParams>()({
  url,
  enabled_events: z.array(text).min(1),
  api_version: text.optional(),
  description: text.optional(),
  metadata: metadata.optional(),
});
const endpointUpdate = parameters<Stripe.WebhookEndpointUpdateParams>()({
  url: url.optional(),
  enabled_events: z.array(text).min(1).optional(),
  description: text.optional(),
  disabled: flag.optional(),
  metadata: metadata.optional(),
});
const endpointList = parameters<Stripe.WebhookEndpointListParams>()(page);

/** `invoice.*` stands for all events of invoices. */
function isOfType(type: string, pattern: string): boolean {
  return pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}

function withoutSecret(endpoint: Stripe.WebhookEndpoint): Stripe.WebhookEndpoint {
  const { secret: _, ...rest } = endpoint;
  return rest;
}

export const eventRoutes = [
  route('GET', '/v1/events', listParams, (box, params) => {
    const rows = box.store.where(
      'events',
      (row) =>
        (params.type === undefined || isOfType(row.type, params.type)) &&
        (params.types === undefined || params.types.some((pattern) => isOfType(row.type, pattern))) &&
        (params.delivery_success === undefined || (row.pending_webhooks === 0) === params.delivery_success) &&
        isWithin(row.created, params.created),
    );
    const list = listPage(rows, params, '/v1/events');
    return { ...list, data: list.data.map((event) => presentEvent(box, event)) };
  }),
  route('GET', '/v1/events/:id', onlyExpand, (box, _, { id = '' }) =>
    presentEvent(box, find(box, 'events', id)),
  ),
];

export const webhookEndpointRoutes = [
  route('POST', '/v1/webhook_endpoints', endpointCreate, (box, params) => {
    if (box.store.count('webhook_endpoints') >= 16)
      throw invalidRequest('You have reached the maximum of 16 test webhook endpoints.');
    const endpoint = {
      id: newObjectId('we'),
      object: 'webhook_endpoint',
      api_version: params.api_version ?? API_VERSION,
      application: null,
      created: now(box),
      description: params.description ?? null,
      enabled_events: params.enabled_events,
      livemode: false,
      metadata: mergeMetadata(null, params.metadata),
      secret: newObjectId('whsec', 32),
      status: 'enabled',
      url: params.url,
    } satisfies Stripe.WebhookEndpoint;
    box.store.put('webhook_endpoints', endpoint);
    // Its secret is told this once.
    return endpoint;
  }),
  route('GET', '/v1/webhook_endpoints', endpointList, (box, params) =>
    listPage(box.store.all('webhook_endpoints').map(withoutSecret), params, '/v1/webhook_endpoints'),
  ),
  route('GET', '/v1/webhook_endpoints/:id', onlyExpand, (box, _, { id = '' }) =>
    withoutSecret(find(box, 'webhook_endpoints', id)),
  ),
  route('POST', '/v1/webhook_endpoints/:id', endpointUpdate, (box, params, { id = '' }) => {
    const before = find(box, 'webhook_endpoints', id);
    const after: Stripe.WebhookEndpoint = {
      ...before,
      url: params.url ?? before.url,
      enabled_events: params.enabled_events ?? before.enabled_events,
      description: params.description ?? before.description,
      metadata: mergeMetadata(before.metadata, params.metadata),
      status: params.disabled === undefined ? before.status : params.disabled ? 'disabled' : 'enabled',
    };
    box.store.put('webhook_endpoints', after);
    return withoutSecret(after);
  }),
  route('DELETE', '/v1/webhook_endpoints/:id', onlyExpand, (box, _, { id = '' }) => {
    find(box, 'webhook_endpoints', id);
    box.store.remove('webhook_endpoints', id);
    return { id, object: 'webhook_endpoint', deleted: true } satisfies Stripe.DeletedWebhookEndpoint;
  }),
];
