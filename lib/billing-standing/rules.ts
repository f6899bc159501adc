import { isPlanId, type PlanId, plans } from '@/lib/plans/plans';

const DAY_MS = 86_400_000;

/** So long a workspace goes on as before after a payment has failed; then it is read-only. */
export const GRACE_DAYS = 14;

/** What may be done while a subscription has a status. */
export type Access = 'full' | 'grace' | 'read-only' | 'none';

/**
 * What each status of a subscription allows. `grace`: everything, for a while; `none`: what the free plan does. Data is never
 * deleted because nobody pays.
 */
export const accessByStatus = {
  active: 'full',
  trialing: 'full',
  past_due: 'grace',
  unpaid: 'none',
  canceled: 'none',
  /** The first payment has not come: nothing is subscribed. */
  incomplete: 'none',
  incomplete_expired: 'none',
  /** A trial ended, and nobody has left a card. */
  paused: 'none',
} as const satisfies Record<string, Access>;

/** What a status allows; one that a later version of Stripe has brought allows nothing. */
export function accessOf(status: string): Access {
  return Object.hasOwn(accessByStatus, status)
    ? accessByStatus[status as keyof typeof accessByStatus]
    : 'none';
}

/** Statuses in which another subscription cannot be begun. */
export function isLive(status: string): boolean {
  return ['active', 'trialing', 'past_due', 'unpaid', 'paused'].includes(status);
}

/** Which of a customer's subscriptions counts: the one that allows most, of those the newest. Null where there is none. */
export function currentOf<S extends { status: string; startedAt: Date }>(all: readonly S[]): S | null {
  const order = ['canceled', 'incomplete', 'paused', 'unpaid', 'past_due', 'trialing', 'active'];
  const rank = ({ status }: S) => -order.indexOf(status);
  return [...all].sort((a, b) => rank(a) - rank(b) || +b.startedAt - +a.startedAt)[0] ?? null;
}

/** What is known of how a tenant pays, at a moment. */
export type Payment = {
  status: string | null;
  plan: PlanId | null;
  pastDueSince: Date | null;
  graceUntil: Date | null;
  compPlan: PlanId | null;
  compUntil: Date | null;
};

/** What follows from it: the plan that it puts the tenant on (null: none), and what may be done. */
export type Standing = {
  plan: PlanId | null;
  access: Access;
  /** While somebody has to pay: when it becomes read-only. */
  readOnlyAt: Date | null;
};

/** What a tenant may do, by how it pays: the table of docs/operations.md. */
export function standingOf(payment: Payment, now: Date): Standing {
  const { status, plan, graceUntil } = payment;
  const comp = payment.compUntil && payment.compUntil > now ? payment.compPlan : null;
  const paid = status && plan ? accessOf(status) : 'none';
  if (paid === 'full' && plan) return { plan: higherOf(plan, comp), access: 'full', readOnlyAt: null };
  if (comp) return { plan: comp, access: 'full', readOnlyAt: null };
  const isLetOn = graceUntil !== null && graceUntil > now;
  if (plan && (paid === 'grace' || (isLetOn && (status === 'unpaid' || status === 'canceled')))) {
    const regular = paid === 'grace' ? (payment.pastDueSince ?? now).getTime() + GRACE_DAYS * DAY_MS : 0;
    const readOnlyAt = new Date(Math.max(regular, graceUntil?.getTime() ?? 0));
    return { plan, access: readOnlyAt > now ? 'grace' : 'read-only', readOnlyAt };
  }
  return { plan: null, access: 'none', readOnlyAt: null };
}

const order = Object.keys(plans) as PlanId[];

/** Of two plans the one that has more. */
export function higherOf(one: PlanId, other: PlanId | null): PlanId {
  return other && order.indexOf(other) > order.indexOf(one) ? other : one;
}

/**
 * The plan that a tenant is to be on: `wanted` by how it pays, `granted` what that has put it on before. A plan that an
 * operator has given by hand stays where it is the higher one; what was granted ends with what it was granted for.
 */
export function planAfter(now: string, granted: string | null, wanted: PlanId | null): PlanId {
  const current = isPlanId(now) ? now : 'starter';
  const isGranted = granted !== null && granted === current;
  if (wanted) return isGranted ? wanted : higherOf(wanted, current);
  return isGranted ? 'starter' : current;
}

/** What admins are told of by mail, once about each subject. */
export type Notice = { kind: NoticeKind; subject: string };
export const noticeKinds = ['payment_failed', 'read_only_soon', 'read_only', 'paid_again', 'ended'] as const;
export type NoticeKind = (typeof noticeKinds)[number];

/** So many days before it a workspace is told that it will be read-only. */
const SOON_DAYS = 3;

/**
 * What admins are to be told of, out of how the tenant pays and how it did before. `subject` is the invoice, subscription or
 * beginning of the dunning: what was told of it once is not told again.
 */
export function noticesDue(
  before: Pick<Payment, 'pastDueSince'> & { granted: string | null },
  after: Payment & { subscriptionId: string | null; openInvoiceId: string | null },
  standing: Standing,
  now: Date,
): Notice[] {
  const since = after.pastDueSince?.toISOString() ?? '';
  const notices: Notice[] = [];
  if (after.status === 'past_due' && after.openInvoiceId)
    notices.push({ kind: 'payment_failed', subject: after.openInvoiceId });
  if (standing.access === 'grace' && standing.readOnlyAt && +standing.readOnlyAt - +now <= SOON_DAYS * DAY_MS)
    notices.push({ kind: 'read_only_soon', subject: since });
  if (standing.access === 'read-only') notices.push({ kind: 'read_only', subject: since });
  if (before.pastDueSince && !after.pastDueSince && standing.access === 'full')
    notices.push({ kind: 'paid_again', subject: before.pastDueSince.toISOString() });
  const isOver = after.status === 'canceled' || after.status === 'unpaid';
  if (isOver && before.granted && standing.plan === null && after.subscriptionId)
    notices.push({ kind: 'ended', subject: after.subscriptionId });
  return notices;
}

/** Money in a currency's minor unit, as a reader of that locale writes it: 4900 usd → "$49.00". */
export function formatMoney(minor: number, currency: string, locale: string): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency: currency.toUpperCase() });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minor / 10 ** digits);
}
