import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import {
  credentials,
  personTokens,
  providerAccounts,
  recoveryCodes,
  secondFactors,
  sessions,
  users,
} from '@/db/schema/people';
import { urlOf } from '@/lib/gateway/hosts';
import { queueMail } from '@/lib/mail/outbox';
import { unprovenPasswordMail } from '@/lib/mail/templates';

/**
 * Notes, inside the caller's transaction, that a person has proved to read the mail of their address. The first time,
 * everything that lets in whoever made the account goes: they had not proved it, and may have been somebody who waits for
 * the owner to move in. That is the password, all sessions, second factors, linked providers, and mailed links that
 * would change something. The owner is told by mail when a password was among it, unless `silent`: where they set another
 * one at this moment. Later proofs change nothing. To be called before the session of the one who proves it is opened. Answers how many sessions have ended.
 */
export async function proveAddress(db: Db, userId: string, { silent = false } = {}): Promise<number> {
  const [person] = await db
    .update(users)
    .set({ emailVerifiedAt: sql`now()` })
    .where(and(eq(users.id, userId), isNull(users.emailVerifiedAt)))
    .returning({ email: users.email });
  if (!person) return 0;
  // Before the sessions: a sign-in by password holds this row until its session is there to be ended.
  const passwords = await db
    .delete(credentials)
    .where(eq(credentials.userId, userId))
    .returning({ userId: credentials.userId });
  await db.delete(providerAccounts).where(eq(providerAccounts.userId, userId));
  await db.delete(secondFactors).where(eq(secondFactors.userId, userId));
  await db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
  await db.delete(personTokens).where(eq(personTokens.userId, userId));
  const ended = await db
    .update(sessions)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt)))
    .returning({ id: sessions.id });
  if (passwords.length > 0 && !silent)
    await queueMail(db, unprovenPasswordMail(person.email, urlOf('cloud', '/forgot-password')));
  return ended.length;
}
