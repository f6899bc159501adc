import { and, asc, eq, gt, isNull, lt, lte, or, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { mailOutbox } from '@/db/schema/mail';
import { withPlatform } from '@/db/tenant';
import { env } from '@/lib/env';
import { startSweep } from '@/lib/jobs/sweep';
import { log, logError } from '@/lib/log';
import { MAIL_CHANNEL, type Mail } from './outbox';
import { MAX_ATTEMPTS, toFailure, waitAfter } from './retry';
import { smtpTransport, type Transport } from './transport';

const SWEEP_MS = 5_000;
/** Mails that this process sends at a time. */
const CONCURRENCY = 4;
/** How long a mail is its sender's own. Longer than the transport's longest try, so that no two try at once. */
const LEASE_SECONDS = 150;
/** What has waited for so long without being sent is no news any more, as after SMTP_URL was set for the first time. */
const STALE_DAYS = 7;
/** Mails that are done with are kept for so long, for whoever asks where one went. */
const KEPT_DAYS = 30;

// Next and server.ts are two bundles of one process, which sends once.
const STARTED = Symbol.for('ragtoolkit.mail-delivery');
const globals = globalThis as { [STARTED]?: true };

/**
 * Sends the outbox for as long as the process lives: right after the commit that queued a mail, and every few seconds
 * what is due again. Does nothing where no mail server is set up. Safe to call again, and in several processes.
 */
export function startMailDelivery(): void {
  const { smtpUrl, mailFrom } = env();
  if (!smtpUrl || globals[STARTED]) return;
  globals[STARTED] = true;
  const transport = smtpTransport(smtpUrl, mailFrom);
  const run = coalesce(() => deliverDueMails(transport));
  startSweep('mail', SWEEP_MS, run);
  startSweep('mail retention', 3_600_000, cleanOutbox);
  const wake = () => void run().catch((error) => logError(error, 'mails could not be sent'));
  const listen = () =>
    pool('platform')
      .sql.listen(MAIL_CHANNEL, wake)
      .catch((error) => {
        logError(error, 'cannot listen for mails; the sweep sends them meanwhile');
        setTimeout(listen, SWEEP_MS).unref();
      });
  void listen();
}

/**
 * Sends every mail that is due, a few at a time, and answers how many went out. A mail is claimed by moving its next
 * attempt on in a transaction of its own: of several senders one gets it, and one that dies lets it go by doing nothing.
 * When the server itself cannot be worked with, the rest waits for the next run.
 */
export async function deliverDueMails(transport: Transport): Promise<number> {
  let sent = 0;
  let isAway = false;
  const work = async (first: Claimed | null) => {
    for (let mail = first; mail; mail = isAway ? null : await claimMail()) {
      const outcome = await deliver(transport, mail);
      if (outcome === 'sent') sent += 1;
      if (outcome === 'server') isAway = true;
    }
  };
  const first = await claimMail();
  if (!first) return 0; // most often: one question, and not one for each that could help
  const others = Array.from({ length: CONCURRENCY - 1 }, async () => work(await claimMail()));
  await Promise.all([work(first), ...others]);
  return sent;
}

/** Deletes mails that were sent or given up 30 days ago, and gives up those that have waited for a week. */
export async function cleanOutbox(): Promise<void> {
  const daysAgo = (days: number) => sql`now() - make_interval(days => ${days})`;
  await withPlatform(async (db) => {
    await db
      .delete(mailOutbox)
      .where(or(lt(mailOutbox.sentAt, daysAgo(KEPT_DAYS)), lt(mailOutbox.failedAt, daysAgo(KEPT_DAYS))));
    const stale = await db
      .update(mailOutbox)
      .set({ failedAt: sql`now()`, lastError: sql`coalesce(${mailOutbox.lastError}, 'waited too long')` })
      .where(and(isOpen(), lt(mailOutbox.createdAt, daysAgo(STALE_DAYS))))
      .returning({ id: mailOutbox.id });
    for (const { id } of stale) log().error({ mail: id }, 'mail given up: it has waited too long');
  });
}

type Claimed = Mail & { id: string; attempts: number };

/** The mail that has been due for longest, now this sender's for the time of the lease; null when none is due. */
async function claimMail(): Promise<Claimed | null> {
  const { id, attempts, toAddress: to, subject, text, html } = mailOutbox;
  return withPlatform(async (db) => {
    const fresh = gt(mailOutbox.createdAt, sql`now() - make_interval(days => ${STALE_DAYS})`);
    const [due] = await db
      .select({ id })
      .from(mailOutbox)
      .where(and(isOpen(), fresh, lte(mailOutbox.nextAttemptAt, sql`now()`)))
      .orderBy(asc(mailOutbox.nextAttemptAt))
      .limit(1)
      .for('update', { skipLocked: true });
    if (!due) return null;
    const [claimed] = await db
      .update(mailOutbox)
      .set({
        attempts: sql`${attempts} + 1`,
        nextAttemptAt: sql`now() + make_interval(secs => ${LEASE_SECONDS})`,
      })
      .where(eq(id, due.id))
      .returning({ id, attempts, to, subject, text, html });
    return claimed ?? null;
  });
}

/** Tries one mail and writes down what came of it. The log names the row and never the person. */
async function deliver(transport: Transport, mail: Claimed): Promise<'sent' | 'failed' | 'server'> {
  const { id, attempts } = mail;
  try {
    await transport(mail);
  } catch (error) {
    const { kind, reason } = toFailure(error);
    const isLost = kind === 'permanent' || attempts >= MAX_ATTEMPTS;
    const wait = waitAfter(attempts, Math.random());
    await write(id, {
      lastError: reason,
      ...(isLost
        ? { failedAt: sql`now()` }
        : { nextAttemptAt: sql`now() + make_interval(secs => ${wait / 1000})` }),
    });
    const { code, command, responseCode } = error as Record<string, unknown>;
    const facts = { mail: id, attempts, code, command, responseCode };
    if (isLost) log().error(facts, 'mail given up');
    else log().warn(facts, 'mail not sent; it is tried again');
    return kind === 'server' ? 'server' : 'failed';
  }
  await write(id, { sentAt: sql`now()`, lastError: null });
  return 'sent';
}

async function write(id: string, change: Parameters<ReturnType<typeof update>['set']>[0]): Promise<void> {
  await update().set(change).where(eq(mailOutbox.id, id));
}

function update() {
  return pool('platform').db.update(mailOutbox);
}

function isOpen() {
  return and(isNull(mailOutbox.sentAt), isNull(mailOutbox.failedAt));
}

/** Calls that come while one runs share one more run after it: it sees what they were about. */
function coalesce(run: () => Promise<unknown>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const begin = (): Promise<void> => {
    running = Promise.resolve(run()).then(
      () => {
        running = null;
      },
      (error) => {
        running = null;
        throw error;
      },
    );
    return running;
  };
  return () => {
    if (!running) return begin();
    next ??= running
      .catch(() => {})
      .then(() => {
        next = null;
        return begin();
      });
    return next;
  };
}
