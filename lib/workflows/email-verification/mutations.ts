import { and, eq, isNull } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { users } from '@/db/schema/people';
import { withPlatform } from '@/db/tenant';
import { emitForPerson } from '@/lib/audit/emit-for-person';
import { mintPersonToken, takePersonToken } from '@/lib/auth/person-tokens';
import { lockPerson, type Session } from '@/lib/auth/sessions';
import { AppError } from '@/lib/errors';
import { urlOf } from '@/lib/gateway/hosts';
import { currentClient } from '@/lib/log';
import { queueMail } from '@/lib/mail/outbox';
import { verifyEmailMail } from '@/lib/mail/templates';
import { assertWithin } from '@/lib/rate-limit/limit';

const LINK_MAX_AGE = 7 * 24 * 60 * 60;

/** Mails a person the link that verifies their address, inside the caller's transaction. Earlier ones stop working. */
export async function queueVerification(db: Db, person: { userId: string; email: string }): Promise<void> {
  const token = await mintPersonToken(db, { ...person, purpose: 'verify-email', maxAge: LINK_MAX_AGE });
  await queueMail(db, verifyEmailMail(person.email, urlOf('cloud', `/verify-email?token=${token}`)));
}

/** Mails the link again. Throws AppError `conflict` when the address is verified already, `rate_limited`. */
export async function sendVerification(session: Session): Promise<void> {
  if (session.isEmailVerified) throw new AppError('conflict', 'Your address is confirmed already.');
  await assertWithin({ 'mail:ip': currentClient().ip, 'mail:account': session.email });
  await withPlatform((db) => queueVerification(db, session));
}

/**
 * Notes that the signed-in person has followed the link mailed to them. Throws AppError `not_found` when the link is used
 * up, expired, or was mailed to somebody else.
 */
export async function verifyEmail(session: Session, { token }: { token: string }): Promise<void> {
  await assertWithin({ 'sign-in:ip': currentClient().ip });
  await withPlatform(async (db) => {
    await lockPerson(db, session.userId);
    const taken = await takePersonToken(db, token, 'verify-email', session.userId);
    if (!taken) throw new AppError('not_found', 'This link no longer works. Ask for a new one.');
    const verified = await db
      .update(users)
      .set({ emailVerifiedAt: new Date() })
      .where(and(eq(users.id, session.userId), eq(users.email, taken.email), isNull(users.emailVerifiedAt)))
      .returning({ id: users.id });
    if (verified.length > 0)
      await emitForPerson(db, session, { action: 'user.verify_email', after: { email: taken.email } });
  });
}
