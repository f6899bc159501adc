import { and, eq, isNotNull, isNull, or, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { mailOutbox } from '@/db/schema/mail';
import { tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import type { PlatformAction } from '@/lib/audit/actions';
import { emitPlatform } from '@/lib/audit/emit-platform';
import { authorizeOperator } from '@/lib/auth/authorize';
import { replayEvent } from '@/lib/billing-events/mutations';
import { retryDeadLetter } from '@/lib/billing-usage/mutations';
import { AppError } from '@/lib/errors';
import { isUuid } from '@/lib/ids';
import { logError } from '@/lib/log';
import { MAIL_CHANNEL, queueMail } from '@/lib/mail/outbox';
import type { OperatorContext } from '@/lib/tenancy/context';
import { eraseDueTenants } from '@/lib/workflows/erasure/mutations';
import { stopExport } from '@/lib/workflows/export-jobs/mutations';
import type { JobQueue, JobVerb } from './schema';

/** Does it inside the caller's transaction, and answers what the log says of the job; null where it cannot be done. */
type Handler = (db: Db, id: string, reason: string) => Promise<Record<string, unknown> | null>;

const handlers: Record<JobQueue, Partial<Record<JobVerb, Handler>>> = {
  mail: { retry: retryMail, discard: discardMail, replay: replayMail },
  webhook: { replay: replayWebhook },
  usage: { retry: retryReport },
  export: { discard: stopExport },
  erasure: { retry: retryErasure },
};

/** Whether a text can be the id of a job of the queue. */
const isId: Record<JobQueue, (text: string) => boolean> = {
  mail: isUuid,
  webhook: (text) => /^evt_\w{1,250}$/.test(text),
  usage: (text) => /^[0-9a-f-]{36}\.\d{1,18}$/.test(text) && isUuid(text.slice(0, 36)),
  export: isUuid,
  erasure: isUuid,
};

/** What is done after the commit, without waiting for it. */
const afterwards: Partial<Record<`${JobQueue}.${JobVerb}`, () => Promise<unknown>>> = {
  'erasure.retry': () => eraseDueTenants(),
};

const actions = {
  retry: 'job.retry',
  discard: 'job.discard',
  replay: 'job.replay',
} as const satisfies Record<JobVerb, PlatformAction>;

/**
 * Tries a job again now, gives it up, or does once more what was done. Throws AppError `not_found` for a job that is not
 * there, `conflict` for one of which this cannot be done in its state.
 */
export async function actOnJob(
  ctx: OperatorContext,
  { queue, jobId, verb, reason }: { queue: JobQueue; jobId: string; verb: JobVerb; reason: string },
): Promise<void> {
  authorizeOperator(ctx);
  const handle = handlers[queue][verb];
  if (!handle) throw new AppError('conflict', `A job of this queue cannot be asked to ${verb}.`);
  if (!isId[queue](jobId)) throw new AppError('not_found', 'There is no such job.');
  await withPlatform(async (db) => {
    const facts = await handle(db, jobId, reason);
    if (!facts) throw new AppError('conflict', 'There is no such job, or its state has changed: look again.');
    const target = { kind: `${queue}_job`, id: jobId };
    await emitPlatform(db, ctx, { action: actions[verb], target, reason, after: facts });
  });
  afterwards[`${queue}.${verb}`]?.().catch((error: unknown) => logError(error, `${verb} of ${queue} failed`));
}

async function retryMail(db: Db, id: string): Promise<Record<string, unknown> | null> {
  const [mail] = await db
    .update(mailOutbox)
    .set({ nextAttemptAt: sql`now()`, failedAt: null, attempts: 0 })
    .where(and(eq(mailOutbox.id, id), isNull(mailOutbox.sentAt)))
    .returning({ subject: mailOutbox.subject });
  if (mail) await db.execute(sql`select pg_notify(${MAIL_CHANNEL}, '')`);
  return mail ?? null;
}

/** One that is just being sent may still arrive: nobody can take that back. */
async function discardMail(db: Db, id: string, reason: string): Promise<Record<string, unknown> | null> {
  const [mail] = await db
    .update(mailOutbox)
    .set({ failedAt: sql`now()`, lastError: `discarded: ${reason}` })
    .where(and(eq(mailOutbox.id, id), isNull(mailOutbox.sentAt), isNull(mailOutbox.failedAt)))
    .returning({ subject: mailOutbox.subject });
  return mail ?? null;
}

/** The same words to the same address, as a mail of its own. */
async function replayMail(db: Db, id: string): Promise<Record<string, unknown> | null> {
  const { toAddress: to, subject, text, html } = mailOutbox;
  const [mail] = await db
    .select({ to, subject, text, html })
    .from(mailOutbox)
    .where(and(eq(mailOutbox.id, id), or(isNotNull(mailOutbox.sentAt), isNotNull(mailOutbox.failedAt))));
  if (!mail) return null;
  await queueMail(db, mail);
  return { subject: mail.subject };
}

async function retryErasure(db: Db, id: string): Promise<Record<string, unknown> | null> {
  const [tenant] = await db
    .select({ slug: tenants.slug })
    .from(tenants)
    .where(and(eq(tenants.id, id), eq(tenants.status, 'deleting'), sql`${tenants.deleteAfter} <= now()`));
  return tenant ?? null;
}

async function replayWebhook(db: Db, id: string): Promise<Record<string, unknown>> {
  await replayEvent(db, id);
  return {};
}

async function retryReport(db: Db, id: string): Promise<Record<string, unknown>> {
  const [tenantId = '', report = ''] = id.split('.');
  await retryDeadLetter(db, { tenantId, id: report });
  return { tenantId };
}
