import { z } from 'zod';
import { daySchema } from '@/lib/moments';
import { plans } from '@/lib/plans/plans';
import { toStorable } from '@/lib/text';

/** Tenants on one page of the console. */
export const TENANTS_PER_PAGE = 50;
const MAX_LIMIT = 200;

export const tenantStatuses = ['active', 'suspended', 'deleting'] as const;

/**
 * What may be the matter with a tenant, and what that is called. Each has its condition in `queries.ts`: whoever adds a flag
 * here is told by the compiler what is missing there.
 */
export const tenantFlags = {
  'over-quota': 'Over its quota',
  'past-due': 'Has not paid',
  'late-metering': 'Late in metering',
  limited: 'Limited in the last 24 hours',
  unconfirmed: 'Not confirmed yet',
  'no-support': 'Support forbidden',
  quiet: 'No trace for 30 days',
} as const satisfies Record<string, string>;
export type TenantFlag = keyof typeof tenantFlags;
const flagNames = Object.keys(tenantFlags) as [TenantFlag, ...TenantFlag[]];
const planNames = Object.keys(plans) as [keyof typeof plans, ...(keyof typeof plans)[]];

const words = z
  .string()
  .overwrite(toStorable)
  .trim()
  .max(200, 'expected at most 200 characters')
  .transform((text) => text || undefined);

const filterFields = {
  q: words
    .optional()
    .describe('Text in the name, the address or a member’s e-mail address, or the tenant’s id.'),
  plan: z.enum(planNames).optional(),
  status: z.enum(tenantStatuses).optional(),
  flag: z
    .enum(flagNames)
    .optional()
    .describe(`What is the matter: ${flagNames.map((flag) => `\`${flag}\``).join(', ')}.`),
  from: daySchema.optional().describe('Signed up on this day or later, in UTC.'),
  to: daySchema.optional().describe('Signed up on this day or earlier, in UTC.'),
};

/** Which tenants: all that is not given does not matter. Days are in UTC and inclusive. */
export type TenantFilter = {
  q?: string | undefined;
  plan?: keyof typeof plans | undefined;
  status?: (typeof tenantStatuses)[number] | undefined;
  flag?: TenantFlag | undefined;
  from?: string | undefined;
  to?: string | undefined;
};

/** What the console's list reads from the address bar: what is malformed falls back to "no filter". */
export const tenantSearch = z.object({
  q: filterFields.q.catch(undefined),
  plan: filterFields.plan.catch(undefined),
  status: filterFields.status.catch(undefined),
  flag: filterFields.flag.catch(undefined),
  from: filterFields.from.catch(undefined),
  to: filterFields.to.catch(undefined),
  cursor: z.string().max(500).optional().catch(undefined),
});

const whole = (least: number, most: number) =>
  z.coerce.number().int(`expected a whole number from ${least} to ${most}`).min(least).max(most);

/** The query of the API's list: the same filters, of which a malformed one is an error here. */
export const tenantListQuery = z.object({
  ...filterFields,
  skip: whole(0, 1_000_000).default(0).describe('Tenants to leave out at the beginning.'),
  limit: whole(1, MAX_LIMIT).default(TENANTS_PER_PAGE).describe('Tenants in the answer.'),
});
export const tenantCsvQuery = z.object(filterFields);

/** A tenant in the operator's list. Times are ISO 8601 in UTC, money integer US cents, days and months those of UTC. */
export const tenantListRow = z.object({
  id: z.uuid(),
  slug: z.string(),
  name: z.string(),
  status: z.enum(tenantStatuses),
  plan: z.string(),
  created_at: z.iso.datetime(),
  members: z.number().int(),
  traces_today: z.number().int(),
  traces_month: z.number().int(),
  rate_now: z.number().describe('Requests a second by its keys, over the last minute.'),
  limited_24h: z.number().int().describe('Requests answered 429 in the last 24 hours.'),
  storage_bytes: z.number().int().describe('What its schema takes on disk, indexes included.'),
  last_activity_at: z.iso.datetime().nullable(),
  billing: z
    .string()
    .describe('The state of its subscription as Stripe names it; `comped` is a plan given, `none` neither.'),
  revenue_month: z
    .number()
    .int()
    .describe('What its subscription brings in a month, without usage; of a yearly one a twelfth.'),
});
export type TenantListRow = z.infer<typeof tenantListRow>;

/** A page of the list, the newest tenant first. `nextCursor` is null on the last one. */
export type TenantListPage = { tenants: TenantListRow[]; total: number; nextCursor: string | null };
export const tenantListAnswer = z.object({
  tenants: z.array(tenantListRow),
  total: z.number().int().describe('Tenants that fit the filters.'),
});

/** A plan by its id. */
export type PlanName = keyof typeof plans;

/** The plans that a filter or a form offers. */
export const planChoices = Object.entries(plans).map(([value, { name }]) => ({ value, label: name }));
