import type Stripe from 'stripe';
import type { Box } from './box';
import { invalidRequest } from './errors';
import type { TableName } from './tables';
import { embeddedList } from './wire';

type Thing = Record<string, unknown>;

const INLINE_LINES = 10;
const MAX_DEPTH = 4;

/** Where an object with such an id stands. */
const tablesByPrefix: Record<string, TableName> = {
  cus: 'customers',
  prod: 'products',
  price: 'prices',
  sub: 'subscriptions',
  in: 'invoices',
  ii: 'invoice_items',
  pm: 'payment_methods',
  pi: 'payment_intents',
  promo: 'promotion_codes',
  di: 'discounts',
  cs: 'checkout_sessions',
  bpc: 'portal_configurations',
  clock: 'test_clocks',
};

/** Fields that an object has only where it is asked to be expanded. */
const expandable: Record<string, Record<string, (box: Box, thing: Thing) => unknown>> = {
  price: { tiers: (box, { id }) => box.store.get('prices', String(id))?.tiers },
  coupon: { applies_to: (box, { id }) => box.store.get('coupons', String(id))?.applies_to },
  customer: {
    subscriptions: (box, { id }) =>
      embeddedList(
        `/v1/customers/${String(id)}/subscriptions`,
        box.store
          .where('subscriptions', ({ customer, status }) => customer === id && status !== 'canceled')
          .reverse()
          .map((row) => present(box, row)),
      ),
  },
  invoice: {
    payments: (box, { id }) =>
      embeddedList(
        '/v1/invoice_payments',
        box.store.where('invoice_payments', ({ invoice }) => invoice === id),
      ),
    confirmation_secret: (box, { id }) => {
      const payment = box.store.where('invoice_payments', ({ invoice }) => invoice === id).at(-1)?.payment;
      const intent = box.store.get('payment_intents', String(payment?.payment_intent));
      return intent ? { client_secret: intent.client_secret, type: 'payment_intent' } : null;
    },
  },
  'checkout.session': {
    line_items: (box, { id }) => box.store.get('checkout_sessions', String(id))?.line_items,
  },
};

/** An object as it is answered: without what must be asked for, with the prices of a subscription as they are now. */
export function present<T extends object>(box: Box, thing: T): T {
  const kind = (thing as { object?: unknown }).object;
  if (kind === 'list') {
    const list = thing as unknown as Stripe.ApiList<object>;
    return { ...list, data: list.data.map((row) => present(box, row)) } as unknown as T;
  }
  if (kind === 'subscription') {
    const subscription = thing as unknown as Stripe.Subscription;
    const data = subscription.items.data.map((item) => present(box, item));
    return { ...subscription, items: { ...subscription.items, data } } as unknown as T;
  }
  if (kind === 'subscription_item') {
    const item = thing as unknown as Stripe.SubscriptionItem;
    const price = box.store.get('prices', item.price.id) ?? item.price;
    return { ...item, price: present(box, price) } as unknown as T;
  }
  if (kind === 'checkout.session') {
    const { line_items: _, ...session } = thing as unknown as Stripe.Checkout.Session;
    return { ...session, url: here(box, session.url) } as unknown as T;
  }
  if (kind === 'invoice') {
    const stored = thing as unknown as Stripe.Invoice;
    const { hosted_invoice_url: page, invoice_pdf: pdf } = stored;
    const invoice = { ...stored, hosted_invoice_url: here(box, page), invoice_pdf: here(box, pdf) };
    const { data } = invoice.lines;
    // A preview is nowhere else, so that its lines cannot be asked for later.
    if (data.length <= INLINE_LINES || invoice.id.startsWith('upcoming_')) return invoice as unknown as T;
    const lines = { ...invoice.lines, data: data.slice(0, INLINE_LINES), has_more: true };
    return { ...invoice, lines } as unknown as T;
  }
  const hidden = Object.keys(expandable[String(kind)] ?? {});
  if (!hidden.some((key) => key in thing)) return thing;
  return Object.fromEntries(Object.entries(thing).filter(([key]) => !hidden.includes(key))) as T;
}

/** An event as it is told: what it speaks of looks as everywhere else. */
export function presentEvent(box: Box, event: Stripe.Event): Stripe.Event {
  const object = present(box, event.data.object as object);
  return { ...event, data: { ...event.data, object } } as Stripe.Event;
}

/** A hosted page's address, wherever the sandbox was when it wrote it down. */
function here(box: Box, address: string | null | undefined): string | null {
  return address ? `${box.origin}${new URL(address).pathname}` : null;
}

/** Puts objects in the place of their ids, along paths such as `data.items.data.price.product`. Throws for what has none. */
export function expand<T extends object>(box: Box, thing: T, paths: string[] = []): T {
  return paths.reduce<object>((current, path) => {
    const parts = path.split('.');
    if (parts.filter((part) => part !== 'data').length > MAX_DEPTH)
      throw invalidRequest(
        `You cannot expand more than ${MAX_DEPTH} levels of a property. Property: ${path}`,
      );
    return expandPath(box, current, parts, path) as object;
  }, thing) as T;
}

function expandPath(box: Box, value: unknown, [key, ...rest]: string[], path: string): unknown {
  if (key === undefined || value === null || value === undefined) return value;
  if (Array.isArray(value)) return value.map((one) => expandPath(box, one, [key, ...rest], path));
  if (typeof value !== 'object') throw notExpandable(path);
  const thing = value as Thing;
  const extra = expandable[String(thing.object)]?.[key];
  const child = extra && !(key in thing) ? extra(box, thing) : thing[key];
  if (child === undefined && !extra && !(key in thing)) throw notExpandable(path);
  const isOnWay = rest.length > 0 || extra !== undefined;
  const resolved = Array.isArray(child)
    ? child.map((one) => resolve(box, key, one, isOnWay, path))
    : resolve(box, key, child, isOnWay, path);
  return { ...thing, [key]: expandPath(box, resolved, rest, path) };
}

function resolve(box: Box, key: string, value: unknown, mayStay: boolean, path: string): unknown {
  if (value === null || value === undefined) return value;
  if (typeof value !== 'string') {
    if (typeof value === 'object' || mayStay) return value;
    throw notExpandable(path);
  }
  const table = key === 'coupon' ? 'coupons' : tablesByPrefix[/^([a-z]+)_/.exec(value)?.[1] ?? ''];
  const found = table && box.store.get(table, value);
  if (found) return present(box, found);
  const gone = box.store.get('deleted_customers', value);
  if (gone) return gone;
  throw notExpandable(path);
}

function notExpandable(path: string) {
  return invalidRequest(`This property cannot be expanded (${path}).`, 'expand');
}
