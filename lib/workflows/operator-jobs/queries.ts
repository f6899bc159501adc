import { and, desc, eq, isNotNull, isNull, lt, type SQL, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { erasureReceipts, erasures } from '@/db/schema/lifecycle';
import { mailOutbox } from '@/db/schema/mail';
import { tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { authorizeOperator } from '@/lib/auth/authorize';
import type { OperatorContext } from '@/lib/tenancy/context';
import {
  countUsageJobs,
  countWebhookJobs,
  listUsageJobs,
  listWebhookJobs,
} from '@/lib/workflows/billing-jobs/queries';
import { countExportJobs, listExportJobs } from '@/lib/workflows/export-jobs/queries';
import { erasureVerbs, mailVerbs } from './rules';
import {
  JOBS_PER_PAGE,
  type Job,
  type JobFilter,
  type JobPage,
  type JobQueue,
  type JobState,
  type Wanted,
} from './schema';

type Source = {
  /** The newest jobs, those of all states unless told. */
  list: (db: Db, wanted: Wanted) => Promise<Job[]>;
  /** How many there are in the states that are not over. */
  count: (db: Db) => Promise<Partial<Record<JobState, number>>>;
};

/** Where each queue is read. Whoever adds one to `jobQueues` is told by the compiler what is missing here and in mutations.ts. */
const sources: Record<JobQueue, Source> = {
  mail: { list: listMails, count: countMails },
  webhook: { list: listWebhookJobs, count: countWebhookJobs },
  usage: { list: listUsageJobs, count: countUsageJobs },
  export: { list: listExportJobs, count: countExportJobs },
  erasure: { list: listErasures, count: countErasures },
};

/** One page over all queues, the newest first. */
export async function listJobs(ctx: OperatorContext, { queue, state, before }: JobFilter): Promise<JobPage> {
  authorizeOperator(ctx);
  const names = Object.keys(sources) as JobQueue[];
  return withPlatform(async (db) => {
    const jobs: Job[] = [];
    for (const name of names.filter((one) => !queue || one === queue))
      jobs.push(...(await sources[name].list(db, { state, before, limit: JOBS_PER_PAGE + 1 })));
    jobs.sort((a, b) => (a.queued_at < b.queued_at ? 1 : -1));
    const counts: JobPage['counts'] = [];
    for (const name of names)
      for (const [found, count] of Object.entries(await sources[name].count(db)))
        if (count > 0) counts.push({ queue: name, state: found as JobState, count });
    const shown = jobs.slice(0, JOBS_PER_PAGE);
    const last = jobs.length > JOBS_PER_PAGE ? shown.at(-1) : undefined;
    return { jobs: shown, counts, next: last?.queued_at ?? null };
  });
}

const isOver = isNotNull(mailOutbox.sentAt);
const isFailed = isNotNull(mailOutbox.failedAt);
const isOpen = and(isNull(mailOutbox.sentAt), isNull(mailOutbox.failedAt));
const mailStates: Record<JobState, SQL | undefined> = {
  waiting: and(isOpen, eq(mailOutbox.attempts, 0)),
  running: sql`false`,
  retrying: and(isOpen, sql`${mailOutbox.attempts} > 0`),
  failed: isFailed,
  done: isOver,
};

/** To whom and about what: the text holds links that sign people in, and is shown to nobody. */
async function listMails(db: Db, { state, before, limit }: Wanted): Promise<Job[]> {
  const { id, toAddress, subject, attempts, createdAt, nextAttemptAt, lastError, sentAt, failedAt } =
    mailOutbox;
  const rows = await db
    .select({ id, toAddress, subject, attempts, createdAt, nextAttemptAt, lastError, sentAt, failedAt })
    .from(mailOutbox)
    .where(and(state ? mailStates[state] : undefined, before ? lt(createdAt, new Date(before)) : undefined))
    .orderBy(desc(createdAt))
    .limit(limit);
  return rows.map((row) => {
    const found = row.sentAt ? 'done' : row.failedAt ? 'failed' : row.attempts > 0 ? 'retrying' : 'waiting';
    return {
      queue: 'mail',
      id: row.id,
      title: row.subject,
      state: found,
      attempts: row.attempts,
      queued_at: row.createdAt.toISOString(),
      next_attempt_at: found === 'waiting' || found === 'retrying' ? row.nextAttemptAt.toISOString() : null,
      finished_at: (row.sentAt ?? row.failedAt)?.toISOString() ?? null,
      last_error: row.lastError,
      payload: { to: row.toAddress, subject: row.subject },
      verbs: [...mailVerbs[found]],
    };
  });
}

async function countMails(db: Db): Promise<Partial<Record<JobState, number>>> {
  return {
    waiting: await db.$count(mailOutbox, mailStates.waiting),
    retrying: await db.$count(mailOutbox, mailStates.retrying),
    failed: await db.$count(mailOutbox, mailStates.failed),
  };
}

/** Tenants that wait for their erasure or are being erased, and the receipts of those that are gone. */
async function listErasures(db: Db, { state, before, limit }: Wanted): Promise<Job[]> {
  const until = before ? new Date(before) : undefined;
  const due = await db
    .select({
      id: tenants.id,
      slug: tenants.slug,
      requestedAt: tenants.deletionRequestedAt,
      deleteAfter: tenants.deleteAfter,
      startedAt: erasures.startedAt,
      isLate: sql<boolean>`${tenants.deleteAfter} <= now()`,
    })
    .from(tenants)
    .leftJoin(erasures, eq(erasures.tenantId, tenants.id))
    .where(and(isNotNull(tenants.deleteAfter), until ? lt(tenants.deletionRequestedAt, until) : undefined))
    .orderBy(desc(tenants.deletionRequestedAt))
    .limit(limit);
  const open = due.map(({ id, slug, requestedAt, deleteAfter, startedAt, isLate }): Job => {
    const found = isLate ? 'retrying' : 'waiting';
    return {
      queue: 'erasure',
      id,
      title: `Erase ${slug}`,
      state: found,
      attempts: startedAt ? 1 : 0,
      queued_at: (requestedAt ?? deleteAfter ?? new Date()).toISOString(),
      next_attempt_at: deleteAfter?.toISOString() ?? null,
      finished_at: null,
      last_error: null,
      payload: { tenant: id, address: slug, ...(startedAt ? { begun: startedAt.toISOString() } : {}) },
      verbs: [...erasureVerbs[found]],
    };
  });
  const done = await db
    .select()
    .from(erasureReceipts)
    .where(until ? lt(erasureReceipts.requestedAt, until) : undefined)
    .orderBy(desc(erasureReceipts.requestedAt))
    .limit(limit);
  const over = done.map(
    ({ tenantId, requestedAt, erasedAt, rowCounts }): Job => ({
      queue: 'erasure',
      id: tenantId,
      title: 'An erased tenant',
      state: 'done',
      attempts: 1,
      queued_at: requestedAt.toISOString(),
      next_attempt_at: null,
      finished_at: erasedAt.toISOString(),
      last_error: null,
      payload: {
        tenant: tenantId,
        rows: String(Object.values(rowCounts).reduce((sum, rows) => sum + rows, 0)),
      },
      verbs: [...erasureVerbs.done],
    }),
  );
  return [...open, ...over].filter((one) => !state || one.state === state);
}

async function countErasures(db: Db): Promise<Partial<Record<JobState, number>>> {
  return {
    waiting: await db.$count(tenants, sql`${tenants.deleteAfter} > now()`),
    retrying: await db.$count(tenants, sql`${tenants.deleteAfter} <= now()`),
  };
}
