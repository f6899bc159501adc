import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  QUOTA_FRESH_MS,
  type QuotaVerdict,
  refusalOfNewTraces,
  registerQuotaJudge,
  renewQuotas,
} from '@/lib/tenancy/quota';

const globals = globalThis as { [key: symbol]: unknown };
const QUOTAS = Symbol.for('ragtoolkit.quotas');
const until = new Date(Date.now() + 86_400_000);
const refused: QuotaVerdict = { refusal: 'used up', until };
const open: QuotaVerdict = { refusal: null, until };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  globals[QUOTAS] = undefined;
});
afterEach(() => {
  vi.useRealTimers();
  globals[QUOTAS] = undefined;
});

/** A judge whose verdicts are given one after the other, the last for good. */
function judge(...verdicts: (QuotaVerdict | Error)[]) {
  const asked = vi.fn(async (_tenantId: string) => {
    const next = verdicts.length > 1 ? verdicts.shift() : verdicts[0];
    if (next instanceof Error || next === undefined) throw next;
    return next;
  });
  registerQuotaJudge(asked);
  return asked;
}

/** Lets everything that is under way in the background end. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('refusalOfNewTraces', () => {
  test('lets through what nobody judges', () => {
    expect(refusalOfNewTraces('a')).toBeNull();
  });

  test('answers at once, lets an unknown tenant through, and knows it afterwards', async () => {
    const asked = judge(refused);
    expect(refusalOfNewTraces('a')).toBeNull();
    await settled();
    expect(refusalOfNewTraces('a')).toBe('used up');
    expect(refusalOfNewTraces('b')).toBeNull(); // somebody else
    expect(asked.mock.calls.map(([id]) => id)).toEqual(['a', 'b']);
  });

  test('judges anew what is older than ten seconds, and answers the old meanwhile', async () => {
    const asked = judge(open, refused);
    refusalOfNewTraces('a');
    await settled();
    vi.setSystemTime(Date.now() + QUOTA_FRESH_MS - 1);
    for (let i = 0; i < 100; i++) expect(refusalOfNewTraces('a')).toBeNull();
    expect(asked).toHaveBeenCalledTimes(1);
    vi.setSystemTime(Date.now() + 1);
    for (let i = 0; i < 100; i++) expect(refusalOfNewTraces('a')).toBeNull();
    await settled();
    expect(asked).toHaveBeenCalledTimes(2);
    expect(refusalOfNewTraces('a')).toBe('used up');
  });

  test('keeps what it knows while a tenant cannot be judged', async () => {
    judge(refused, new Error('away'));
    refusalOfNewTraces('a');
    await settled();
    vi.setSystemTime(Date.now() + QUOTA_FRESH_MS);
    expect(refusalOfNewTraces('a')).toBe('used up');
    await settled();
    expect(refusalOfNewTraces('a')).toBe('used up');
  });

  test('refuses nothing of the next period', async () => {
    judge({ refusal: 'used up', until: new Date(Date.now() + 1_000) });
    refusalOfNewTraces('a');
    await settled();
    expect(refusalOfNewTraces('a')).toBe('used up');
    vi.setSystemTime(Date.now() + 1_000);
    expect(refusalOfNewTraces('a')).toBeNull();
  });
});

describe('renewQuotas', () => {
  test('judges whoever was asked about since, and nobody else', async () => {
    const asked = judge(open);
    refusalOfNewTraces('a');
    refusalOfNewTraces('b');
    await settled();
    refusalOfNewTraces('a');
    await renewQuotas();
    await renewQuotas();
    expect(refusalOfNewTraces('c')).toBeNull();
    await renewQuotas(); // waits for what the question has begun
    expect(asked.mock.calls.map(([id]) => id)).toEqual(['a', 'b', 'a', 'c']);
  });
});
