import type Stripe from 'stripe';
import { z } from 'zod';
import { type Box, customerNow, emit, find, now } from '../box';
import { usageBetween } from '../engine/usage';
import { invalidRequest } from '../errors';
import { listPage } from '../lists';
import { integer, page, parameters, text } from '../params';
import { route } from '../router';
import { newObjectId } from '../wire';
import { onlyExpand } from './common';

const PAST = 35 * 86_400;
const FUTURE = 5 * 60;

const createParams = parameters<Stripe.Billing.MeterCreateParams>()({
  display_name: text.max(250),
  event_name: text.max(100),
  default_aggregation: z.strictObject({ formula: z.enum(['sum', 'count', 'last']) }),
  customer_mapping: z.strictObject({ event_payload_key: text.max(100), type: z.literal('by_id') }).optional(),
  event_time_window: z.enum(['day', 'hour']).optional(),
  value_settings: z.strictObject({ event_payload_key: text.max(100) }).optional(),
});
const updateParams = parameters<Stripe.Billing.MeterUpdateParams>()({
  display_name: text.max(250).optional(),
});
const listParams = parameters<Stripe.Billing.MeterListParams>()({
  ...page,
  status: z.enum(['active', 'inactive']).optional(),
});
const eventParams = parameters<Stripe.Billing.MeterEventCreateParams>()({
  event_name: text.max(100),
  payload: z.record(z.string().max(100), z.string().max(100)),
  identifier: text.max(100).optional(),
  timestamp: integer.optional(),
});
const summaryParams = parameters<Stripe.Billing.MeterListEventSummariesParams>()({
  ...page,
  customer: text,
  start_time: integer,
  end_time: integer,
  value_grouping_window: z.enum(['hour', 'day']).optional(),
});

function createMeter(box: Box, params: z.infer<typeof createParams>): Stripe.Billing.Meter {
  const taken = box.store.where(
    'meters',
    (meter) => meter.event_name === params.event_name && meter.status === 'active',
  );
  if (taken.length > 0)
    throw invalidRequest(
      `An active meter with event name ${params.event_name} already exists`,
      'event_name',
      'resource_already_exists',
    );
  const at = now(box);
  const meter = {
    id: newObjectId('mtr_test', 30),
    object: 'billing.meter',
    created: at,
    customer_mapping: params.customer_mapping ?? { event_payload_key: 'stripe_customer_id', type: 'by_id' },
    default_aggregation: params.default_aggregation,
    display_name: params.display_name,
    event_name: params.event_name,
    event_time_window: params.event_time_window ?? null,
    livemode: false,
    status: 'active',
    status_transitions: { deactivated_at: null },
    updated: at,
    value_settings: params.value_settings ?? { event_payload_key: 'value' },
  } satisfies Stripe.Billing.Meter;
  box.store.put('meters', meter);
  emit(box, 'billing.meter.created', meter, { at });
  return meter;
}

function recordEvent(box: Box, params: z.infer<typeof eventParams>): Stripe.Billing.MeterEvent {
  const [meter] = box.store.where(
    'meters',
    (row) => row.event_name === params.event_name && row.status === 'active',
  );
  if (!meter)
    throw invalidRequest(
      `No active meter found for event name ${params.event_name}`,
      'event_name',
      'resource_missing',
    );
  const customer = params.payload[meter.customer_mapping.event_payload_key];
  if (!customer)
    throw invalidRequest(
      `Missing required payload key ${meter.customer_mapping.event_payload_key}`,
      'payload',
      'parameter_missing',
    );
  find(box, 'customers', customer, `payload[${meter.customer_mapping.event_payload_key}]`);
  const value = params.payload[meter.value_settings.event_payload_key];
  const isCount = meter.default_aggregation.formula === 'count';
  if (!isCount && (value === undefined || !/^-?\d{1,15}$/.test(value)))
    throw invalidRequest(
      `The payload key ${meter.value_settings.event_payload_key} must be a whole number`,
      'payload',
    );
  const current = customerNow(box, customer);
  const timestamp = params.timestamp ?? current;
  if (timestamp < current - PAST)
    throw invalidRequest(
      'The timestamp must be within the past 35 days',
      'timestamp',
      'timestamp_too_far_in_past',
    );
  if (timestamp > current + FUTURE)
    throw invalidRequest(
      'The timestamp must not be more than 5 minutes in the future',
      'timestamp',
      'timestamp_in_future',
    );
  const identifier = params.identifier ?? newObjectId('evt');
  const id = `${params.event_name}/${identifier}`;
  if (box.store.get('meter_events', id))
    throw invalidRequest(`An event already exists with identifier ${identifier}.`, 'identifier');
  box.store.put('meter_events', {
    id,
    meter: meter.id,
    customer,
    timestamp,
    value: isCount ? 1 : Number(value),
    received: box.realNow(),
  });
  return {
    object: 'billing.meter_event',
    created: current,
    event_name: params.event_name,
    identifier,
    livemode: false,
    payload: { ...params.payload },
    timestamp,
  } satisfies Stripe.Billing.MeterEvent;
}

function summarize(
  box: Box,
  params: z.infer<typeof summaryParams>,
  id: string,
): Stripe.ApiList<Stripe.Billing.MeterEventSummary> {
  find(box, 'meters', id);
  find(box, 'customers', params.customer, 'customer');
  const { start_time: start, end_time: end } = params;
  const step = { hour: 3_600, day: 86_400 }[params.value_grouping_window ?? 'hour'];
  const unit = params.value_grouping_window ? step : 60;
  if (start % unit !== 0) throw invalidRequest('start_time must align with the window', 'start_time');
  if (end % unit !== 0) throw invalidRequest('end_time must align with the window', 'end_time');
  if (end <= start) throw invalidRequest('end_time must be after start_time', 'end_time');
  const received = box.realNow() - box.faults.summaryLag;
  const windows: { from: number; to: number }[] = [];
  if (!params.value_grouping_window) windows.push({ from: start, to: end });
  else {
    if ((end - start) / step > 10_000) throw invalidRequest('The range is too long', 'end_time');
    for (let from = start; from < end; from += step) windows.push({ from, to: Math.min(end, from + step) });
  }
  const rows = windows.map(
    ({ from, to }) =>
      ({
        // The same window has the same id, so that pages can be followed.
        id: `mtrusg_test_${id.slice(-8)}${params.customer.slice(-8)}${from}x${to - from}`,
        object: 'billing.meter_event_summary',
        aggregated_value: usageBetween(box, id, params.customer, from, to, received),
        end_time: to,
        livemode: false,
        meter: id,
        start_time: from,
      }) satisfies Stripe.Billing.MeterEventSummary,
  );
  const wanted = rows.filter((row) => !params.value_grouping_window || row.aggregated_value !== 0);
  return listPage(wanted, params, `/v1/billing/meters/${id}/event_summaries`);
}

function setStatus(box: Box, id: string, status: 'active' | 'inactive'): Stripe.Billing.Meter {
  const at = now(box);
  const meter: Stripe.Billing.Meter = {
    ...find(box, 'meters', id),
    status,
    status_transitions: { deactivated_at: status === 'inactive' ? at : null },
    updated: at,
  };
  box.store.put('meters', meter);
  emit(box, status === 'active' ? 'billing.meter.reactivated' : 'billing.meter.deactivated', meter, { at });
  return meter;
}

export const meterRoutes = [
  route('POST', '/v1/billing/meters', createParams, createMeter),
  route('GET', '/v1/billing/meters', listParams, (box, params) =>
    listPage(
      box.store.where('meters', ({ status }) => params.status === undefined || status === params.status),
      params,
      '/v1/billing/meters',
    ),
  ),
  route('GET', '/v1/billing/meters/:id', onlyExpand, (box, _, { id = '' }) => find(box, 'meters', id)),
  route('POST', '/v1/billing/meters/:id', updateParams, (box, params, { id = '' }) => {
    const before = find(box, 'meters', id);
    const meter = { ...before, display_name: params.display_name ?? before.display_name, updated: now(box) };
    box.store.put('meters', meter);
    emit(box, 'billing.meter.updated', meter, { at: now(box) });
    return meter;
  }),
  route('POST', '/v1/billing/meters/:id/deactivate', onlyExpand, (box, _, { id = '' }) =>
    setStatus(box, id, 'inactive'),
  ),
  route('POST', '/v1/billing/meters/:id/reactivate', onlyExpand, (box, _, { id = '' }) =>
    setStatus(box, id, 'active'),
  ),
  route('GET', '/v1/billing/meters/:id/event_summaries', summaryParams, (box, params, { id = '' }) =>
    summarize(box, params, id),
  ),
  route('POST', '/v1/billing/meter_events', eventParams, recordEvent),
];
