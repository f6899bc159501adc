/** Requests that a tenant's keys may make in a second, evenly, and how many of them at once. */
export type PlanRate = { perSecond: number; burst: number };

/** What a plan says. Money is in integer US cents; null is "by agreement". */
export type Plan = {
  name: string;
  /** For whom it is, in a sentence. */
  audience: string;
  price: { monthly: number; yearly: number } | null;
  /** What a month includes; null is "as agreed". */
  included: { seats: number; traces: number } | null;
  /** What more costs; null where the plan stops at what it includes, or agrees on it. */
  overage: { perSeat: number; per1000Traces: number } | null;
  /**
   * The version of its prices at Stripe, where they cannot be changed: to be raised with any of the amounts above. Null is
   * a plan that nobody pays for by Checkout.
   */
  priceVersion: number | null;
  /** Days that traces are kept; null is "as agreed". */
  retentionDays: number | null;
  /** Where it is another one than the policy `tenant` of lib/rate-limit gives everybody. */
  rate: PlanRate | null;
  features: readonly string[];
};

/** The one table of plans: what the site shows, what is billed and what is allowed come from here. */
export const plans = {
  starter: {
    name: 'Starter',
    audience: 'For trying it on one application.',
    price: { monthly: 0, yearly: 0 },
    included: { seats: 3, traces: 10_000 },
    overage: null,
    priceVersion: null,
    retentionDays: 14,
    rate: null,
    features: ['All of the console and the API', 'A Postgres schema of your own'],
  },
  pro: {
    name: 'Pro',
    audience: 'For a team with answers in production.',
    price: { monthly: 4_900, yearly: 49_000 },
    included: { seats: 5, traces: 200_000 },
    overage: { perSeat: 800, per1000Traces: 20 },
    priceVersion: 1,
    retentionDays: 90,
    rate: null,
    features: ['Everything in Starter'],
  },
  enterprise: {
    name: 'Enterprise',
    audience: 'For limits, retention and terms of your own.',
    price: null,
    included: null,
    overage: null,
    priceVersion: null,
    retentionDays: null,
    rate: { perSecond: 1_000, burst: 2_000 },
    features: ['Everything in Pro', 'Limits and retention as agreed'],
  },
} as const satisfies Record<string, Plan>;

export type PlanId = keyof typeof plans;

/**
 * What an operator has agreed with a workspace in place of its plan's amounts, a period. Null is as the plan says; traces
 * beyond a number of one's own cost `per1000Traces` cents, or are refused where that is null.
 */
export type OwnAmounts = { traces: number | null; per1000Traces: number | null; seats: number | null };

/**
 * What a workspace may have. Seats are people and open invitations, traces those first stored in a period; `limit` is where
 * there are no more: null is nowhere.
 */
export type Entitlements = {
  plan: PlanId;
  planName: string;
  seats: {
    /** Paid for with the plan; null is "as agreed". */
    included: number | null;
    limit: number | null;
    /** What another costs a month, in integer US cents; null where none can be bought. */
    extra: number | null;
  };
  traces: {
    /** Paid for with the plan, a period; null is "as agreed". */
    included: number | null;
    limit: number | null;
    /** What a thousand more cost, in integer US cents; null where none can be bought. */
    per1000: number | null;
  };
};

/**
 * What a plan allows, with what an operator has agreed in its place. A workspace that is not confirmed has what Starter
 * allows, whatever its plan and whatever was agreed; so has one whose plan this table does not know.
 */
export function entitlementsOf(
  plan: string,
  { confirmed, own }: { confirmed: boolean; own?: OwnAmounts | null },
): Entitlements {
  const id = confirmed && isPlanId(plan) ? plan : 'starter';
  const { name, included, overage }: Plan = plans[id];
  const agreed = confirmed ? own : null;
  const seats = agreed?.seats ?? included?.seats ?? null;
  const traces = agreed?.traces ?? included?.traces ?? null;
  const isOwn = agreed?.traces !== null && agreed?.traces !== undefined;
  const per1000 = (isOwn ? agreed.per1000Traces : overage?.per1000Traces) ?? null;
  return {
    plan: id,
    planName: name,
    seats: { included: seats, limit: overage ? null : seats, extra: overage?.perSeat ?? null },
    traces: { included: traces, limit: per1000 === null ? traces : null, per1000 },
  };
}

/** Whether a text, such as one from the database, names a plan. */
export function isPlanId(text: string): text is PlanId {
  return Object.hasOwn(plans, text);
}
