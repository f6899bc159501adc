import { describe, expect, test } from 'vitest';
import { entitlementsOf, plans } from '@/lib/plans/plans';
import {
  costOf,
  quotaOf,
  reachedShares,
  readDollars,
  refusalOf,
  stateOf,
  tracesFor,
} from '@/lib/workflows/quotas/rules';
import { setSpendCapInput, tenantAmountsInput } from '@/lib/workflows/quotas/schema';

const confirmed = { confirmed: true };
const starter = entitlementsOf('starter', confirmed).traces;
const pro = entitlementsOf('pro', confirmed).traces;

describe('entitlementsOf', () => {
  test('ends the traces of a plan that sells no more, and of no other', () => {
    const { traces } = plans.starter.included;
    expect(starter).toEqual({ included: traces, limit: traces, per1000: null });
    const { included, overage } = plans.pro;
    expect(pro).toEqual({ included: included.traces, limit: null, per1000: overage.per1000Traces });
    const enterprise = entitlementsOf('enterprise', confirmed).traces;
    expect(enterprise).toEqual({ included: null, limit: null, per1000: null });
  });

  test('puts what was agreed in the place of the plan’s amounts', () => {
    const of = (own: { traces: number | null; per1000Traces: number | null; seats: number | null }) =>
      entitlementsOf('enterprise', { confirmed: true, own });
    expect(of({ traces: 5_000_000, per1000Traces: 10, seats: null })).toMatchObject({
      traces: { included: 5_000_000, limit: null, per1000: 10 },
      seats: { included: null, limit: null },
    });
    expect(of({ traces: 5_000_000, per1000Traces: null, seats: 40 })).toMatchObject({
      traces: { included: 5_000_000, limit: 5_000_000, per1000: null },
      seats: { included: 40, limit: 40 },
    });
  });

  test('keeps the plan’s price where seats alone were agreed', () => {
    const own = { traces: null, per1000Traces: null, seats: 9 };
    const { traces, seats } = entitlementsOf('pro', { confirmed: true, own });
    expect(traces).toEqual(pro);
    expect(seats).toMatchObject({ included: 9, limit: null });
  });

  test('agrees nothing with a workspace that nobody has confirmed', () => {
    const own = { traces: 1_000_000, per1000Traces: 1, seats: 99 };
    expect(entitlementsOf('pro', { confirmed: false, own })).toEqual(entitlementsOf('starter', confirmed));
  });
});

describe('quotaOf', () => {
  test('ends where the plan does, whatever the cap', () => {
    expect(quotaOf(starter, null)).toMatchObject({ limit: 10_000, from: 'plan' });
    expect(quotaOf(starter, 5_000)).toMatchObject({ limit: 10_000, from: 'plan' });
  });

  test('ends nowhere on a paid plan without a cap', () => {
    expect(quotaOf(pro, null)).toMatchObject({ limit: null, from: null });
  });

  test('ends where the cap is spent', () => {
    expect(quotaOf(pro, 2_000)).toMatchObject({ limit: 300_000, from: 'cap' });
    expect(quotaOf(pro, 0)).toMatchObject({ limit: 200_000, from: 'cap' });
  });
});

describe('tracesFor', () => {
  test('never pays for a trace that would cost more than the cap', () => {
    for (const per1000 of [1, 3, 7, 20, 999])
      for (const cents of [0, 1, 19, 20, 21, 12_345]) {
        const traces = tracesFor(cents, per1000);
        expect(traces * per1000).toBeLessThanOrEqual(cents * 1000);
        expect((traces + 1) * per1000).toBeGreaterThan(cents * 1000);
        expect(costOf(traces, per1000)).toBeLessThanOrEqual(cents);
      }
  });
});

describe('stateOf', () => {
  test.each([
    [7_999, 'open'],
    [8_000, 'near'],
    [9_999, 'near'],
    [10_000, 'used-up'],
    [12_000, 'used-up'],
  ])('of %i traces on Starter is %s', (used, state) => {
    expect(stateOf(quotaOf(starter, null), used)).toBe(state);
  });

  test('of a cap counts from where traces begin to cost', () => {
    const quota = quotaOf(pro, 2_000);
    expect(stateOf(quota, 279_999)).toBe('open');
    expect(stateOf(quota, 280_000)).toBe('near');
    expect(stateOf(quota, 300_000)).toBe('used-up');
  });

  test('is open where there is no limit', () => {
    expect(stateOf(quotaOf(pro, null), 9_000_000)).toBe('open');
  });
});

describe('reachedShares', () => {
  test('tells of the limit alone where it is what the plan includes', () => {
    const quota = quotaOf(starter, null);
    expect(reachedShares(quota, 7_999)).toEqual([]);
    expect(reachedShares(quota, 8_000)).toEqual([{ kind: 'limit', traces: 10_000, percent: 80 }]);
    expect(reachedShares(quota, 10_000).map(({ percent }) => percent)).toEqual([80, 100]);
  });

  test('tells of what is included and of the cap where both are there', () => {
    const quota = quotaOf(pro, 2_000);
    const told = (used: number) =>
      reachedShares(quota, used).map(({ kind, percent }) => `${kind} ${percent}`);
    expect(told(160_000)).toEqual(['included 80']);
    expect(told(279_999)).toEqual(['included 80', 'included 100']);
    expect(told(300_000)).toEqual(['included 80', 'included 100', 'limit 80', 'limit 100']);
  });

  test('tells of a cap of nothing before the included traces are used', () => {
    const quota = quotaOf(pro, 0);
    expect(reachedShares(quota, 160_000)).toEqual([{ kind: 'limit', traces: 200_000, percent: 80 }]);
  });
});

describe('refusalOf', () => {
  const told = {
    planName: 'Starter',
    until: new Date('2026-12-01T00:00:00Z'),
    url: 'https://a.example/usage',
  };

  test('says what is used up, until when, and who can do something about it', () => {
    expect(refusalOf(quotaOf(starter, null), told)).toBe(
      'All 10,000 traces of the plan Starter are used: new traces are refused until 2026-12-01T00:00Z, unless the plan is changed (https://a.example/usage). Traces that are stored can still be updated.',
    );
    expect(refusalOf(quotaOf(pro, 2_000), { ...told, planName: 'Pro' })).toMatch(
      /spend cap is reached at 300,000 traces: .* unless an admin raises it/,
    );
  });
});

describe('readDollars', () => {
  test.each([
    ['', null],
    ['  ', null],
    ['50', 5_000],
    ['$1,250.5', 125_050],
    ['0', 0],
    ['0.07', 7],
    ['-1', Number.NaN],
    ['1.234', Number.NaN],
    ['1,2', Number.NaN],
    ['ten', Number.NaN],
  ])('reads %j as %s cents', (text, cents) => {
    expect(readDollars(text)).toBe(cents);
  });
});

describe('inputs', () => {
  test('of a spend cap are whole cents from 0, or nothing', () => {
    const isFine = (cents: unknown) => setSpendCapInput.safeParse({ cents }).success;
    expect([0, 5_000, null].every(isFine)).toBe(true);
    expect([-1, 0.5, Number.NaN, '5', 1e12, undefined].some(isFine)).toBe(false);
  });

  test('of agreed amounts say something, and no price without a number', () => {
    const reason = 'as agreed';
    expect(tenantAmountsInput.parse({ traces: '500', reason })).toEqual({
      ...{ traces: 500, per1000Traces: null, seats: null, reason },
    });
    for (const wrong of [
      { reason },
      { per1000Traces: 3, seats: 2, reason },
      { traces: 5 },
      { seats: 0, reason },
      { traces: -1, reason },
    ])
      expect(tenantAmountsInput.safeParse(wrong).success).toBe(false);
  });
});
