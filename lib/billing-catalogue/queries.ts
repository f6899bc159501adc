import { AppError } from '@/lib/errors';
import { type CataloguePrice, catalogue, type Interval, linesOf, TRACE_METER } from '@/lib/plans/catalogue';
import type { PlanId } from '@/lib/plans/plans';
import { ask, askAll, stripeMode } from '@/lib/stripe/client';
import { syncCatalogue } from './mutations';

/** A line of a subscription, with its price's id at Stripe. */
export type SoldLine = CataloguePrice & { priceId: string };

type Known = { prices: Map<string, string>; meterId: string | null; until: number };

// The same catalogue for both of the process's bundles; another target has another.
const CATALOGUE = Symbol.for('ragtoolkit.stripe-catalogue');
const globals = globalThis as { [CATALOGUE]?: Known | undefined };
const KEPT_MS = 600_000;

/** The prices of a plan at Stripe. Throws AppError `unavailable`, also where live prices have not been made yet. */
export async function findLines(plan: PlanId, interval: Interval): Promise<SoldLine[]> {
  const wanted = linesOf(plan, interval);
  const { prices } = await readCatalogue();
  return wanted.map((price) => {
    const priceId = prices.get(price.lookupKey);
    if (!priceId) throw notMade();
    return { ...price, priceId };
  });
}

/** The meter's id at Stripe. Throws AppError `unavailable`. */
export async function findTraceMeter(): Promise<string> {
  const { meterId } = await readCatalogue();
  if (!meterId) throw notMade();
  return meterId;
}

/** Forgets what is known of the catalogue: another Stripe is spoken to. For tests. */
export function forgetCatalogue(): void {
  globals[CATALOGUE] = undefined;
}

async function readCatalogue(): Promise<Known> {
  const known = globals[CATALOGUE];
  if (known && known.until > Date.now()) return known;
  let read = await fetchCatalogue();
  // Where no real money moves nobody has to make prices before they try.
  if (!read && stripeMode() !== 'live') {
    await syncCatalogue({ dryRun: false });
    read = await fetchCatalogue();
  }
  if (!read) throw notMade();
  globals[CATALOGUE] = read;
  return read;
}

/** Null while a price or the meter is missing. */
async function fetchCatalogue(): Promise<Known | null> {
  const keys = catalogue.prices.map(({ lookupKey }) => lookupKey);
  const { data } = await ask('list', (stripe) => stripe.prices.list({ lookup_keys: keys, limit: 100 }));
  const meters = await askAll((stripe, page) => stripe.billing.meters.list({ status: 'active', ...page }));
  const prices = new Map(
    data.flatMap(({ id, lookup_key }) => (lookup_key ? [[lookup_key, id] as const] : [])),
  );
  const meterId = meters.find(({ event_name }) => event_name === TRACE_METER)?.id ?? null;
  return meterId && keys.every((key) => prices.has(key))
    ? { prices, meterId, until: Date.now() + KEPT_MS }
    : null;
}

function notMade(): AppError {
  return new AppError(
    'unavailable',
    'The prices have not been made at Stripe yet: run npm run billing:sync.',
  );
}
