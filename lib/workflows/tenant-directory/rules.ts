import { monthlyRevenue } from '@/lib/billing/rules';
import { currentOf } from '@/lib/billing-standing/rules';
import { isUuid } from '@/lib/ids';
import { isExactMoment } from '@/lib/moments';
import type { Interval } from '@/lib/plans/catalogue';
import { isPlanId } from '@/lib/plans/plans';
import type { TenantListRow } from './schema';

/** What of a subscription says how a tenant pays. */
export type Paying = {
  status: string;
  startedAt: Date;
  plan: string | null;
  interval: Interval | null;
  seats: number | null;
};

/** A place in the list, the newest first: the last tenant that was shown. The time is to the microsecond. */
export type TenantCursor = { at: string; id: string };

/** A cursor as it stands in an address. */
export function encodeTenantCursor({ at, id }: TenantCursor): string {
  return Buffer.from(JSON.stringify([at, id])).toString('base64url');
}

/** The place behind a cursor; null for one that we did not make, which means the first page. */
export function decodeTenantCursor(text: string | undefined): TenantCursor | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(text ?? '', 'base64url').toString('utf8'));
    if (!Array.isArray(value)) return null;
    const [at, id] = value as unknown[];
    const isPlace = typeof at === 'string' && isExactMoment(at) && typeof id === 'string' && isUuid(id);
    return isPlace ? { at, id } : null;
  } catch {
    return null;
  }
}

/** How a tenant pays, of its subscriptions and of a plan that it was given. */
export function payingOf(
  subscriptions: readonly Paying[],
  isComped: boolean,
): Pick<TenantListRow, 'billing' | 'revenue_month'> {
  const current = currentOf(subscriptions);
  if (!current) return { billing: isComped ? 'comped' : 'none', revenue_month: 0 };
  const { status, plan, interval, seats } = current;
  const pays = ['active', 'past_due'].includes(status) && plan !== null && isPlanId(plan);
  const revenue = pays ? monthlyRevenue(plan, interval ?? 'monthly', seats ?? 0) : 0;
  return { billing: isComped && !pays ? 'comped' : status, revenue_month: revenue };
}

/** The columns of the download, in their order. */
const columns = [
  'id',
  'slug',
  'name',
  'status',
  'plan',
  'created_at',
  'members',
  'traces_today',
  'traces_month',
  'rate_now',
  'limited_24h',
  'storage_bytes',
  'last_activity_at',
  'billing',
  'revenue_month',
] as const satisfies readonly (keyof TenantListRow)[];

export const csvHead = `${columns.join(',')}\r\n`;

/** A tenant as a line of CSV. A name that a spreadsheet would take for a formula is made text by an apostrophe. */
export function toCsvLine(row: TenantListRow): string {
  return `${columns.map((column) => toCell(row[column])).join(',')}\r\n`;
}

function toCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[\s]*[=+\-@\t\r|]/.test(value) ? `'${value}` : value;
  return `"${safe.replaceAll('"', '""')}"`;
}
