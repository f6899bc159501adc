import type Stripe from 'stripe';
import { type Catalogue, type CataloguePrice, CURRENCY, productIdOf, type Tier } from '@/lib/plans/catalogue';

/** What is at Stripe already. */
export type Found = {
  products: readonly Stripe.Product[];
  prices: readonly Stripe.Price[];
  meters: readonly Stripe.Billing.Meter[];
};

/** A thing to be done at Stripe, with a line that says it. */
export type Change = { line: string } & (
  | { kind: 'create-product' | 'update-product'; product: Catalogue['products'][number] }
  | { kind: 'create-meter' }
  | { kind: 'rename-meter'; id: string }
  | { kind: 'create-price'; price: CataloguePrice }
);

/**
 * What is to be done at Stripe for it to have the catalogue; nothing where it has. Prices cannot be changed there: throws an
 * Error that names a price whose amounts differ, for then the version in the table of plans has to be raised.
 */
export function changesFor(wanted: Catalogue, found: Found): Change[] {
  const changes: Change[] = [];
  for (const product of wanted.products) {
    const known = found.products.find(({ id }) => id === product.id);
    if (!known) changes.push({ kind: 'create-product', product, line: `create the product ${product.id}` });
    else if (known.name !== product.name || known.description !== product.description)
      changes.push({ kind: 'update-product', product, line: `update the product ${product.id}` });
  }
  const meter = found.meters.find(({ event_name }) => event_name === wanted.meter.eventName);
  if (!meter) changes.push({ kind: 'create-meter', line: `create the meter ${wanted.meter.eventName}` });
  else if (meter.display_name !== wanted.meter.displayName)
    changes.push({ kind: 'rename-meter', id: meter.id, line: `rename the meter ${wanted.meter.eventName}` });
  for (const price of wanted.prices) {
    const known = found.prices.find(({ lookup_key }) => lookup_key === price.lookupKey);
    if (!known) changes.push({ kind: 'create-price', price, line: `create the price ${price.lookupKey}` });
    else if (!isSamePrice(price, known, meter?.id))
      throw new Error(
        `The price ${price.lookupKey} is another one at Stripe, where prices cannot be changed: raise priceVersion of the plan ${price.plan} in lib/plans/plans.ts.`,
      );
  }
  return changes;
}

/** A price as Stripe is to make it. */
export function toPriceParams(
  price: CataloguePrice,
  meterId: string,
  decimal: (text: string) => Stripe.Decimal,
): Stripe.PriceCreateParams {
  const recurring =
    price.kind === 'traces'
      ? { interval: price.interval, usage_type: 'metered' as const, meter: meterId }
      : { interval: price.interval };
  return {
    product: productIdOf(price.plan),
    currency: CURRENCY,
    nickname: price.name,
    lookup_key: price.lookupKey,
    recurring,
    ...('cents' in price
      ? { unit_amount: price.cents }
      : {
          billing_scheme: 'tiered' as const,
          tiers_mode: 'graduated' as const,
          tiers: price.tiers.map(({ upTo, cents }) => ({
            up_to: upTo ?? ('inf' as const),
            unit_amount_decimal: decimal(cents),
          })),
        }),
  };
}

function isSamePrice(price: CataloguePrice, known: Stripe.Price, meterId: string | undefined): boolean {
  if (known.currency !== CURRENCY || known.recurring?.interval !== price.interval) return false;
  if (price.kind === 'traces' && known.recurring.meter !== meterId) return false;
  if ('cents' in price) return known.unit_amount === price.cents;
  const tiers = known.tiers ?? [];
  return (
    tiers.length === price.tiers.length && price.tiers.every((tier, index) => isSameTier(tier, tiers[index]))
  );
}

function isSameTier({ upTo, cents }: Tier, known: Stripe.Price.Tier | undefined): boolean {
  if (!known || known.up_to !== upTo) return false;
  return Number(known.unit_amount_decimal ?? known.unit_amount ?? 0) === Number(cents);
}
