import Stripe from 'stripe';
import { resourceMissing } from './errors';
import type { Faults } from './faults';
import type { Store } from './store';
import type { TableName, Tables } from './tables';
import { newObjectId } from './wire';

/** What the parts of the sandbox share. */
export type Box = {
  store: Store;
  faults: Faults;
  /** Where the hosted pages are found, without a slash at the end. */
  origin: string;
  /** Who sells, as the hosted pages and invoices call them. */
  accountName: string;
  /** Real time in milliseconds. */
  realNow: () => number;
  /** What becomes of a subscription after the last failed attempt at a payment: a setting of the account. */
  afterRetries: 'unpaid' | 'cancel' | 'past_due';
  /** Called after an event is written, to hurry its delivery. */
  wakeDelivery: () => void;
  /** Called when a test clock begins to advance. */
  wakeClocks: () => void;
  /** The time in seconds that a rehearsal pretends to be at; null outside of one. */
  pretend: number | null;
  /** The request being answered, for the events that it makes. */
  request: { id: string; idempotencyKey: string | null } | null;
};

/** The version of the API that the installed SDK speaks. */
export const API_VERSION: string = Stripe.API_VERSION;

/** How each kind of object is called in the message that there is no such thing. */
const names: Partial<Record<TableName, string>> = {
  customers: 'customer',
  products: 'product',
  prices: 'price',
  coupons: 'coupon',
  promotion_codes: 'promotion code',
  meters: 'meter',
  payment_methods: 'PaymentMethod',
  payment_intents: 'payment_intent',
  subscriptions: 'subscription',
  invoices: 'invoice',
  invoice_items: 'invoiceitem',
  checkout_sessions: 'checkout.session',
  portal_configurations: 'configuration',
  test_clocks: 'test_helpers.test_clock',
  events: 'event',
  webhook_endpoints: 'webhook endpoint',
};

/** The object, or Stripe's error that there is none. `param` is the parameter that named it. */
export function find<Name extends TableName>(box: Box, table: Name, id: string, param = 'id'): Tables[Name] {
  const row = box.store.get(table, id);
  if (!row) throw resourceMissing(names[table] ?? table, id, param);
  return row;
}

/** The time in seconds, in real time or, for what hangs on a test clock, in the clock's. */
export function now(box: Box, testClock: string | null = null): number {
  if (box.pretend !== null) return box.pretend;
  const clock = testClock === null ? undefined : box.store.get('test_clocks', testClock);
  return clock ? clock.frozen_time : Math.floor(box.realNow() / 1_000);
}

/** The test clock that a customer hangs on, or null. */
export function clockOf(box: Box, customer: string): string | null {
  const clock = box.store.get('customers', customer)?.test_clock ?? null;
  return typeof clock === 'string' ? clock : (clock?.id ?? null);
}

/** The time in seconds as a customer lives in it. */
export function customerNow(box: Box, customer: string): number {
  return now(box, clockOf(box, customer));
}

/** Writes an event and sends it to all endpoints that want it. `object` is what it speaks of, as it is now. */
export function emit(
  box: Box,
  type: Stripe.Event.Type,
  object: unknown,
  options: { at: number; previous?: Record<string, unknown> },
): void {
  const endpoints = endpointsFor(box, type);
  const event = {
    id: newObjectId('evt'),
    object: 'event',
    api_version: API_VERSION,
    created: options.at,
    data: {
      object: object as Stripe.Event.Data.Object,
      ...(options.previous && { previous_attributes: options.previous }),
    },
    livemode: false,
    pending_webhooks: endpoints.length,
    request: box.request && { id: box.request.id, idempotency_key: box.request.idempotencyKey },
    type,
  } satisfies Stripe.EventBase;
  box.store.put('events', event as Stripe.Event);
  for (const endpoint of endpoints) {
    box.store.put('deliveries', {
      id: newObjectId('whd'),
      event: event.id,
      endpoint,
      attempts: 0,
      nextAt: box.realNow(),
      status: 'pending',
      lastAnswer: null,
    });
  }
  if (endpoints.length > 0) box.wakeDelivery();
}

/** The id of the endpoint that the sandbox was started with. */
export const DEFAULT_ENDPOINT = 'default';

function endpointsFor(box: Box, type: string): string[] {
  const made = box.store
    .where(
      'webhook_endpoints',
      ({ status, enabled_events: events }) =>
        status === 'enabled' && (events.includes('*') || events.includes(type)),
    )
    .map(({ id }) => id);
  return [DEFAULT_ENDPOINT, ...made];
}

/** What of an object has changed, for an event's `previous_attributes`. */
export function previousAttributes<T extends object>(before: T, after: T): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(before).filter(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify((after as Record<string, unknown>)[key]),
    ),
  );
}
