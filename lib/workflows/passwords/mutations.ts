import { eq, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { credentials, users, verificationTokens } from '@/db/schema/people';
import { withPlatform } from '@/db/tenant';
import { emitForPerson } from '@/lib/audit/emit-for-person';
import { proveAddress } from '@/lib/auth/address-proof';
import { hashPassword } from '@/lib/auth/passwords';
import {
  dropPersonTokens,
  findPersonToken,
  mintPersonToken,
  takePersonToken,
} from '@/lib/auth/person-tokens';
import { reauthenticate } from '@/lib/auth/reauthenticate';
import { lockPerson, revokeSessionsOf, type Session } from '@/lib/auth/sessions';
import { AppError } from '@/lib/errors';
import { urlOf } from '@/lib/gateway/hosts';
import { currentClient } from '@/lib/log';
import { queueMail } from '@/lib/mail/outbox';
import { passwordChangedMail, resetPasswordMail } from '@/lib/mail/templates';
import { assertWithin } from '@/lib/rate-limit/limit';
import type { ChangePassword, ResetPassword } from './schema';

const LINK_MAX_AGE = 60 * 60;

/**
 * Mails the link by which the owner of an address sets a new password, also where they never had one. For an address
 * without an account nothing is mailed: to be run after the answer, which must not tell by its time.
 */
export async function requestPasswordReset(email: string): Promise<void> {
  await withPlatform(async (db) => {
    const [person] = await db.select({ userId: users.id }).from(users).where(eq(users.email, email));
    if (!person) return;
    const { userId } = person;
    const token = await mintPersonToken(db, {
      purpose: 'reset-password',
      userId,
      email,
      maxAge: LINK_MAX_AGE,
    });
    await queueMail(db, resetPasswordMail(email, urlOf('cloud', `/reset-password?token=${token}`)));
  });
}

/**
 * Sets the password of whom the link was mailed to. All of their sessions end, and what else was mailed to them stops
 * working; following the link has proved that the address is theirs. Nobody is signed in by it, so a second factor is
 * asked for as always. Throws AppError `not_found` when the link is used up or expired, `rate_limited`.
 */
export async function resetPassword({ token, password }: ResetPassword): Promise<void> {
  await assertWithin({ 'sign-in:ip': currentClient().ip });
  // Hashing takes long: not for a link that is none, and not while a transaction is open.
  const found = await findPersonToken(token, 'reset-password');
  if (!found) throw spent();
  const passwordHash = await hashPassword(password);
  await withPlatform(async (db) => {
    await lockPerson(db, found.userId);
    const taken = await takePersonToken(db, token, 'reset-password');
    const [person] = taken ? await db.select().from(users).where(eq(users.id, taken.userId)) : [];
    if (!taken || person?.email !== taken.email) throw spent();
    // An account that somebody else has made with this address must not let them in by another way than the password.
    const ended = await proveAddress(db, person.id, { silent: true });
    await setPassword(db, { ...person, userId: person.id }, passwordHash, { ended });
  });
}

function spent(): AppError {
  return new AppError('not_found', 'This link no longer works. Ask for a new one.');
}

/**
 * Changes the signed-in person's password; their other sessions end. Throws what `reauthenticate` throws when the present
 * one is wrong or the sign-in of somebody without one is too long ago.
 */
export async function changePassword(session: Session, input: ChangePassword): Promise<void> {
  await reauthenticate(session, input.password);
  const passwordHash = await hashPassword(input.newPassword);
  await withPlatform((db) => setPassword(db, session, passwordHash, { except: session.sessionId }));
}

/** `except` is the session that goes on; `ended` is how many have ended already. */
async function setPassword(
  db: Db,
  person: { userId: string; email: string; name: string },
  passwordHash: string,
  { except, ended: before = 0 }: { except?: string; ended?: number } = {},
): Promise<void> {
  const { userId, email } = person;
  // Before the sessions: a sign-in by password holds this row until its session is there to be ended.
  await db
    .insert(credentials)
    .values({ userId, passwordHash })
    .onConflictDoUpdate({ target: credentials.userId, set: { passwordHash, updatedAt: sql`now()` } });
  const ended = before + (await revokeSessionsOf(db, userId, { except }));
  await dropPersonTokens(db, userId, 'reset-password');
  await dropPersonTokens(db, userId, 'change-email'); // whoever asked for that may be why the password is changed
  await db.delete(verificationTokens).where(eq(verificationTokens.identifier, email));
  await emitForPerson(db, person, { action: 'user.change_password', after: { sessionsEnded: ended } });
  await queueMail(db, passwordChangedMail(email, { resetUrl: urlOf('cloud', '/forgot-password') }));
}
