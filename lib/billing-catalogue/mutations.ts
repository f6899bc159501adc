import Stripe from 'stripe';
import { catalogue } from '@/lib/plans/catalogue';
import { ask, askAll } from '@/lib/stripe/client';
import { type Change, changesFor, toPriceParams } from './rules';

/**
 * Brings the catalogue at Stripe (products, prices, meter) to what the table of plans says, and answers what was done, or
 * with `dryRun` what would be. Doing it again, or twice at once, changes nothing more. Throws AppError `unavailable`, and an
 * Error where a price at Stripe has other amounts than the table.
 */
export async function syncCatalogue({ dryRun }: { dryRun: boolean }): Promise<string[]> {
  const keys = catalogue.prices.map(({ lookupKey }) => lookupKey);
  const products = await askAll((stripe, page) =>
    stripe.products.list({ ids: catalogue.products.map(({ id }) => id), ...page }),
  );
  const prices = await askAll((stripe, page) =>
    stripe.prices.list({ lookup_keys: keys, expand: ['data.tiers'], ...page }),
  );
  const meters = await askAll((stripe, page) => stripe.billing.meters.list({ status: 'active', ...page }));
  const changes = changesFor(catalogue, { products, prices, meters });
  if (dryRun) return changes.map(({ line }) => line);
  let meterId = meters.find(({ event_name }) => event_name === catalogue.meter.eventName)?.id ?? '';
  for (const change of changes) {
    const made = await make(change, meterId);
    if (change.kind === 'create-meter') meterId = made;
  }
  return changes.map(({ line }) => line);
}

/** Does one thing; the key makes a repetition, or another process that does the same, get the first one's answer. */
async function make(change: Change, meterId: string): Promise<string> {
  const { eventName, displayName } = catalogue.meter;
  if (change.kind === 'create-meter') {
    const meter = await ask('billing.meter', (stripe) =>
      stripe.billing.meters.create(
        {
          display_name: displayName,
          event_name: eventName,
          default_aggregation: { formula: 'sum' },
          customer_mapping: { type: 'by_id', event_payload_key: 'stripe_customer_id' },
          value_settings: { event_payload_key: 'value' },
        },
        { idempotencyKey: `catalogue ${eventName}` },
      ),
    );
    return meter.id;
  }
  if (change.kind === 'rename-meter') {
    await ask('billing.meter', (stripe) =>
      stripe.billing.meters.update(change.id, { display_name: displayName }),
    );
    return change.id;
  }
  if (change.kind === 'create-price') {
    const params = toPriceParams(change.price, meterId, Stripe.Decimal.from);
    const price = await ask('price', (stripe) =>
      stripe.prices.create(params, { idempotencyKey: `catalogue ${change.price.lookupKey} ${meterId}` }),
    );
    return price.id;
  }
  const { id, name, description } = change.product;
  const product = await ask('product', (stripe) =>
    change.kind === 'create-product'
      ? stripe.products.create({ id, name, description }, { idempotencyKey: `catalogue ${id} ${name}` })
      : stripe.products.update(id, { name, description }),
  );
  return product.id;
}
