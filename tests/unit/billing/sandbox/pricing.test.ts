import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  divideHalfUp,
  multiply,
  type PriceModel,
  percentOf,
  priceLines,
  priceTotal,
  prorate,
  toScaled,
} from '@/lib/billing/sandbox/pricing';

const tier = (upTo: number | null, unitAmount: string, flatAmount = '0') => ({
  upTo,
  unitAmount,
  flatAmount,
});

describe('a graduated price', () => {
  // Stripe's documentation, "Graduated pricing": 1–5 at $5, 6–10 at $4, from 11 at $3 (docs.stripe.com/products-prices).
  const published: PriceModel = {
    kind: 'graduated',
    tiers: [tier(5, '500'), tier(10, '400'), tier(null, '300')],
  };
  test.each([
    [1, 500],
    [5, 2500],
    [6, 2900],
    [10, 4500],
    [20, 7500],
    [25, 9000],
  ])('of %i units costs what Stripe publishes', (quantity, amount) => {
    expect(priceTotal(published, quantity)).toBe(amount);
  });

  // The same page, with a flat fee for each tier that is reached: $10 for the first five, then $20 and so on.
  test('adds the flat fee of each tier that is reached', () => {
    const model: PriceModel = {
      kind: 'graduated',
      tiers: [tier(5, '500', '1000'), tier(10, '400', '2000'), tier(null, '300', '3000')],
    };
    expect(priceTotal(model, 5)).toBe(2500 + 1000);
    expect(priceTotal(model, 6)).toBe(2900 + 1000 + 2000);
    expect(priceTotal(model, 20)).toBe(7500 + 1000 + 2000 + 3000);
  });

  test('has one line for each tier', () => {
    const seats: PriceModel = { kind: 'graduated', tiers: [tier(5, '0'), tier(null, '1200')] };
    expect(priceLines(seats, 7).map(({ tier: n, quantity, amount }) => [n, quantity, amount])).toEqual([
      [1, 5, 0],
      [2, 2, 2400],
    ]);
    expect(priceLines(seats, 3).map(({ quantity, amount }) => [quantity, amount])).toEqual([[3, 0]]);
    expect(priceLines(seats, 0).map(({ quantity, amount }) => [quantity, amount])).toEqual([[0, 0]]);
  });

  test('shares every unit out among its tiers, whatever they are', () => {
    const bounds = fc.uniqueArray(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(bounds, fc.integer({ min: 1, max: 20_000 }), (ends, quantity) => {
        const sorted = [...ends].sort((a, b) => a - b);
        const model: PriceModel = {
          kind: 'graduated',
          tiers: [...sorted.map((end) => tier(end, '1')), tier(null, '1')],
        };
        const lines = priceLines(model, quantity);
        expect(lines.reduce((sum, line) => sum + line.quantity, 0)).toBe(quantity);
        expect(lines.every((line) => line.quantity > 0)).toBe(true);
        expect(priceTotal(model, quantity)).toBe(quantity);
      }),
    );
  });
});

describe('a volume price', () => {
  // Stripe's documentation, "Volume-based pricing", with the same tiers: the quantity's tier prices all units.
  const published: PriceModel = {
    kind: 'volume',
    tiers: [tier(5, '500'), tier(10, '400'), tier(null, '300')],
  };
  test.each([
    [5, 2500],
    [6, 2400],
    [20, 6000],
  ])('of %i units costs what Stripe publishes', (quantity, amount) => {
    expect(priceTotal(published, quantity)).toBe(amount);
  });
});

describe('a price by the package', () => {
  test('is rounded to whole packages', () => {
    const up: PriceModel = { kind: 'per_unit', unitAmount: '500', package: { divideBy: 1000, round: 'up' } };
    expect([0, 1, 1000, 1001].map((quantity) => priceTotal(up, quantity))).toEqual([0, 500, 500, 1000]);
    const down: PriceModel = {
      kind: 'per_unit',
      unitAmount: '500',
      package: { divideBy: 1000, round: 'down' },
    };
    expect([999, 1000, 1999].map((quantity) => priceTotal(down, quantity))).toEqual([0, 500, 500]);
  });
});

describe('rounding', () => {
  test('goes half up, line by line, and a credit like its debit', () => {
    expect(multiply('0.5', 1)).toBe(1);
    expect(multiply('0.05', 9)).toBe(0);
    expect(multiply('0.05', 10)).toBe(1);
    expect(multiply('0.05', 2101)).toBe(105);
    expect(divideHalfUp(-5n, 10n)).toBe(-1);
    expect(divideHalfUp(-4n, 10n)).toBe(0);
    expect(percentOf(7300, 12.5)).toBe(913);
    expect(percentOf(-7300, 12.5)).toBe(-913);
  });

  test('is exact where floating point is not', () => {
    expect(multiply('1.005', 1000)).toBe(1005);
    expect(multiply('0.000000000001', 500_000_000_000)).toBe(1);
    expect(multiply('0.000000000001', 499_999_999_999)).toBe(0);
    expect(multiply('123456.789', 987_654)).toBe(121_932_591_483);
  });

  test('refuses what is no decimal of twelve places', () => {
    for (const text of ['', '1.', '.5', '1e3', '1,5', '0.0000000000001', ' 1'])
      expect(() => toScaled(text)).toThrow();
  });
});

describe('a proration', () => {
  // docs.stripe.com/billing/subscriptions/prorations: from $10 to $20 in the middle of a period costs $5 more.
  test('half way from $10 to $20 costs what Stripe publishes', () => {
    const period = 30 * 86_400;
    expect(prorate(1000, period / 2, period)).toBe(500);
    expect(prorate(2000, period / 2, period)).toBe(1000);
  });

  test('counts seconds', () => {
    expect(prorate(4900, 1, 4900)).toBe(1);
    expect(prorate(4900, 1_814_400, 2_678_400)).toBe(3319);
  });

  test('of both parts of a period comes to the whole, but for the half that is rounded up', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000_000 }),
        fc.integer({ min: 0, max: 2_678_400 }),
        (amount, used) => {
          const both = prorate(amount, used, 2_678_400) + prorate(amount, 2_678_400 - used, 2_678_400);
          expect(both - amount).toBeGreaterThanOrEqual(0);
          expect(both - amount).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
