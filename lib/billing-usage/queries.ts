import { and, desc, eq, isNotNull, ne, notInArray, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { billingSubscriptions } from '@/db/schema/billing';
import { usageOutbox } from '@/db/schema/metering';
import { tenants } from '@/db/schema/tenancy';
import { findTraceMeter } from '@/lib/billing-catalogue/queries';
import { findCustomerId } from '@/lib/billing-customers/queries';
import { askAll } from '@/lib/stripe/client';
import type { ProviderHour } from '@/lib/usage/provider';
import type { Subscribed } from './rules';

/** When a tenant subscribed, as far as our copy knows. What never began to be paid for does not count. */
export async function listSubscribed(db: Db, tenantId: string): Promise<Subscribed[]> {
  const rows = await db
    .select({ from: billingSubscriptions.startedAt, until: billingSubscriptions.endedAt })
    .from(billingSubscriptions)
    .where(
      and(
        eq(billingSubscriptions.tenantId, tenantId),
        notInArray(billingSubscriptions.status, ['incomplete', 'incomplete_expired']),
      ),
    );
  return rows;
}

/**
 * What Stripe counts of a tenant's traces in each hour of a span of whole hours; null for a tenant that is no customer, and
 * for other metrics. What was sent within the last minutes may be missing. Throws AppError `unavailable`.
 */
export async function readMeterHours(
  tenantId: string,
  metric: string,
  { start, end }: { start: Date; end: Date },
): Promise<readonly ProviderHour[] | null> {
  if (metric !== 'trace.count') return null;
  const customer = await findCustomerId(tenantId);
  if (!customer) return null;
  const meter = await findTraceMeter();
  const rows = await askAll((stripe, page) =>
    stripe.billing.meters.listEventSummaries(meter, {
      customer,
      start_time: start.getTime() / 1_000,
      end_time: end.getTime() / 1_000,
      value_grouping_window: 'hour',
      ...page,
    }),
  );
  return rows.map((row) => ({ hour: new Date(row.start_time * 1_000), value: row.aggregated_value }));
}

/** A report that was given up. Times are ISO 8601 in UTC. */
export type DeadLetter = {
  tenantId: string;
  slug: string;
  id: string;
  hour: string;
  delta: number;
  identifier: string;
  attempts: number;
  deadAt: string;
  reason: string;
};

/** Reports that were given up, the newest first, at most 200. */
export async function listDeadLetters(): Promise<DeadLetter[]> {
  const rows = await pool('platform')
    .db.select({ letter: usageOutbox, slug: tenants.slug })
    .from(usageOutbox)
    .innerJoin(tenants, eq(tenants.id, usageOutbox.tenantId))
    .where(and(isNotNull(usageOutbox.deadAt), ne(usageOutbox.delta, 0)))
    .orderBy(desc(usageOutbox.deadAt))
    .limit(200);
  return rows.map(({ letter, slug }) => ({
    tenantId: letter.tenantId,
    slug,
    id: String(letter.id),
    hour: letter.hour.toISOString(),
    delta: letter.delta,
    identifier: letter.identifier,
    attempts: letter.attempts,
    deadAt: letter.deadAt?.toISOString() ?? '',
    reason: letter.reason ?? '',
  }));
}

/** How many reports wait to be sent, and for how many seconds the oldest has. */
export async function readUsageLag(): Promise<{ waiting: number; oldestSeconds: number }> {
  const [row] = await pool('platform').db.execute<{ waiting: number; oldest: number }>(sql`
    select count(*)::int as waiting, coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as oldest
      from usage_outbox where delivered_at is null and skipped_at is null and dead_at is null`);
  return { waiting: row?.waiting ?? 0, oldestSeconds: Math.round(row?.oldest ?? 0) };
}
