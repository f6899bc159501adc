import type Stripe from 'stripe';
import { type Box, customerNow, find } from '../box';
import { newObjectId } from '../wire';

type Adjustment = {
  amount: number;
  currency: string;
  type: Stripe.CustomerBalanceTransaction.Type;
  invoice?: string;
  description?: string | null;
  metadata?: Record<string, string>;
};

/** Changes what a customer has to their credit (negative) or owes beside invoices (positive), in the currency's minor unit. */
export function adjustBalance(
  box: Box,
  customerId: string,
  change: Adjustment,
): Stripe.CustomerBalanceTransaction {
  const customer = find(box, 'customers', customerId);
  const ending = customer.balance + change.amount;
  box.store.put('customers', {
    ...customer,
    balance: ending,
    currency: customer.currency ?? change.currency,
  });
  const transaction = {
    id: newObjectId('cbtxn'),
    object: 'customer_balance_transaction',
    amount: change.amount,
    checkout_session: null,
    created: customerNow(box, customerId),
    credit_note: null,
    currency: change.currency,
    customer: customerId,
    customer_account: null,
    description: change.description ?? null,
    ending_balance: ending,
    invoice: change.invoice ?? null,
    livemode: false,
    metadata: change.metadata ?? {},
    type: change.type,
  } satisfies Stripe.CustomerBalanceTransaction;
  box.store.put('balance_transactions', transaction);
  return transaction;
}
