import { z } from 'zod';
import { toStorable } from '@/lib/text';

const MAX_PER_SECOND = 100_000;
const whole = (what: string) =>
  z.coerce
    .number(`${what} is a whole number from 1.`)
    .int(`${what} is a whole number from 1.`)
    .min(1, `${what} is a whole number from 1.`)
    .max(MAX_PER_SECOND, `${what} is at most ${MAX_PER_SECOND}.`);

/** The rate that an operator gives a tenant for a time, and why. */
export const tenantRateInput = z.object({
  perSecond: whole('The rate'),
  burst: whole('The burst'),
  expiresAt: z.coerce
    .date('The end is a time such as 2027-01-31 or 2027-01-31T12:00Z.')
    .refine((at) => at.getTime() > Date.now(), 'The end is a time to come.'),
  reason: z
    .string('Say why.')
    .overwrite(toStorable)
    .trim()
    .min(3, 'Say why.')
    .max(500, 'At most 500 characters.'),
});
export type TenantRateInput = z.output<typeof tenantRateInput>;

const stretch = {
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  /** Requests let through, and refused for their rate. */
  admitted: z.number(),
  limited: z.number(),
};

/** A key's part in the last quarter of an hour, and what an admin allows it. */
export const keyUse = z.object({
  keyId: z.uuid(),
  name: z.string(),
  admitted: z.number(),
  limited: z.number(),
  /** Requests a second at most; null is the workspace's whole rate. */
  cap: z.number().nullable(),
  /** A key that is revoked or has expired is shown for what it sent, and has no cap to set. */
  isLive: z.boolean(),
});
export type KeyUse = z.infer<typeof keyUse>;

/** A tenant's rate against its limit. Times are UTC; stretches of 10 s, the newest last. */
export const rateUsage = z.object({
  limit: z.object({
    perSecond: z.number(),
    burst: z.number(),
    from: z.enum(['policy', 'plan', 'operator']),
    /** When what an operator has set runs out; null otherwise. */
    until: z.iso.datetime().nullable(),
  }),
  stretches: z.array(z.object(stretch)),
  hours: z.array(z.object(stretch)),
  keys: z.array(keyUse),
});
export type RateUsage = z.infer<typeof rateUsage>;

/** A tenant among those that asked most in the last ten minutes; the limit is in requests a second. */
export type HotTenant = { slug: string; perSecond: number; limited: number; limit: number };
