import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { usageOutbox } from '@/db/schema/metering';
import { withPlatform } from '@/db/tenant';
import { wantSync } from '@/lib/billing-sync/mutations';
import { AppError } from '@/lib/errors';
import { logError } from '@/lib/log';
import { TRACE_METER } from '@/lib/plans/catalogue';
import { ask, refusalOf, stripeMode } from '@/lib/stripe/client';
import { listSubscribed, readMeterHours } from './queries';
import { isKnownAlready, isReported, MAX_AGE_DAYS, retryDelay, UNKNOWN_MS, verdictOn } from './rules';

/** Of each tenant so many are sent in one go, one after the other: Stripe takes one at a time per customer and meter. */
const BATCH = 100;
const AT_ONCE = 4;
const HOUR_MS = 3_600_000;

type Report = {
  id: string;
  hour: Date;
  delta: number;
  identifier: string;
  attempts: number;
  firstSentAt: Date | null;
  isTooOld: boolean;
  isUnknown: boolean;
};

/**
 * Tells Stripe what the meters have counted: every report of an hour within a subscription, under the name that it has had
 * from the first, so that one that is sent twice counts once. Called every few seconds; two processes that do send the same
 * reports, which does no harm. Reports of one tenant that cannot be sent do not hold up the others'.
 */
export async function sendUsage(): Promise<void> {
  if (!stripeMode()) return;
  const due = await pool('platform').db.execute<{ id: string; customer: string | null }>(sql`
    select distinct o.tenant_id as id, c.stripe_customer_id as customer
      from usage_outbox o left join billing_customers c on c.tenant_id = o.tenant_id and c.mode = ${stripeMode()}
      where o.delivered_at is null and o.skipped_at is null and o.dead_at is null
        and coalesce(o.next_at <= clock_timestamp(), true) limit 500`);
  const queue = [...due];
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift())
      await sendOf(next.id, next.customer).catch((error) => {
        if (!(error instanceof AppError && error.code === 'unavailable'))
          logError(error, 'usage cannot be reported');
      });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** Sends what waits of one tenant, oldest hour first. Throws AppError `unavailable` at the first that cannot be sent. */
export async function sendOf(tenantId: string, customer: string | null): Promise<void> {
  const reports = await listDue(tenantId);
  if (!customer)
    return skip(
      tenantId,
      reports.map(({ id }) => id),
    );
  const { isCurrent, subscribed } = await readSubscribed(tenantId, reports);
  // A subscription that a webhook did not tell of must not cost its hours: first our copy is as new as the report.
  if (!isCurrent) return;
  const within = (report: Report) => isReported(report.hour, subscribed);
  await skip(
    tenantId,
    reports.filter((report) => !within(report)).map(({ id }) => id),
  );
  for (const report of reports.filter(within)) await send(tenantId, customer, report);
}

async function listDue(tenantId: string): Promise<Report[]> {
  const rows = await pool('platform').db.execute<{
    id: string;
    hour: string;
    delta: string;
    identifier: string;
    attempts: number;
    first: string | null;
    old: boolean;
    unknown: boolean;
  }>(sql`
    select id::text, hour::text, delta::text, identifier, attempts, first_sent_at::text as first,
        hour < clock_timestamp() - make_interval(days => ${MAX_AGE_DAYS}) as old,
        coalesce(first_sent_at < clock_timestamp() - make_interval(secs => ${UNKNOWN_MS / 1_000}), false) as unknown
      from usage_outbox
      where tenant_id = ${tenantId} and delivered_at is null and skipped_at is null and dead_at is null
        and coalesce(next_at <= clock_timestamp(), true)
      order by hour, revision limit ${BATCH}`);
  return rows.map(({ hour, delta, first, old, unknown, ...row }) => ({
    ...row,
    hour: new Date(hour),
    delta: Number(delta),
    firstSentAt: first ? new Date(first) : null,
    isTooOld: old,
    isUnknown: unknown,
  }));
}

/** When the tenant subscribed, and whether our copy is newer than the newest of these reports; if not it is asked for. */
async function readSubscribed(tenantId: string, reports: readonly Report[]) {
  return withPlatform(async (db) => {
    const ids = JSON.stringify(reports.map(({ id }) => id));
    const [row] = await db.execute<{ current: boolean }>(sql`
      select coalesce(c.snapshot_at >= (select max(o.hour + interval '1 hour') from usage_outbox o
          where o.tenant_id = c.tenant_id and o.id in (select json_array_elements_text(${ids}::text::json)::bigint)), false) as current
        from billing_customers c where c.tenant_id = ${tenantId}`);
    const isCurrent = row?.current ?? false;
    if (!isCurrent) await wantSync(db, tenantId);
    return { isCurrent, subscribed: await listSubscribed(db, tenantId) };
  });
}

async function skip(tenantId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await pool('platform').db.execute(sql`
    update usage_outbox set skipped_at = clock_timestamp(), reason = 'nothing was subscribed'
      where tenant_id = ${tenantId} and delivered_at is null
        and id in (select json_array_elements_text(${JSON.stringify(ids)}::text::json)::bigint)`);
}

async function send(tenantId: string, customer: string, report: Report): Promise<void> {
  if (report.delta === 0) return settle(tenantId, report, 'delivered');
  if (report.isTooOld)
    return settle(tenantId, report, 'dead', `older than ${MAX_AGE_DAYS} days, which Stripe takes no more`);
  if (report.isUnknown) {
    const verdict = await lookUp(tenantId, report);
    if (verdict === 'delivered') return settle(tenantId, report, 'delivered');
    if (verdict === 'unclear')
      return settle(
        tenantId,
        report,
        'dead',
        'its answer was lost, and what Stripe counts of the hour fits neither outcome',
      );
  }
  // Written down before: should we be killed, whoever goes on knows that it may have arrived.
  await noteAttempt(tenantId, report);
  try {
    await ask('billing.meter_event', (stripe) =>
      stripe.billing.meterEvents.create(
        {
          event_name: TRACE_METER,
          identifier: report.identifier,
          // The beginning of the hour is in it; its end would be the next one's, and on the last day the next period's.
          timestamp: report.hour.getTime() / 1_000,
          payload: { stripe_customer_id: customer, value: String(report.delta) },
        },
        { idempotencyKey: `usage ${report.identifier} ${report.attempts}` },
      ),
    );
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    if (!isKnownAlready(refusal)) return settle(tenantId, report, 'dead', refusal.message);
  }
  await settle(tenantId, report, 'delivered');
}

async function lookUp(tenantId: string, report: Report): Promise<ReturnType<typeof verdictOn>> {
  const end = new Date(report.hour.getTime() + HOUR_MS);
  const hours = (await readMeterHours(tenantId, 'trace.count', { start: report.hour, end })) ?? [];
  const counted = hours.reduce((sum, { value }) => sum + value, 0);
  const [row] = await pool('platform').db.execute<{ sum: string }>(sql`
    select coalesce(sum(delta), 0)::text as sum from usage_outbox
      where tenant_id = ${tenantId} and hour = ${report.hour.toISOString()}::timestamptz and delivered_at is not null`);
  return verdictOn(counted, Number(row?.sum ?? 0), report.delta);
}

async function noteAttempt(tenantId: string, { id, attempts }: Report): Promise<void> {
  await pool('platform')
    .db.update(usageOutbox)
    .set({
      attempts: sql`${usageOutbox.attempts} + 1`,
      firstSentAt: sql`coalesce(${usageOutbox.firstSentAt}, clock_timestamp())`,
      nextAt: sql`clock_timestamp() + make_interval(secs => ${retryDelay(attempts) / 1_000})`,
    })
    .where(and(eq(usageOutbox.tenantId, tenantId), eq(usageOutbox.id, BigInt(id))));
}

async function settle(
  tenantId: string,
  { id }: Pick<Report, 'id'>,
  outcome: 'delivered' | 'dead',
  reason: string | null = null,
): Promise<void> {
  const now = sql`clock_timestamp()`;
  await pool('platform')
    .db.update(usageOutbox)
    .set(outcome === 'delivered' ? { deliveredAt: now, reason: null } : { deadAt: now, reason })
    .where(and(eq(usageOutbox.tenantId, tenantId), eq(usageOutbox.id, BigInt(id))));
}

/** Part of a verb: has a report that was given up sent again. Throws AppError `not_found`. */
export async function retryDeadLetter(
  db: Db,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<void> {
  const [found] = await db
    .update(usageOutbox)
    .set({ deadAt: null, nextAt: null, reason: null })
    .where(
      and(eq(usageOutbox.tenantId, tenantId), eq(usageOutbox.id, BigInt(id)), isNotNull(usageOutbox.deadAt)),
    )
    .returning({ id: usageOutbox.id });
  if (!found) throw new AppError('not_found', 'There is no such report, or it was sent meanwhile.');
}
