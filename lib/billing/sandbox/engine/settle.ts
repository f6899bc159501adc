import type Stripe from 'stripe';
import { type Box, customerNow, emit, find } from '../box';
import { newObjectId } from '../wire';
import { customerOf, saveInvoice, saveSubscription, subscriptionOf } from './save';

/** Notes that an invoice is paid: by a card, by something outside of Stripe, or because there is nothing to pay. */
export function settlePaid(
  box: Box,
  invoice: Stripe.Invoice,
  how: { outOfBand: boolean; intent?: Stripe.PaymentIntent },
): Stripe.Invoice {
  const at = customerNow(box, customerOf(invoice));
  if (how.intent) recordPayment(box, invoice, how.intent, at);
  const paid: Stripe.Invoice = {
    ...invoice,
    amount_paid: how.outOfBand ? 0 : invoice.amount_due,
    ...(how.outOfBand && { amount_paid_off_stripe: invoice.amount_due }),
    amount_remaining: 0,
    attempted: true,
    auto_advance: false,
    next_payment_attempt: null,
    status: 'paid',
    status_transitions: { ...invoice.status_transitions, paid_at: at },
  };
  box.store.put('invoices', paid);
  // As with Stripe, what follows from the payment is written before the events of the invoice.
  const owner = subscriptionOf(paid);
  if (owner) reactivate(box, owner, paid);
  saveInvoice(box, invoice, paid, 'invoice.paid');
  saveInvoice(box, invoice, paid, 'invoice.payment_succeeded');
  return paid;
}

function recordPayment(box: Box, invoice: Stripe.Invoice, intent: Stripe.PaymentIntent, at: number): void {
  const payment = {
    id: newObjectId('inpay'),
    object: 'invoice_payment',
    amount_paid: intent.amount,
    amount_requested: intent.amount,
    created: at,
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { payment_intent: intent.id, type: 'payment_intent' },
    status: 'paid',
    status_transitions: { canceled_at: null, paid_at: at },
  } satisfies Stripe.InvoicePayment;
  const [open] = box.store.where(
    'invoice_payments',
    (row) => row.invoice === invoice.id && row.status === 'open',
  );
  const written = open ? { ...payment, id: open.id, created: open.created } : payment;
  box.store.put('invoice_payments', written);
  emit(box, 'invoice_payment.paid', written, { at });
}

/** A subscription is active again as soon as its newest invoice is paid. */
function reactivate(box: Box, id: string, invoice: Stripe.Invoice): void {
  const before = box.store.get('subscriptions', id);
  if (!before || !['incomplete', 'past_due', 'unpaid'].includes(before.status)) return;
  const newest = box.store
    .where('invoices', (row) => subscriptionOf(row) === id && row.status_transitions.finalized_at !== null)
    .at(-1);
  if (newest && newest.id !== invoice.id) return;
  saveSubscription(box, before, { ...before, status: 'active' });
}

/** Voids an invoice, or gives it up. */
export function closeInvoice(box: Box, id: string, status: 'void' | 'uncollectible'): Stripe.Invoice {
  const before = find(box, 'invoices', id);
  const at = customerNow(box, customerOf(before));
  return saveInvoice(
    box,
    before,
    {
      ...before,
      auto_advance: false,
      next_payment_attempt: null,
      status,
      status_transitions: {
        ...before.status_transitions,
        ...(status === 'void' ? { voided_at: at } : { marked_uncollectible_at: at }),
      },
    },
    status === 'void' ? 'invoice.voided' : 'invoice.marked_uncollectible',
  );
}
