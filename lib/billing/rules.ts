import { type Interval, type LineKind, linesOf, type Tier } from '@/lib/plans/catalogue';
import { type Plan, type PlanId, plans } from '@/lib/plans/plans';
import type { InvoiceLine } from './schema';

/**
 * What a quantity costs at a price in cents, a decimal: multiplied exactly, and rounded half up to a whole cent, as Stripe
 * rounds each line (2,101 at "0.05" are 105.05 cents, so 105; 2,110 are 105.5, so 106).
 */
export function amountOf(quantity: number, cents: string): number {
  const [whole = '0', part = ''] = cents.split('.');
  const scale = 10n ** BigInt(part.length);
  const exact = BigInt(quantity) * BigInt(whole + part);
  return Number((2n * exact + scale) / (2n * scale));
}

/** What of a quantity falls into each tier. Tiers of which nothing is used are left out, but for the first. */
export function splitByTier(quantity: number, tiers: readonly Tier[]): { quantity: number; cents: string }[] {
  let from = 0;
  const parts: { quantity: number; cents: string }[] = [];
  for (const { upTo, cents } of tiers) {
    const within = Math.max(0, Math.min(quantity, upTo ?? quantity) - from);
    if (within > 0 || parts.length === 0) parts.push({ quantity: within, cents });
    from = upTo ?? quantity;
  }
  return parts;
}

const units = { base: 'plan', seats: 'seat', traces: 'trace' } as const satisfies Record<LineKind, string>;

/** A line in words: "50,000 traces at $0.20 for 1,000". */
export function describeLine(kind: LineKind, quantity: number, cents: string, planName: string): string {
  if (kind === 'base') return planName;
  const amount = `${quantity.toLocaleString('en-US')} ${units[kind]}${quantity === 1 ? '' : 's'}`;
  if (Number(cents) === 0) return `${amount}, included`;
  return kind === 'traces'
    ? `${amount} at ${toDollars(Number(cents) * 1_000)} for 1,000`
    : `${amount} at ${toDollars(Number(cents))} each`;
}

/** What a month of a plan comes to at so much use: a line for the plan, and one for each tier of seats and traces. */
export function billFor(
  plan: PlanId,
  interval: Interval,
  used: { seats: number; traces: number },
): InvoiceLine[] {
  const { name } = plans[plan];
  return linesOf(plan, interval).flatMap((price) => {
    const quantity = price.kind === 'base' ? 1 : used[price.kind];
    const parts =
      'cents' in price ? [{ quantity, cents: String(price.cents) }] : splitByTier(quantity, price.tiers);
    return parts.map(
      (part): InvoiceLine => ({
        kind: price.kind,
        description: describeLine(price.kind, part.quantity, part.cents, name),
        quantity: part.quantity,
        unit_cents: part.cents,
        amount: amountOf(part.quantity, part.cents),
      }),
    );
  });
}

/**
 * What a subscription brings in a month, in cents, without what is used beyond what is included; of a yearly base the twelfth,
 * rounded half up.
 */
export function monthlyRevenue(plan: PlanId, interval: Interval, seats: number): number {
  const monthOf = ({ kind, amount }: InvoiceLine) =>
    kind === 'base' && interval === 'yearly' ? Math.floor((2 * amount + 12) / 24) : amount;
  return billFor(plan, interval, { seats, traces: 0 }).reduce((sum, line) => sum + monthOf(line), 0);
}

/** The sum of lines, in cents. */
export function totalOf(lines: readonly { amount: number }[]): number {
  return lines.reduce((sum, { amount }) => sum + amount, 0);
}

/** What of the present use a plan does not have room for; nothing where all fits. */
export function exceeding(
  plan: PlanId,
  used: { seats: number; traces: number },
): { path: string; message: string }[] {
  const { included, overage, name }: Plan = plans[plan];
  if (!included || overage) return [];
  const count = (value: number) => value.toLocaleString('en-US');
  return (['seats', 'traces'] as const)
    .filter((kind) => used[kind] > included[kind])
    .map((kind) => ({
      path: kind,
      message: `${name} includes ${count(included[kind])} ${kind}, and ${count(used[kind])} are used.`,
    }));
}

function toDollars(cents: number): string {
  return (cents / 100).toLocaleString('en-US', { style: 'currency', currency: 'USD' });
}
