import { desc, ilike, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { mailOutbox } from '@/db/schema/mail';
import { env } from '@/lib/env';
import { newId } from '@/lib/ids';

/** The channel on which a transaction that has queued a mail wakes whoever sends: heard after its commit, and not before. */
export const MAIL_CHANNEL = 'ragtoolkit_mail';

/** A mail with both parts; `html` is made of the same words as `text`. */
export type Mail = { to: string; subject: string; text: string; html: string };

/** Puts a mail into the outbox, inside the caller's transaction: it is sent only if what it speaks of has happened. */
export async function queueMail(db: Db, mail: Mail): Promise<void> {
  await db
    .insert(mailOutbox)
    .values({ id: newId(), toAddress: mail.to, subject: mail.subject, text: mail.text, html: mail.html });
  if (env().smtpUrl) await db.execute(sql`select pg_notify(${MAIL_CHANNEL}, '')`);
}

/** A mail as the development mailbox shows it. `createdAt` is ISO 8601 in UTC. */
export type StoredMail = Mail & { id: string; createdAt: string };

/** The newest 50 mails, for the development mailbox: all, or those to an address that contains `to`. */
export async function listOutbox({ to }: { to?: string | undefined } = {}): Promise<StoredMail[]> {
  const rows = await pool('platform')
    .db.select()
    .from(mailOutbox)
    .where(to ? ilike(mailOutbox.toAddress, `%${escapeLike(to)}%`) : undefined)
    .orderBy(desc(mailOutbox.createdAt))
    .limit(50);
  return rows.map((row) => ({
    id: row.id,
    to: row.toAddress,
    subject: row.subject,
    text: row.text,
    html: row.html,
    createdAt: row.createdAt.toISOString(),
  }));
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
