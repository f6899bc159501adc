import { type Plan, type PlanId, plans } from './plans';

/** How often the base price is paid. Seats and traces beyond the included ones are billed each month in either. */
export const intervals = ['monthly', 'yearly'] as const;
export type Interval = (typeof intervals)[number];

/** What a line of a subscription is for. */
export type LineKind = 'base' | 'seats' | 'traces';

/** A price tier as Stripe has them: up to so many in all (null is no end), each at so many cents, as a decimal. */
export type Tier = { upTo: number | null; cents: string };

/** A price at Stripe, as the table of plans wants it. Money is in US cents. */
export type CataloguePrice = {
  lookupKey: string;
  name: string;
  plan: PlanId;
  kind: LineKind;
  interval: 'month' | 'year';
} & ({ cents: number } | { tiers: readonly Tier[] });

export type Catalogue = {
  meter: { eventName: string; displayName: string };
  products: readonly { id: string; plan: PlanId; name: string; description: string }[];
  prices: readonly CataloguePrice[];
};

export const CURRENCY = 'usd';

/** The meter that traces are reported to. */
export const TRACE_METER = 'ragtoolkit_trace_count';

/** The whole catalogue at Stripe, derived from the table of plans. */
export const catalogue: Catalogue = {
  meter: { eventName: TRACE_METER, displayName: 'Traces' },
  products: paidPlans().map(([plan, { name, audience }]) => ({
    id: productIdOf(plan),
    plan,
    name: `RAG Toolkit ${name}`,
    description: audience,
  })),
  prices: paidPlans().flatMap(([id, plan]) => pricesOf(id, plan)),
};

/** The id of a plan's product at Stripe. */
export function productIdOf(plan: PlanId): string {
  return `ragtoolkit_${plan}`;
}

/** Plans that are paid for by Checkout. */
export function isPaidPlan(plan: PlanId): boolean {
  return plans[plan].priceVersion !== null;
}

/** The prices that a subscription to a plan is made of. */
export function linesOf(plan: PlanId, interval: Interval): CataloguePrice[] {
  const base = interval === 'yearly' ? 'year' : 'month';
  return catalogue.prices.filter(
    (price) => price.plan === plan && (price.kind !== 'base' || price.interval === base),
  );
}

/**
 * What a lookup key says, whatever its version: an older subscription keeps its prices, and its plan. Null for a key that is
 * not of this catalogue.
 */
export function readLookupKey(
  key: string | null,
): { plan: PlanId; kind: LineKind; interval: Interval } | null {
  const [, plan, kind, interval] =
    /^ragtoolkit_(\w+?)_(base|seats|traces)_(monthly|yearly)_v\d+$/.exec(key ?? '') ?? [];
  if (!plan || !Object.hasOwn(plans, plan)) return null;
  return { plan: plan as PlanId, kind: kind as LineKind, interval: interval as Interval };
}

/** The rate of so many cents for a thousand as a decimal of cents for one: 20 → "0.02". */
export function centsForOne(per1000: number): string {
  const text = String(per1000).padStart(4, '0');
  return `${text.slice(0, -3)}.${text.slice(-3)}`.replace(/\.?0+$/, '') || '0';
}

function paidPlans(): [PlanId, Plan][] {
  return (Object.entries(plans) as [PlanId, Plan][]).filter(([, plan]) => plan.priceVersion !== null);
}

function pricesOf(id: PlanId, { name, price, included, overage, priceVersion }: Plan): CataloguePrice[] {
  if (!price || !included || !overage)
    throw new Error(`The plan ${id} is sold, so it has a price, included amounts and what more costs`);
  const keyOf = (kind: LineKind, interval: Interval) =>
    `ragtoolkit_${id}_${kind}_${interval}_v${priceVersion}`;
  const common = { plan: id, interval: 'month' } as const;
  return [
    { ...common, lookupKey: keyOf('base', 'monthly'), name, kind: 'base', cents: price.monthly },
    {
      ...common,
      lookupKey: keyOf('base', 'yearly'),
      name,
      kind: 'base',
      cents: price.yearly,
      interval: 'year',
    },
    {
      ...common,
      lookupKey: keyOf('seats', 'monthly'),
      name: 'Seats',
      kind: 'seats',
      tiers: [
        { upTo: included.seats, cents: '0' },
        { upTo: null, cents: String(overage.perSeat) },
      ],
    },
    {
      ...common,
      lookupKey: keyOf('traces', 'monthly'),
      name: 'Traces',
      kind: 'traces',
      tiers: [
        { upTo: included.traces, cents: '0' },
        { upTo: null, cents: centsForOne(overage.per1000Traces) },
      ],
    },
  ];
}
