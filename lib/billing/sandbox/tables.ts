import type Stripe from 'stripe';

/** A usage event that a meter has counted. */
export type MeterEventRecord = {
  /** `<event name>/<identifier>`: an identifier is one's own within its meter. */
  id: string;
  meter: string;
  customer: string;
  /** When the usage was, in seconds. */
  timestamp: number;
  value: number;
  /** When it came, in milliseconds of real time: summaries lag behind. */
  received: number;
};

/** What a Checkout session was made with and its object does not say. */
export type CheckoutDraft = {
  id: string;
  items: { price: string; quantity: number | null }[];
  subscription: {
    metadata: Record<string, string>;
    trialDays: number | null;
    trialEnd: number | null;
    description: string | null;
  };
  promotionCode: string | null;
  coupon: string | null;
  /** The card that waits for its owner to be authenticated. */
  pendingPaymentMethod: string | null;
};

/** How a card behaves, which a payment method's object does not say. */
export type CardBehaviour = { id: string; number: string; isAuthenticated: boolean };

/** Somebody is asked to prove that a card is theirs. */
export type Challenge = {
  id: string;
  created: number;
  paymentMethod: string;
  for:
    | { kind: 'checkout'; session: string }
    | { kind: 'invoice'; invoice: string }
    | { kind: 'portal'; session: string; makeDefault: boolean };
};

/** An event on its way to a webhook endpoint. */
export type Delivery = {
  id: string;
  event: string;
  /** The id of a webhook endpoint, or `default` for the one that the sandbox was started with. */
  endpoint: string;
  attempts: number;
  /** Real time in milliseconds of the next attempt; null when there is none. */
  nextAt: number | null;
  status: 'pending' | 'delivered' | 'failed' | 'dropped';
  lastAnswer: string | null;
};

/** That something has been done once, such as telling of an invoice to come. */
export type Mark = { id: string; at: number };

/** The answer that a request with this idempotency key had. */
export type StoredAnswer = { id: string; fingerprint: string; status: number; body: string; created: number };

/** Everything that the sandbox keeps, each row by its `id`. */
export type Tables = {
  customers: Stripe.Customer;
  deleted_customers: Stripe.DeletedCustomer;
  balance_transactions: Stripe.CustomerBalanceTransaction;
  products: Stripe.Product;
  prices: Stripe.Price;
  coupons: Stripe.Coupon;
  promotion_codes: Stripe.PromotionCode;
  discounts: Stripe.Discount;
  meters: Stripe.Billing.Meter;
  meter_events: MeterEventRecord;
  payment_methods: Stripe.PaymentMethod;
  cards: CardBehaviour;
  payment_intents: Stripe.PaymentIntent;
  invoice_payments: Stripe.InvoicePayment;
  subscriptions: Stripe.Subscription;
  invoices: Stripe.Invoice;
  invoice_items: Stripe.InvoiceItem;
  checkout_sessions: Stripe.Checkout.Session;
  checkout_drafts: CheckoutDraft;
  portal_configurations: Stripe.BillingPortal.Configuration;
  portal_sessions: Stripe.BillingPortal.Session;
  challenges: Challenge;
  test_clocks: Stripe.TestHelpers.TestClock;
  events: Stripe.Event;
  webhook_endpoints: Stripe.WebhookEndpoint;
  deliveries: Delivery;
  marks: Mark;
  answers: StoredAnswer;
};

export type TableName = keyof Tables;

/** The tables by name, in the order in which a snapshot writes them. */
export const tableNames = Object.keys({
  customers: true,
  deleted_customers: true,
  balance_transactions: true,
  products: true,
  prices: true,
  coupons: true,
  promotion_codes: true,
  discounts: true,
  meters: true,
  meter_events: true,
  payment_methods: true,
  cards: true,
  payment_intents: true,
  invoice_payments: true,
  subscriptions: true,
  invoices: true,
  invoice_items: true,
  checkout_sessions: true,
  checkout_drafts: true,
  portal_configurations: true,
  portal_sessions: true,
  challenges: true,
  test_clocks: true,
  events: true,
  webhook_endpoints: true,
  deliveries: true,
  marks: true,
  answers: true,
} satisfies Record<TableName, true>) as TableName[];
