import type { Box } from './box';
import { ANSWER_LIFETIME } from './idempotency';
import type { TableName } from './tables';

const DAY = 86_400;

/** What is forgotten, after how many days, and how many are kept at most. Customers, subscriptions and invoices stay. */
const limits = {
  answers: { days: ANSWER_LIFETIME / 86_400_000, most: 20_000 },
  // As Stripe: an event can be read for 30 days.
  events: { days: 30, most: 10_000 },
  deliveries: { days: 30, most: 10_000 },
  // Longer than the longest period that a price is billed for.
  meter_events: { days: 400, most: 500_000 },
  portal_sessions: { days: 1, most: 1_000 },
  challenges: { days: 1, most: 1_000 },
  // They have no age in real time: the oldest go when there are many.
  marks: { days: 1, most: 50_000 },
} as const satisfies Partial<Record<TableName, { days: number; most: number }>>;

type Pruned = keyof typeof limits;

/** Forgets what is old. Rows are in the order in which they came, so that the first ones are the oldest. */
export function prune(box: Box): void {
  const now = Math.floor(box.realNow() / 1_000);
  pruneSessions(box, now);
  for (const table of Object.keys(limits) as Pruned[]) {
    const { days, most } = limits[table];
    let surplus = box.store.count(table) - most;
    if (surplus <= 0 && !isOld(box, table, now, days)) continue;
    for (const row of box.store.all(table)) {
      if (surplus <= 0 && ageOf(box, table, row, now) <= days * DAY) break;
      if (table === 'deliveries' && 'status' in row && row.status === 'pending') continue;
      box.store.remove(table, row.id);
      surplus--;
    }
  }
}

/** Checkout sessions that nobody completed. */
const EXPIRED_SESSION_DAYS = 30;

function pruneSessions(box: Box, now: number): void {
  for (const session of box.store.where('checkout_sessions', ({ status }) => status === 'expired')) {
    if (session.expires_at > now - EXPIRED_SESSION_DAYS * DAY) continue;
    box.store.remove('checkout_sessions', session.id);
    box.store.remove('checkout_drafts', session.id);
  }
}

function isOld(box: Box, table: Pruned, now: number, days: number): boolean {
  const first = box.store.first(table);
  return first !== undefined && ageOf(box, table, first, now) > days * DAY;
}

/** How long ago a row came, in seconds of real time. Rows without a time of their own go with their event. */
function ageOf(box: Box, table: Pruned, row: { id: string }, now: number): number {
  if (table === 'marks') return 0;
  if (table === 'deliveries') {
    const { event } = row as { event?: string };
    return event !== undefined && box.store.get('events', event) ? 0 : Number.POSITIVE_INFINITY;
  }
  const { created, received } = row as { created?: number; received?: number };
  if (table === 'answers') return now - (created ?? 0) / 1_000;
  if (table === 'meter_events') return now - (received ?? 0) / 1_000;
  return now - (created ?? now);
}
