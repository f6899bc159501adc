import type { Span } from '@/lib/metering/rules';
import type { Entitlements } from '@/lib/plans/plans';
import { type AlertPercent, alertPercents, type Quota, type QuotaStanding } from './schema';

/** From this share of its limit on, a tenant is told that it is near, in percent. */
const NEAR: AlertPercent = 80;

/** What a tenant may store: what its plan says or was agreed, and where its admins let it end. A cap ends only what costs. */
export function quotaOf({ included, limit, per1000 }: Entitlements['traces'], cap: number | null): Quota {
  if (limit !== null) return { included, per1000, limit, from: 'plan', cap };
  if (cap === null || per1000 === null || included === null)
    return { included, per1000, limit: null, from: null, cap };
  return { included, per1000, limit: included + tracesFor(cap, per1000), from: 'cap', cap };
}

/** How many traces an amount of cents pays for, at a price in cents for a thousand. */
export function tracesFor(cents: number, per1000: number): number {
  return Math.floor((cents * 1000) / per1000);
}

/** What traces cost at a price in cents for a thousand: each its thousandth part, the whole rounded to a cent. */
export function costOf(traces: number, per1000: number): number {
  return Math.round((traces * per1000) / 1000);
}

/**
 * Where a share of an amount is reached, in traces. The share of a spend cap is of what it pays for, which begins where the
 * included traces end.
 */
function reachedAt(amount: number, percent: AlertPercent, { included, from }: Quota): number {
  const free = from === 'cap' && amount !== included ? (included ?? 0) : 0;
  return free + Math.ceil(((amount - free) * percent) / 100);
}

/** How near a tenant is to where new traces are refused. */
export function stateOf(quota: Quota, used: number): QuotaStanding['state'] {
  if (quota.limit === null) return 'open';
  if (used >= quota.limit) return 'used-up';
  return used >= reachedAt(quota.limit, NEAR, quota) ? 'near' : 'open';
}

/** A quota and what of it is used in a period. */
export function toStanding(
  { planName, quota }: { planName: string; quota: Quota },
  { used, period }: { used: number; period: Span },
): QuotaStanding {
  const over = quota.included === null ? 0 : Math.max(0, used - quota.included);
  return {
    ...quota,
    ...{ planName, used, over, cost: quota.per1000 === null ? 0 : costOf(over, quota.per1000) },
    state: stateOf(quota, used),
    periodStart: period.start.toISOString(),
    periodEnd: period.end.toISOString(),
  };
}

/** An amount, and the share of it that is used: what admins are told of once. */
export type Reached = { kind: 'included' | 'limit'; traces: number; percent: AlertPercent };

/** Everything that admins are to be told of at a number of used traces: shares of the included ones, and of the limit. */
export function reachedShares(quota: Quota, used: number): Reached[] {
  const amounts = [
    ...(quota.included !== null && quota.included !== quota.limit
      ? [{ kind: 'included' as const, traces: quota.included }]
      : []),
    ...(quota.limit !== null ? [{ kind: 'limit' as const, traces: quota.limit }] : []),
  ];
  return amounts.flatMap(({ kind, traces }) =>
    alertPercents
      .filter((percent) => used >= reachedAt(traces, percent, quota))
      .map((percent) => ({ kind, traces, percent })),
  );
}

/** Why new traces are refused, in a sentence for whoever sends them. `until` is the end of the period. */
export function refusalOf(
  { limit, from }: Quota,
  { planName, until, url }: { planName: string; until: Date; url: string },
): string {
  const amount = (limit ?? 0).toLocaleString('en-US');
  const end = `${until.toISOString().slice(0, 16)}Z`;
  const reached =
    from === 'cap'
      ? `The workspace’s spend cap is reached at ${amount} traces: new traces are refused until ${end}, unless an admin raises it (${url}).`
      : `All ${amount} traces of the plan ${planName} are used: new traces are refused until ${end}, unless the plan is changed (${url}).`;
  return `${reached} Traces that are stored can still be updated.`;
}

/** Cents out of what somebody typed as US dollars: "50", "$1,250.50". Null for nothing, NaN for what is no such amount. */
export function readDollars(text: string): number | null {
  const typed = text.trim().replace(/^\$\s*/, '');
  if (typed === '') return null;
  const match = /^(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?$/.exec(typed);
  if (!match) return Number.NaN;
  const [, whole = '', part = ''] = match;
  return Number(whole.replaceAll(',', '')) * 100 + Number(part.padEnd(2, '0'));
}
