import type Stripe from 'stripe';
import { z } from 'zod';
import { type Box, find } from '../box';
import { previewInvoice } from '../engine/preview';
import { invalidRequest } from '../errors';
import { emptyable, flag, integer, parameters, text } from '../params';
import { route } from '../router';
import { discountList, itemChange, prorationBehavior } from './subscription-params';

const previewParams = parameters<Stripe.InvoiceCreatePreviewParams>()({
  customer: text.optional(),
  subscription: text.optional(),
  automatic_tax: z.strictObject({ enabled: flag }).optional(),
  currency: text.optional(),
  discounts: emptyable(discountList).optional(),
  invoice_items: z
    .array(z.strictObject({ amount: integer, currency: text, description: text.optional() }))
    .optional(),
  preview_mode: z.enum(['next']).optional(),
  subscription_details: z
    .strictObject({
      billing_cycle_anchor: z.enum(['now', 'unchanged']).optional(),
      billing_mode: z.strictObject({ type: z.literal('flexible') }).optional(),
      cancel_at_period_end: flag.optional(),
      cancel_now: flag.optional(),
      items: z.array(itemChange).optional(),
      proration_behavior: prorationBehavior.optional(),
      proration_date: integer.optional(),
      trial_end: z.union([z.literal('now'), integer]).optional(),
    })
    .optional(),
});

function preview(box: Box, params: z.infer<typeof previewParams>): Stripe.Invoice {
  const { subscription_details: details } = params;
  const [own] = params.subscription
    ? [find(box, 'subscriptions', params.subscription, 'subscription')]
    : box.store.where('subscriptions', (row) => row.customer === params.customer && row.ended_at === null);
  const customer = params.customer ?? (own ? String(own.customer) : undefined);
  if (!customer)
    throw invalidRequest(
      'You must provide either a `customer` or a `subscription`.',
      'customer',
      'parameter_missing',
    );
  find(box, 'customers', customer, 'customer');
  // Items without an id and no subscription named: those of one that there is not yet.
  const isNew = !params.subscription && details?.items !== undefined;
  const ends = own?.items.data.map((item) => item.current_period_end) ?? [];
  return previewInvoice(box, {
    customer,
    subscription: isNew ? null : (own?.id ?? null),
    cancelsNow: details?.cancel_now ?? false,
    change:
      details && !isNew
        ? {
            items: details.items?.map(({ clear_usage: _, ...item }) => item),
            proration: details.proration_behavior,
            prorationDate: details.proration_date,
            resetAnchor: details.billing_cycle_anchor === 'now',
            trialEnd: details.trial_end,
            discounts: params.discounts,
            fields: details.cancel_at_period_end
              ? { cancel_at: Math.max(...ends), cancel_at_period_end: true }
              : details.cancel_at_period_end === false
                ? { cancel_at: null, cancel_at_period_end: false }
                : {},
          }
        : null,
    newItems: isNew
      ? (details?.items ?? []).map((item) => ({ price: item.price ?? '', quantity: item.quantity }))
      : [],
    extra: (params.invoice_items ?? []).map((item) => ({ ...item, description: item.description ?? null })),
  });
}

export const invoicePreviewRoutes = [route('POST', '/v1/invoices/create_preview', previewParams, preview)];
