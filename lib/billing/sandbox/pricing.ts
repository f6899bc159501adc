/**
 * What a price makes of a quantity. Amounts are integers in the currency's minor unit; unit amounts are decimal texts with
 * up to twelve places, as Stripe has them. Each line is rounded by itself, half up (a credit is rounded like the debit it
 * takes back, so that both cancel out).
 */

/** A step of a tiered price; `upTo` null is the last, open one. */
export type Tier = { upTo: number | null; unitAmount: string; flatAmount: string };

export type PriceModel =
  | {
      kind: 'per_unit';
      unitAmount: string;
      /** Units are sold by the package: so many for one. */
      package: { divideBy: number; round: 'up' | 'down' } | null;
    }
  | { kind: 'graduated' | 'volume'; tiers: readonly Tier[] };

/** One line of an invoice: so many units at so much. `tier` counts from 1, null where there are none. */
export type PricedLine = {
  quantity: number;
  unitAmount: string;
  amount: number;
  tier: number | null;
  /** Whether it is a tier's flat fee and not its units. */
  isFlatFee: boolean;
};

const PLACES = 12;
const SCALE = 10n ** BigInt(PLACES);

/** A decimal text as an integer of its twelfth place. Throws a RangeError for anything else. */
export function toScaled(decimal: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d{1,12}))?$/.exec(decimal);
  if (!match) throw new RangeError(`Not a decimal with up to ${PLACES} places: ${decimal}`);
  const [, sign, whole = '0', part = ''] = match;
  const size = BigInt(whole) * SCALE + BigInt(part.padEnd(PLACES, '0'));
  return sign ? -size : size;
}

/** numerator / denominator to the nearest integer; halves go away from zero. The denominator is positive. */
export function divideHalfUp(numerator: bigint, denominator: bigint): number {
  const size = numerator < 0n ? -numerator : numerator;
  const rounded = (2n * size + denominator) / (2n * denominator);
  return Number(numerator < 0n ? -rounded : rounded);
}

/** unit amount × quantity, rounded half up. */
export function multiply(unitAmount: string, quantity: number): number {
  return divideHalfUp(toScaled(unitAmount) * BigInt(quantity), SCALE);
}

/** The part of an amount that falls to `seconds` of a period, rounded half up: what Stripe charges or credits to the second. */
export function prorate(amount: number, seconds: number, periodSeconds: number): number {
  return divideHalfUp(BigInt(amount) * BigInt(seconds), BigInt(periodSeconds));
}

/** `percent` (such as 12.5) of an amount, rounded half up. */
export function percentOf(amount: number, percent: number): number {
  return divideHalfUp(BigInt(amount) * toScaled(String(percent)), SCALE * 100n);
}

/** The lines of a quantity: one for each tier that it reaches, one for each flat fee; of a quantity of nothing, one of nothing. */
export function priceLines(model: PriceModel, quantity: number): PricedLine[] {
  if (model.kind === 'per_unit') {
    const sold = model.package
      ? Math[model.package.round === 'up' ? 'ceil' : 'floor'](quantity / model.package.divideBy)
      : quantity;
    const amount = multiply(model.unitAmount, sold);
    return [{ quantity, unitAmount: model.unitAmount, amount, tier: null, isFlatFee: false }];
  }
  return model.kind === 'graduated'
    ? graduatedLines(model.tiers, quantity)
    : volumeLines(model.tiers, quantity);
}

/** What all lines of a quantity come to. */
export function priceTotal(model: PriceModel, quantity: number): number {
  return priceLines(model, quantity).reduce((sum, line) => sum + line.amount, 0);
}

function graduatedLines(tiers: readonly Tier[], quantity: number): PricedLine[] {
  let below = 0;
  return tiers.flatMap((tier, index) => {
    const inTier = Math.min(quantity, tier.upTo ?? quantity) - below;
    below = Math.max(below, Math.min(quantity, tier.upTo ?? quantity));
    return inTier > 0 || (index === 0 && quantity === 0) ? tierLines(tier, index + 1, inTier) : [];
  });
}

function volumeLines(tiers: readonly Tier[], quantity: number): PricedLine[] {
  const index = tiers.findIndex(({ upTo }) => upTo === null || quantity <= upTo);
  const tier = tiers[index];
  return tier ? tierLines(tier, index + 1, quantity) : [];
}

function tierLines(tier: Tier, number: number, quantity: number): PricedLine[] {
  const units: PricedLine = {
    quantity,
    unitAmount: tier.unitAmount,
    amount: multiply(tier.unitAmount, quantity),
    tier: number,
    isFlatFee: false,
  };
  if (toScaled(tier.flatAmount) === 0n) return [units];
  const fee = multiply(tier.flatAmount, 1);
  return [units, { quantity: 1, unitAmount: tier.flatAmount, amount: fee, tier: number, isFlatFee: true }];
}
