import { z } from 'zod';
import { intervals } from '@/lib/plans/catalogue';
import { type PlanId, plans } from '@/lib/plans/plans';

/** Times are ISO 8601 in UTC, money is in the currency's minor unit: cents. */
const time = z.iso.datetime();
const cents = z.number().int();

const planIds = Object.keys(plans) as [PlanId, ...PlanId[]];
const planList = `expected one of ${planIds.join(', ')}`;
const planId = z.enum(planIds, planList);
const interval = z.enum(intervals, `expected ${intervals.join(' or ')}`);

/** How a workspace pays, and what follows from it: the answer of `GET /api/v1/billing`. */
export const billingState = z.object({
  mode: z
    .enum(['live', 'test', 'sandbox'])
    .nullable()
    .describe('Whom the installation speaks to; only `live` moves money. Null where billing is not set up.'),
  plan: planId,
  plan_name: z.string(),
  access: z
    .enum(['full', 'grace', 'read-only', 'none'])
    .describe(
      'What the subscription allows. `grace`: everything, until `read_only_at`; `none`: nothing is subscribed.',
    ),
  subscription: z
    .object({
      id: z.string(),
      status: z.string().describe('As Stripe tells it: active, past_due, unpaid, canceled …'),
      interval: interval.nullable(),
      seats: z.number().int().nullable(),
      period_start: time,
      period_end: time,
      cancel_at: time.nullable().describe('When it ends, if nobody resumes it.'),
    })
    .nullable(),
  past_due_since: time.nullable(),
  read_only_at: time.nullable(),
  comp: z
    .object({ plan: planId, until: time })
    .nullable()
    .describe('A plan that support has given until then.'),
  grace_until: time.nullable(),
  seats: z.object({
    used: z.number().int(),
    included: z.number().int().nullable(),
    extra_cents: cents.nullable(),
  }),
  payment_method: z
    .object({ brand: z.string(), last4: z.string(), exp_month: z.number().int(), exp_year: z.number().int() })
    .nullable(),
  open_invoice: z
    .object({
      id: z.string(),
      number: z.string().nullable(),
      currency: z.string(),
      amount_due: cents,
      hosted_url: z.string().nullable(),
      next_attempt_at: time.nullable(),
    })
    .nullable(),
  synced_at: time.nullable().describe('How fresh this is: when it was fetched from Stripe.'),
  is_stale: z
    .boolean()
    .describe('Whether Stripe could not be reached since something was heard that this does not hold.'),
});
export type BillingState = z.infer<typeof billingState>;

/** An invoice out of our copy. */
export const invoice = z.object({
  id: z.string(),
  number: z.string().nullable(),
  status: z.string(),
  currency: z.string(),
  total: cents,
  amount_due: cents,
  amount_paid: cents,
  is_test: z.boolean().describe('Made by hand to see one: nobody is to pay it.'),
  created_at: time,
  due_at: time.nullable(),
  period_start: time,
  period_end: time,
  hosted_url: z.string().nullable(),
  pdf_url: z.string().nullable(),
});
export type Invoice = z.infer<typeof invoice>;

/** The answer of `GET /api/v1/billing/invoices`. */
export const invoiceList = z.object({
  invoices: z.array(invoice).describe('The newest first, 200 at the most.'),
});

/** A line of an invoice: what it is for, how much of it, and what that costs. */
export const invoiceLine = z.object({
  kind: z.enum(['base', 'seats', 'traces', 'other']),
  description: z.string(),
  quantity: z.number().int().nullable(),
  unit_cents: z.string().nullable().describe('The price of one, in cents, as a decimal.'),
  amount: cents,
});
export type InvoiceLine = z.infer<typeof invoiceLine>;

const usage = z.object({
  trace_count: z.number().int(),
  seat_count: z.number().int(),
  period_start: time,
  period_end: time,
});

/** The answer of `GET /api/v1/billing/upcoming`: what the next invoice comes to as things stand. */
export const upcomingInvoice = z.object({
  source: z
    .enum(['stripe', 'estimate'])
    .describe('`estimate`: Stripe could not be reached; by the prices of the plan and the usage so far.'),
  currency: z.string(),
  due_at: time,
  lines: z.array(invoiceLine).describe('One for each tier.'),
  total: cents,
  reported_traces: z
    .number()
    .int()
    .nullable()
    .describe('What Stripe has counted so far; the last hour comes later.'),
  usage,
});
export type UpcomingInvoice = z.infer<typeof upcomingInvoice>;

/** The answer of `POST /api/v1/billing/invoice/test`. */
export const testInvoice = z.object({
  id: z.string(),
  number: z.string(),
  status: z.string(),
  currency: z.string(),
  total: cents,
  hosted_url: z.string(),
  pdf_url: z.string(),
  plan: planId.describe('By whose prices.'),
  lines: z.array(invoiceLine),
  usage: usage.describe('What `GET /api/v1/usage` says.'),
});
export type TestInvoice = z.infer<typeof testInvoice>;

export const checkoutInput = z.object({ plan: planId, interval: interval.default('monthly') });
export type CheckoutInput = z.output<typeof checkoutInput>;

/** Where to pay. Shown within the page where there is a `client_secret`; otherwise the browser goes to `url`. */
export const checkout = z.object({
  id: z.string(),
  url: z.string().nullable(),
  client_secret: z.string().nullable(),
});
export type Checkout = z.infer<typeof checkout>;

export const portal = z.object({ url: z.string() });

/** The query of `POST /api/v1/billing/subscription`. */
export const subscriptionQuery = z.object({
  plan: planId,
  interval: interval.optional(),
});
export type SubscriptionQuery = z.output<typeof subscriptionQuery>;

/** What became of it: done, or something is left to do by a person at `url`. */
export const subscriptionAnswer = z.object({
  action: z.enum(['none', 'changed', 'checkout', 'cancelled', 'resumed']),
  url: z.string().nullable().describe('Where an admin goes on, for `checkout`.'),
  billing: billingState,
});
export type SubscriptionAnswer = z.infer<typeof subscriptionAnswer>;

/** A change that is to be priced before it is made: another interval, or another number of seats. */
export const changeInput = z.object({
  interval: interval.optional(),
  seats: z
    .number()
    .int('expected a whole number')
    .min(1, 'expected at least 1')
    .max(10_000, 'expected at most 10,000')
    .optional(),
});
export type ChangeInput = z.output<typeof changeInput>;

/** What a change costs: now, and with the next invoice. `proration_date` is given back with the change itself. */
export const changePreview = z.object({
  currency: z.string(),
  due_now: cents.describe('Charged at once; below zero it is credited.'),
  lines: z.array(invoiceLine),
  next_total: cents.nullable(),
  proration_date: z.number().int(),
});
export type ChangePreview = z.infer<typeof changePreview>;

export const changeIntervalInput = z.object({ interval, proration_date: z.number().int() });
export const empty = z.object({});

/** A plan as the page of billing offers it. Money is in integer US cents; null is "by agreement". */
export type Offer = {
  id: PlanId;
  name: string;
  audience: string;
  price: { monthly: number; yearly: number } | null;
  included: { seats: number; traces: number } | null;
  overage: { perSeat: number; per1000Traces: number } | null;
};

export type BillingPage = {
  billing: BillingState;
  invoices: Invoice[];
  upcoming: UpcomingInvoice | null;
  used: { traces: number; includedTraces: number | null; periodEnd: string };
  offers: Offer[];
  /** What of the present use the free plan has no room for, in sentences. */
  exceeds: string[];
};

export type PaymentNotice = { access: 'grace' | 'read-only'; readOnlyAt: string | null };
