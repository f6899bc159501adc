import type Stripe from 'stripe';
import type { Box } from '../box';
import { idOf } from '../wire';
import { fullPrice, isMetered, itemLines, type Period } from './lines';
import { customerOf } from './save';
import { usageBetween } from './usage';

/** The lines of a draft with its metered ones counted anew. */
export function recountMetered(box: Box, draft: Stripe.Invoice, at: number): Stripe.InvoiceLineItem[] {
  const seen = new Set<string>();
  return draft.lines.data.flatMap((line) => {
    const details = line.parent?.subscription_item_details;
    const priceId = line.pricing?.price_details?.price;
    if (!details || details.invoice_item !== null || !priceId) return [line];
    const price = fullPrice(box, { id: idOf(priceId) });
    // A period that is still under way is billed when it has ended.
    if (!isMetered(price) || line.period.end > at) return [line];
    const key = `${details.subscription_item} ${line.period.start}`;
    if (seen.has(key)) return [];
    seen.add(key);
    const item = {
      id: details.subscription_item,
      price,
      subscription: details.subscription ?? '',
      metadata: line.metadata,
    } as Stripe.SubscriptionItem;
    return meteredLines(box, draft.id, customerOf(draft), item, line.period);
  });
}

/** The lines of what a meter has counted in a period. */
export function meteredLines(
  box: Box,
  invoice: string,
  customer: string,
  item: Stripe.SubscriptionItem,
  period: Period,
): Stripe.InvoiceLineItem[] {
  const meter = item.price.recurring?.meter ?? '';
  return itemLines(box, invoice, item, usageBetween(box, meter, customer, period.start, period.end), period);
}
