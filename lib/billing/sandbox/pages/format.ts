import type Stripe from 'stripe';
import { type Html, html } from './html';

/** A day as it stands on invoices, in UTC: `1 Mar 2030`. */
export function day(at: number): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' }).format(at * 1_000);
}

const brands: Record<string, string> = { visa: 'Visa', mastercard: 'Mastercard', amex: 'American Express' };

/** `Visa •••• 4242`. */
export function cardName(method: Stripe.PaymentMethod): string {
  const brand = method.card?.brand ?? '';
  return `${brands[brand] ?? brand} •••• ${method.card?.last4 ?? ''}`;
}

/** `12 / 2034`. */
export function cardExpiry(method: Stripe.PaymentMethod): string {
  return `${String(method.card?.exp_month ?? '').padStart(2, '0')} / ${method.card?.exp_year ?? ''}`;
}

const invoiceTones: Record<string, string> = { paid: 'good', open: 'warn', uncollectible: 'bad' };
const subscriptionTones: Record<string, string> = {
  active: 'good',
  trialing: 'good',
  past_due: 'bad',
  unpaid: 'bad',
  incomplete: 'warn',
};

/** What state an invoice is in. */
export function invoiceBadge(invoice: Stripe.Invoice): Html {
  const status = invoice.status ?? 'draft';
  return html`<span class="badge ${invoiceTones[status] ?? ''}">${sentence(status)}</span>`;
}

/** What state a subscription is in. */
export function subscriptionBadge(subscription: Stripe.Subscription): Html {
  const { status } = subscription;
  return html`<span class="badge ${subscriptionTones[status] ?? ''}">${sentence(status)}</span>`;
}

function sentence(status: string): string {
  return status.charAt(0).toUpperCase() + status.slice(1).replaceAll('_', ' ');
}
