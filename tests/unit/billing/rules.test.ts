import { describe, expect, test } from 'vitest';
import { amountOf, billFor, describeLine, exceeding, splitByTier, totalOf } from '@/lib/billing/rules';
import { changesFor, toPriceParams } from '@/lib/billing-catalogue/rules';
import {
  accessByStatus,
  currentOf,
  formatMoney,
  GRACE_DAYS,
  noticesDue,
  type Payment,
  planAfter,
  standingOf,
} from '@/lib/billing-standing/rules';
import { isKnownAlready, isReported, retryDelay, verdictOn } from '@/lib/billing-usage/rules';
import { catalogue, centsForOne, linesOf, readLookupKey } from '@/lib/plans/catalogue';
import { plans } from '@/lib/plans/plans';

const DAY = 86_400_000;
const now = new Date('2026-11-20T12:00:00Z');
const ago = (days: number) => new Date(now.getTime() - days * DAY);

describe('amountOf', () => {
  // Stripe multiplies by the decimal and rounds each line to a whole cent, half up.
  test.each([
    [30, '0.05', 2],
    [1, '20.55', 21],
    [2_101, '0.05', 105],
    [2_110, '0.05', 106],
    [49, '0.01', 0],
    [50, '0.01', 1],
    [1, '0.5', 1],
    [3, '0.5', 2],
    [1_000_000_007, '0.02', 20_000_000],
    [7, '800', 5_600],
    [0, '0.02', 0],
  ])('of %i at %s cents is %i', (quantity, cents, amount) => {
    expect(amountOf(quantity, cents)).toBe(amount);
  });

  test('is exact where floating point is not', () => {
    // 1.005 * 100 is 100.49999999999999 in floating point.
    expect(amountOf(100, '1.005')).toBe(101);
    expect(amountOf(9_007_199_254_740_991, '1')).toBe(9_007_199_254_740_991);
  });
});

describe('billFor', () => {
  test('has a line for the plan and one for each tier that is used', () => {
    const lines = billFor('pro', 'monthly', { seats: 7, traces: 250_000 });
    expect(lines.map(({ kind, quantity, amount }) => [kind, quantity, amount])).toEqual([
      ['base', 1, plans.pro.price.monthly],
      ['seats', 5, 0],
      ['seats', 2, 2 * plans.pro.overage.perSeat],
      ['traces', 200_000, 0],
      ['traces', 50_000, 50 * plans.pro.overage.per1000Traces],
    ]);
    expect(totalOf(lines)).toBe(4_900 + 1_600 + 1_000);
    expect(lines.map(({ description }) => description)).toEqual([
      'Pro',
      '5 seats, included',
      '2 seats at $8.00 each',
      '200,000 traces, included',
      '50,000 traces at $0.20 for 1,000',
    ]);
  });

  test('costs the plan alone where nothing goes beyond it', () => {
    expect(totalOf(billFor('pro', 'monthly', { seats: 1, traces: 0 }))).toBe(4_900);
    expect(totalOf(billFor('pro', 'yearly', { seats: 1, traces: 0 }))).toBe(49_000);
  });

  test('says a single one in the singular', () => {
    expect(describeLine('seats', 1, '800', 'Pro')).toBe('1 seat at $8.00 each');
  });
});

test('splitByTier puts what is at a tier’s end into it, and one more into the next', () => {
  const tiers = [
    { upTo: 5, cents: '0' },
    { upTo: null, cents: '800' },
  ];
  expect(splitByTier(5, tiers)).toEqual([{ quantity: 5, cents: '0' }]);
  expect(splitByTier(6, tiers).map(({ quantity }) => quantity)).toEqual([5, 1]);
  expect(splitByTier(0, tiers)).toEqual([{ quantity: 0, cents: '0' }]);
});

// Stripe's documentation, "Graduated pricing": 1–5 at $5, 6–10 at $4, from 11 at $3 (docs.stripe.com/products-prices).
test.each([
  [1, 500],
  [5, 2_500],
  [6, 2_900],
  [20, 7_500],
  [25, 9_000],
])('splitByTier of %i in the published tiers comes to %i', (quantity, total) => {
  const published = [
    { upTo: 5, cents: '500' },
    { upTo: 10, cents: '400' },
    { upTo: null, cents: '300' },
  ];
  const amounts = splitByTier(quantity, published).map((part) => ({
    amount: amountOf(part.quantity, part.cents),
  }));
  expect(totalOf(amounts)).toBe(total);
});

test('exceeding names what a smaller plan has no room for', () => {
  expect(exceeding('starter', { seats: 3, traces: 10_000 })).toEqual([]);
  expect(exceeding('starter', { seats: 4, traces: 10_001 })).toEqual([
    { path: 'seats', message: 'Starter includes 3 seats, and 4 are used.' },
    { path: 'traces', message: 'Starter includes 10,000 traces, and 10,001 are used.' },
  ]);
  expect(exceeding('pro', { seats: 400, traces: 10_000_000 })).toEqual([]);
});

describe('the catalogue', () => {
  test('is derived from the table of plans, under keys that say what they are', () => {
    expect(catalogue.prices.map(({ lookupKey }) => lookupKey)).toEqual([
      'ragtoolkit_pro_base_monthly_v1',
      'ragtoolkit_pro_base_yearly_v1',
      'ragtoolkit_pro_seats_monthly_v1',
      'ragtoolkit_pro_traces_monthly_v1',
    ]);
    for (const { lookupKey, plan, kind } of catalogue.prices)
      expect(readLookupKey(lookupKey)).toMatchObject({ plan, kind });
    expect(readLookupKey('ragtoolkit_pro_base_yearly_v17')).toEqual({
      plan: 'pro',
      kind: 'base',
      interval: 'yearly',
    });
    expect(readLookupKey('something_else')).toBeNull();
    expect(readLookupKey(null)).toBeNull();
  });

  test('of a yearly plan bills seats and traces by the month', () => {
    expect(linesOf('pro', 'yearly').map(({ kind, interval }) => [kind, interval])).toEqual([
      ['base', 'year'],
      ['seats', 'month'],
      ['traces', 'month'],
    ]);
  });

  test.each([
    [20, '0.02'],
    [1, '0.001'],
    [1_000, '1'],
    [1_250, '1.25'],
    [123_456, '123.456'],
  ])('prices a thousand for %i cents at %s each', (per1000, one) => {
    expect(centsForOne(per1000)).toBe(one);
  });

  const decimal = (text: string) => text as never;
  const found = () => ({
    products: catalogue.products.map((one) => ({ ...one })) as never,
    meters: [{ id: 'mtr_1', event_name: catalogue.meter.eventName, display_name: 'Traces' }] as never,
    prices: catalogue.prices.map((price) => {
      const { tiers, ...params } = toPriceParams(price, 'mtr_1', decimal);
      return {
        ...params,
        tiers: tiers?.map(({ up_to, ...tier }) => ({ ...tier, up_to: up_to === 'inf' ? null : up_to })),
      };
    }) as never,
  });

  test('has nothing to be done where Stripe has it, and everything where it has nothing', () => {
    expect(changesFor(catalogue, found())).toEqual([]);
    expect(changesFor(catalogue, { products: [], prices: [], meters: [] }).map(({ kind }) => kind)).toEqual([
      'create-product',
      'create-meter',
      ...catalogue.prices.map(() => 'create-price'),
    ]);
  });

  test('asks for another version where an amount at Stripe is another one', () => {
    const changed = {
      ...catalogue,
      prices: catalogue.prices.map((price) => (price.kind === 'base' ? { ...price, cents: 1 } : price)),
    };
    expect(() => changesFor(changed as typeof catalogue, found())).toThrow(
      /raise priceVersion of the plan pro/,
    );
  });
});

describe('standingOf', () => {
  const paying: Payment = {
    status: 'active',
    plan: 'pro',
    pastDueSince: null,
    graceUntil: null,
    compPlan: null,
    compUntil: null,
  };

  test.each(Object.entries(accessByStatus))('lets %s do as the table says', (status, access) => {
    const standing = standingOf({ ...paying, status, pastDueSince: ago(1) }, now);
    expect(standing.access).toBe(access);
    expect(standing.plan).toBe(access === 'none' ? null : 'pro');
  });

  test('lets a workspace go on for two weeks after a payment has failed, and then only read', () => {
    const at = (days: number) => standingOf({ ...paying, status: 'past_due', pastDueSince: ago(days) }, now);
    expect(at(0).access).toBe('grace');
    expect(at(GRACE_DAYS - 0.001).access).toBe('grace');
    expect(at(GRACE_DAYS)).toEqual({ plan: 'pro', access: 'read-only', readOnlyAt: now });
    expect(at(3).readOnlyAt).toEqual(new Date(ago(3).getTime() + GRACE_DAYS * DAY));
  });

  test('goes on for as long as an operator has let it', () => {
    const later = new Date(now.getTime() + DAY);
    const late = { ...paying, status: 'past_due', pastDueSince: ago(30), graceUntil: later };
    expect(standingOf(late, now)).toEqual({ plan: 'pro', access: 'grace', readOnlyAt: later });
    expect(standingOf({ ...late, status: 'unpaid' }, now).access).toBe('grace');
    expect(standingOf({ ...late, status: 'unpaid', graceUntil: ago(1) }, now).access).toBe('none');
  });

  test('gives a plan that an operator has given, until its time', () => {
    const given = { ...paying, status: null, plan: null, compPlan: 'pro' as const };
    expect(standingOf({ ...given, compUntil: new Date(now.getTime() + 1) }, now)).toMatchObject({
      plan: 'pro',
      access: 'full',
    });
    expect(standingOf({ ...given, compUntil: now }, now)).toMatchObject({ plan: null, access: 'none' });
    const both = { ...paying, compPlan: 'enterprise' as const, compUntil: new Date(now.getTime() + 1) };
    expect(standingOf(both, now).plan).toBe('enterprise');
  });

  test('takes a status that it does not know for nothing paid', () => {
    expect(standingOf({ ...paying, status: 'something_new' }, now).access).toBe('none');
  });
});

describe('planAfter', () => {
  test.each([
    ['starter', null, 'pro', 'pro'],
    ['pro', 'pro', null, 'starter'],
    ['pro', 'pro', 'pro', 'pro'],
    // What an operator has given by hand stays where it is more, and is not taken by the end of a subscription.
    ['enterprise', null, 'pro', 'enterprise'],
    ['enterprise', 'pro', null, 'enterprise'],
    ['pro', null, null, 'pro'],
    ['enterprise', 'enterprise', 'pro', 'pro'],
  ] as const)('from %s, granted %s, with %s paid: %s', (current, granted, wanted, plan) => {
    expect(planAfter(current, granted, wanted)).toBe(plan);
  });
});

test('currentOf takes the subscription that allows most, and of those the newest', () => {
  const of = (id: string, status: string, days: number) => ({ id, status, startedAt: ago(days) });
  expect(currentOf([of('a', 'canceled', 1), of('b', 'active', 9), of('c', 'past_due', 2)])?.id).toBe('b');
  expect(currentOf([of('a', 'canceled', 3), of('b', 'canceled', 2)])?.id).toBe('b');
  expect(currentOf([])).toBeNull();
});

describe('noticesDue', () => {
  const after = {
    ...{ status: 'past_due', plan: 'pro' as const, pastDueSince: ago(1), graceUntil: null },
    ...{ compPlan: null, compUntil: null, subscriptionId: 'sub_1', openInvoiceId: 'in_1' },
  };
  const kinds = (days: number) => {
    const payment = { ...after, pastDueSince: ago(days) };
    return noticesDue({ pastDueSince: null, granted: 'pro' }, payment, standingOf(payment, now), now).map(
      ({ kind }) => kind,
    );
  };

  test('tells of a failed payment, then of what comes, then of what has come', () => {
    expect(kinds(1)).toEqual(['payment_failed']);
    expect(kinds(12)).toEqual(['payment_failed', 'read_only_soon']);
    expect(kinds(15)).toEqual(['payment_failed', 'read_only']);
  });

  test('tells that all is well, or over, once that is so', () => {
    const paid = { ...after, status: 'active', pastDueSince: null, openInvoiceId: null };
    const told = noticesDue({ pastDueSince: ago(3), granted: 'pro' }, paid, standingOf(paid, now), now);
    expect(told).toEqual([{ kind: 'paid_again', subject: ago(3).toISOString() }]);
    const over = { ...after, status: 'canceled', pastDueSince: null };
    expect(noticesDue({ pastDueSince: null, granted: 'pro' }, over, standingOf(over, now), now)).toEqual([
      { kind: 'ended', subject: 'sub_1' },
    ]);
  });
});

describe('reports of usage', () => {
  const hour = (n: number) => new Date(Date.UTC(2026, 10, 1, n));

  test('are of hours that begin while there is a subscription', () => {
    const subscribed = [
      { from: new Date(Date.UTC(2026, 10, 1, 10, 30)), until: new Date(Date.UTC(2026, 10, 1, 14)) },
    ];
    expect([9, 10, 11, 13, 14].map((n) => isReported(hour(n), subscribed))).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
    expect(isReported(hour(10), [{ from: hour(10), until: null }])).toBe(true);
    expect(isReported(hour(10), [])).toBe(false);
  });

  test('have arrived where Stripe says that it has them', () => {
    const message = 'An event already exists with identifier trace.count:t:2026-11-01T10:r1.';
    expect(isKnownAlready({ message, code: null })).toBe(true);
    expect(isKnownAlready({ message: 'No such meter', code: 'resource_missing' })).toBe(false);
  });

  test('whose answer was lost are judged by what Stripe counts', () => {
    expect(verdictOn(30, 10, 20)).toBe('delivered');
    expect(verdictOn(10, 10, 20)).toBe('missing');
    expect(verdictOn(25, 10, 20)).toBe('unclear');
  });

  test('are tried again ever more rarely, but every half hour', () => {
    expect([0, 1, 2, 20].map(retryDelay)).toEqual([5_000, 10_000, 20_000, 1_800_000]);
  });
});

test('formatMoney writes an amount as its reader does', () => {
  expect(formatMoney(490_050, 'usd', 'en-US')).toBe('$4,900.50');
  expect(formatMoney(490_050, 'usd', 'de-DE').replace(/\s/g, ' ')).toBe('4.900,50 $');
  expect(formatMoney(4_900, 'jpy', 'en-US')).toBe('¥4,900');
});
