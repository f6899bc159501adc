import { z } from 'zod';
import { reasonSchema } from '@/lib/platform/schema';

/** Of what shares of an amount admins are told by mail, in percent. */
export const alertPercents = [80, 100] as const;
export type AlertPercent = (typeof alertPercents)[number];

/** What a spend cap may be at the most, in cents: nothing that is typed by mistake is taken. */
export const MAX_CAP = 100_000_000;

const time = z.iso.datetime();
const cents = z.number().int();
const traces = z.number().int();

/** What traces a tenant may store in a period, and what more cost. */
export const quota = z.object({
  /** Paid for with the plan; null is "as agreed", without an end. */
  included: traces.nullable(),
  /** What a thousand more cost, in cents; null where none can be bought. */
  per1000: cents.nullable(),
  /** Where new ones are refused; null is nowhere. */
  limit: traces.nullable(),
  /** What the limit is there for: the plan ends, or an admin’s spend cap is reached. */
  from: z.enum(['plan', 'cap']).nullable(),
  /** What those beyond the included ones may cost in a period, in cents; null is anything. */
  cap: cents.nullable(),
});
export type Quota = z.infer<typeof quota>;

/** The quota of the current period and what of it is used, for the page. */
export const quotaStanding = z.object({
  ...quota.shape,
  planName: z.string(),
  used: traces,
  /** What is used beyond the included traces, and what that costs so far. */
  over: traces,
  cost: cents,
  state: z.enum(['open', 'near', 'used-up']),
  periodStart: time,
  periodEnd: time,
});
export type QuotaStanding = z.infer<typeof quotaStanding>;

/** What everybody of the tenant is told on top of the console when the limit is near or reached. */
export const quotaNotice = quotaStanding
  .pick({ planName: true, used: true, from: true, periodEnd: true })
  .extend({ limit: traces, state: z.enum(['near', 'used-up']) });
export type QuotaNotice = z.infer<typeof quotaNotice>;

/** The spend cap as an admin sets it, in cents; null takes it away. */
export const setSpendCapInput = z.object({
  cents: z
    .number('The cap is an amount in US dollars, such as 50.')
    .int('The cap has at most two decimals.')
    .min(0, 'The cap is 0 or more.')
    .max(MAX_CAP, `The cap is at most ${(MAX_CAP / 100).toLocaleString('en-US')} US dollars.`)
    .nullable(),
});
export type SetSpendCapInput = z.output<typeof setSpendCapInput>;

export const spendCap = z.object({
  cents: cents.nullable(),
  /** Where new traces are refused with it; null is nowhere. */
  limit: traces.nullable(),
});
export type SpendCap = z.infer<typeof spendCap>;

const whole = (what: string, least: number, most: number) =>
  z.coerce
    .number(`${what} is a whole number from ${least}.`)
    .int(`${what} is a whole number from ${least}.`)
    .min(least, `${what} is a whole number from ${least}.`)
    .max(most, `${what} is at most ${most}.`)
    .nullable()
    .default(null);

/**
 * What an operator agrees with a tenant in place of its plan's amounts, a period; null is as the plan says. Beyond `traces` a
 * thousand cost `per1000Traces` cents, and where that is null they are refused.
 */
export const tenantAmountsInput = z
  .object({
    traces: whole('The number of traces', 0, 1_000_000_000_000),
    per1000Traces: whole('The price of 1,000 more, in cents,', 1, 1_000_000),
    seats: whole('The number of seats', 1, 1_000_000),
    reason: reasonSchema,
  })
  .refine(({ traces, seats }) => traces !== null || seats !== null, {
    path: ['traces'],
    message: 'Say how many traces, or how many seats.',
  })
  .refine(({ traces, per1000Traces }) => traces !== null || per1000Traces === null, {
    path: ['per1000Traces'],
    message: 'A price goes with a number of traces.',
  });
export type TenantAmountsInput = z.output<typeof tenantAmountsInput>;
