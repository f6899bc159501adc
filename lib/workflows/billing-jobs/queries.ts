import { and, desc, eq, inArray, isNotNull, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { stripeEvents } from '@/db/schema/billing';
import { usageOutbox } from '@/db/schema/metering';
import { tenants } from '@/db/schema/tenancy';
import { usageVerbs, webhookVerbs } from '@/lib/workflows/operator-jobs/rules';
import type { Job, JobState, Wanted } from '@/lib/workflows/operator-jobs/schema';

const eventStates: Record<JobState, SQL | undefined> = {
  waiting: eq(stripeEvents.state, 'waiting'),
  running: sql`false`,
  retrying: sql`false`,
  failed: eq(stripeEvents.state, 'failed'),
  done: inArray(stripeEvents.state, ['done', 'ignored']),
};

/** Part of a verb: what Stripe told of by webhook. What stands in an event is shown at Billing. */
export async function listWebhookJobs(db: Db, { state, before, limit }: Wanted): Promise<Job[]> {
  const rows = await db
    .select({ event: stripeEvents, slug: tenants.slug })
    .from(stripeEvents)
    .leftJoin(tenants, eq(tenants.id, stripeEvents.tenantId))
    .where(
      and(
        state ? eventStates[state] : undefined,
        before ? lt(stripeEvents.receivedAt, new Date(before)) : undefined,
      ),
    )
    .orderBy(desc(stripeEvents.receivedAt))
    .limit(limit);
  return rows.map(({ event, slug }): Job => {
    const found = event.state === 'ignored' ? 'done' : event.state;
    return {
      ...{ queue: 'webhook', id: event.id, title: event.type, state: found },
      attempts: found === 'waiting' ? 0 : 1,
      queued_at: event.receivedAt.toISOString(),
      next_attempt_at: null,
      finished_at: event.doneAt?.toISOString() ?? null,
      last_error: event.error,
      payload: {
        type: event.type,
        ...(event.customer ? { customer: event.customer } : {}),
        ...(slug ? { tenant: slug } : {}),
      },
      // An event of nobody's customer has nothing to be fetched.
      verbs: event.tenantId ? [...webhookVerbs[found]] : [],
    };
  });
}

/** Part of a verb: how many events wait, and how many failed. */
export async function countWebhookJobs(db: Db): Promise<Partial<Record<JobState, number>>> {
  return {
    waiting: await db.$count(stripeEvents, eventStates.waiting),
    failed: await db.$count(stripeEvents, eventStates.failed),
  };
}

const { deliveredAt, deadAt, skippedAt, attempts, delta } = usageOutbox;
const isOpen = and(isNull(deliveredAt), isNull(deadAt), isNull(skippedAt));
const reportStates: Record<JobState, SQL | undefined> = {
  waiting: and(isOpen, eq(attempts, 0)),
  running: sql`false`,
  retrying: and(isOpen, sql`${attempts} > 0`),
  failed: and(isNotNull(deadAt), sql`${delta} <> 0`),
  done: isNotNull(deliveredAt),
};

/** Part of a verb: reports of usage to Stripe, but for those of hours that nobody pays for. */
export async function listUsageJobs(db: Db, { state, before, limit }: Wanted): Promise<Job[]> {
  const rows = await db
    .select({ report: usageOutbox, slug: tenants.slug })
    .from(usageOutbox)
    .innerJoin(tenants, eq(tenants.id, usageOutbox.tenantId))
    .where(
      and(
        state ? reportStates[state] : or(isNotNull(deliveredAt), isOpen, reportStates.failed),
        before ? lt(usageOutbox.createdAt, new Date(before)) : undefined,
      ),
    )
    .orderBy(desc(usageOutbox.createdAt))
    .limit(limit);
  return rows.map(({ report, slug }): Job => {
    const open = report.attempts > 0 ? 'retrying' : 'waiting';
    const found = report.deliveredAt ? 'done' : report.deadAt ? 'failed' : open;
    return {
      ...{ queue: 'usage', id: `${report.tenantId}.${report.id}`, state: found, attempts: report.attempts },
      title: `${report.metric} of ${slug}, ${report.hour.toISOString().slice(0, 16)}Z`,
      queued_at: report.createdAt.toISOString(),
      next_attempt_at: found === open ? (report.nextAt?.toISOString() ?? null) : null,
      finished_at: (report.deliveredAt ?? report.deadAt)?.toISOString() ?? null,
      last_error: report.reason,
      payload: { tenant: slug, identifier: report.identifier, value: String(report.delta) },
      verbs: [...usageVerbs[found]],
    };
  });
}

/** Part of a verb: how many reports wait, are tried again, and were given up. */
export async function countUsageJobs(db: Db): Promise<Partial<Record<JobState, number>>> {
  return {
    waiting: await db.$count(usageOutbox, reportStates.waiting),
    retrying: await db.$count(usageOutbox, reportStates.retrying),
    failed: await db.$count(usageOutbox, reportStates.failed),
  };
}
