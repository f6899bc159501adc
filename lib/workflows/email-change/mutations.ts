import { eq } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { users, verificationTokens } from '@/db/schema/people';
import { withPlatform } from '@/db/tenant';
import { emitForPerson } from '@/lib/audit/emit-for-person';
import { announceOperatorKeysOf } from '@/lib/auth/operator-key';
import { dropPersonTokens, mintPersonToken, takePersonToken } from '@/lib/auth/person-tokens';
import { reauthenticate } from '@/lib/auth/reauthenticate';
import { lockPerson, type Session } from '@/lib/auth/sessions';
import { AppError } from '@/lib/errors';
import { urlOf } from '@/lib/gateway/hosts';
import { currentClient } from '@/lib/log';
import { queueMail } from '@/lib/mail/outbox';
import {
  changeEmailMail,
  emailChangedMail,
  emailChangeRequestedMail,
  emailTakenMail,
} from '@/lib/mail/templates';
import { assertWithin } from '@/lib/rate-limit/limit';
import type { RequestEmailChange } from './schema';

const LINK_MAX_AGE = 24 * 60 * 60;
const UNIQUE_VIOLATION = '23505';

/**
 * Mails a link to the address that the signed-in person wants to have, and a notice to the one they have. Nothing changes
 * before the link is followed. Of an address that has an account its owner is told instead, and nobody else: the answer
 * and the work are the same. Throws AppError `invalid_input`, `rate_limited`, and what `reauthenticate` throws.
 */
export async function requestEmailChange(
  session: Session,
  { email, password }: RequestEmailChange,
): Promise<void> {
  if (email === session.email) {
    const message = 'This is your address already.';
    throw new AppError('invalid_input', message, [{ path: 'email', message }]);
  }
  await reauthenticate(session, password);
  await assertWithin({ 'mail:ip': currentClient().ip, 'mail:account': session.email });
  await assertWithin({ 'mail:account': email });
  await withPlatform(async (db) => {
    const token = await mintPersonToken(db, {
      purpose: 'change-email',
      userId: session.userId,
      email,
      maxAge: LINK_MAX_AGE,
    });
    const link = urlOf('cloud', `/account/confirm-email?token=${token}`);
    const [owner] = await db.select({ id: users.id }).from(users).where(eq(users.email, email));
    const from = session.email;
    await queueMail(
      db,
      owner
        ? emailTakenMail(email, { from, signInUrl: urlOf('cloud', '/login') })
        : changeEmailMail(email, { from, link }),
    );
    const resetUrl = urlOf('cloud', '/forgot-password');
    await queueMail(db, emailChangeRequestedMail(from, { newEmail: email, resetUrl }));
  });
}

/** Takes back what was asked for: the mailed link stops working. */
export async function cancelEmailChange(session: Session): Promise<void> {
  await withPlatform((db) => dropPersonTokens(db, session.userId, 'change-email'));
}

/**
 * Gives the signed-in person the address to which the link was mailed; it is proved to be theirs. All other mailed links
 * of theirs stop working, and the address they leave is told. Throws AppError `not_found` when the link is used up,
 * expired or somebody else's, `conflict` when the address has been taken meanwhile.
 */
export async function confirmEmailChange(
  session: Session,
  { token }: { token: string },
): Promise<{ email: string }> {
  await assertWithin({ 'sign-in:ip': currentClient().ip });
  return withPlatform(async (db) => {
    await lockPerson(db, session.userId);
    const taken = await takePersonToken(db, token, 'change-email', session.userId);
    if (!taken) throw new AppError('not_found', 'This link no longer works. Ask for a new one.');
    const { email } = taken;
    await setEmail(db, session.userId, email);
    await announceOperatorKeysOf(db, session.userId); // the environment names operators by their address
    await dropPersonTokens(db, session.userId);
    await db.delete(verificationTokens).where(eq(verificationTokens.identifier, session.email));
    await emitForPerson(db, session, {
      action: 'user.change_email',
      before: { email: session.email },
      after: { email },
    });
    await queueMail(db, emailChangedMail(session.email, { newEmail: email, supportUrl: urlOf('site') }));
    return { email };
  });
}

async function setEmail(db: Db, userId: string, email: string): Promise<void> {
  try {
    await db.update(users).set({ email, emailVerifiedAt: new Date() }).where(eq(users.id, userId));
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { code?: string };
    if (code !== UNIQUE_VIOLATION) throw error;
    throw new AppError('conflict', 'This address belongs to another account by now.');
  }
}
