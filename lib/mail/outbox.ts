import { desc } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { mailOutbox } from '@/db/schema/mail';
import { newId } from '@/lib/ids';

/** A mail with both parts; `html` is made of the same words as `text`. */
export type Mail = { to: string; subject: string; text: string; html: string };

/** Puts a mail into the outbox, inside the caller's transaction: it is sent only if what it speaks of has happened. */
export async function queueMail(db: Db, mail: Mail): Promise<void> {
  await db
    .insert(mailOutbox)
    .values({ id: newId(), toAddress: mail.to, subject: mail.subject, text: mail.text, html: mail.html });
}

/** The newest 50 mails, for the development mailbox. Times are ISO 8601 in UTC. */
export async function listOutbox(): Promise<
  { id: string; to: string; subject: string; text: string; createdAt: string }[]
> {
  const rows = await pool('platform')
    .db.select()
    .from(mailOutbox)
    .orderBy(desc(mailOutbox.createdAt))
    .limit(50);
  return rows.map((row) => ({
    id: row.id,
    to: row.toAddress,
    subject: row.subject,
    text: row.text,
    createdAt: row.createdAt.toISOString(),
  }));
}
