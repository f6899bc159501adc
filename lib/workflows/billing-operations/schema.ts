import { z } from 'zod';
import { billingState } from '@/lib/billing/schema';
import { type PlanId, plans } from '@/lib/plans/plans';
import { reasonSchema } from '@/lib/platform/schema';

const time = z.iso.datetime();
const tenant = z.object({ tenantId: z.uuid(), reason: reasonSchema });
const planIds = Object.keys(plans) as [PlanId, ...PlanId[]];

/** A year is the longest: what is given for longer is a plan of its own. */
const MAX_DAYS = 366;
const until = z
  .string()
  .refine((text) => !Number.isNaN(Date.parse(text)), 'expected a time such as 2026-12-31T00:00:00Z')
  .transform((text) => new Date(text))
  .refine((date) => date.getTime() > Date.now(), 'expected a time to come')
  .refine((date) => date.getTime() <= Date.now() + MAX_DAYS * 86_400_000, 'expected a time within a year');

/** Money is in US cents: a text from a field is read as whole cents. */
const cents = z.coerce
  .number('expected an amount in cents')
  .int('expected whole cents')
  .min(1, 'expected at least one cent')
  .max(10_000_000, 'expected at most 10,000,000 cents');

export const compInput = tenant.extend({ plan: z.enum(planIds, 'Choose a plan.'), until });
export const creditInput = tenant.extend({ cents });
export const graceInput = tenant.extend({ until });

export const replayInput = z.object({ eventId: z.string().min(1).max(255), reason: reasonSchema });
export const retryReportInput = z.object({
  tenantId: z.uuid(),
  reportId: z.string().regex(/^\d{1,18}$/, 'expected the number of a report'),
  reason: reasonSchema,
});

/** How a tenant pays, as operators see it: with its customer at Stripe, and where the dashboard shows that. */
export const tenantBilling = billingState.extend({
  customer: z.object({ id: z.string(), dashboard_url: z.url().nullable() }).nullable(),
});
export type TenantBilling = z.infer<typeof tenantBilling>;

export const eventStates = ['waiting', 'done', 'ignored', 'failed'] as const;
export const eventSearch = z.object({
  state: z.enum(eventStates).optional().catch(undefined),
  before: time.optional().catch(undefined),
});
export type EventFilter = z.output<typeof eventSearch>;

/** An event of Stripe as operators see it. */
export const stripeEvent = z.object({
  id: z.string(),
  type: z.string(),
  state: z.enum(eventStates),
  tenant_id: z.uuid().nullable(),
  slug: z.string().nullable(),
  created_at: time,
  received_at: time,
  done_at: time.nullable(),
  replayed_at: time.nullable(),
  error: z.string().nullable(),
  payload: z.record(z.string(), z.unknown()),
});
export type StripeEvent = z.infer<typeof stripeEvent>;

/** How billing stands over all tenants. */
export const billingOverview = z.object({
  mode: z.enum(['live', 'test', 'sandbox']).nullable(),
  takes_webhooks: z.boolean(),
  customers: z.number().int(),
  paying: z.number().int(),
  past_due: z.number().int(),
  events: z.array(stripeEvent).describe('The newest first, 50 at a time.'),
  next: time.nullable(),
  failing: z.array(
    z.object({
      tenant_id: z.uuid(),
      slug: z.string(),
      failures: z.number().int(),
      error: z.string().nullable(),
      what: z.enum(['sync', 'seats']),
    }),
  ),
  usage: z.object({ waiting: z.number().int(), oldest_seconds: z.number().int() }),
  dead_letters: z.array(
    z.object({
      tenant_id: z.uuid(),
      slug: z.string(),
      id: z.string(),
      hour: time,
      delta: z.number().int(),
      identifier: z.string(),
      attempts: z.number().int(),
      dead_at: time,
      reason: z.string(),
    }),
  ),
});
export type BillingOverview = z.infer<typeof billingOverview>;
