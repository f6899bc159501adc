import { and, eq, isNull } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { recoveryCodes, secondFactors } from '@/db/schema/people';
import { withPlatform } from '@/db/tenant';
import { emitForPerson } from '@/lib/audit/emit-for-person';
import { reauthenticate } from '@/lib/auth/reauthenticate';
import {
  countRecoveryCodes,
  encryptTotpSecret,
  newTotpSecret,
  renewRecoveryCodes,
  takeSecondFactor,
  takeTotp,
} from '@/lib/auth/second-factor';
import type { SessionToken } from '@/lib/auth/session-cookie';
import { completeSession, lockPerson, revokeSessionsOf, type Session } from '@/lib/auth/sessions';
import { AppError } from '@/lib/errors';
import { urlOf } from '@/lib/gateway/hosts';
import { queueMail } from '@/lib/mail/outbox';
import { secondFactorMail } from '@/lib/mail/templates';
import { assertWithin } from '@/lib/rate-limit/limit';
import { toQrCode } from './rules';
import type { Begun } from './schema';

/**
 * Makes a secret for the signed-in person's authenticator. It counts once a first code has confirmed it; beginning again
 * makes another. Throws AppError `conflict` when a second factor is on already, and what `reauthenticate` throws.
 */
export async function beginSecondFactor(
  session: Session,
  input: { password?: string | undefined },
): Promise<Begun> {
  // Whoever proves the address for the first time takes the account over, second factor and all (lib/auth/address-proof.ts).
  if (!session.isEmailVerified) throw new AppError('forbidden', 'Confirm your e-mail address first.');
  await reauthenticate(session, input.password);
  const { userId, email } = session;
  const { secret, uri } = newTotpSecret(email);
  const secretEncrypted = encryptTotpSecret(userId, secret);
  const qrCode = await toQrCode(uri);
  await withPlatform(async (db) => {
    const made = await db
      .insert(secondFactors)
      .values({ userId, secretEncrypted })
      .onConflictDoUpdate({
        target: secondFactors.userId,
        set: { secretEncrypted, createdAt: new Date(), lastStep: null },
        setWhere: isNull(secondFactors.confirmedAt),
      })
      .returning({ userId: secondFactors.userId });
    if (made.length === 0) throw new AppError('conflict', 'Two-factor sign-in is on already.');
  });
  return { secret, qrCode };
}

/**
 * Turns the second factor on, by a first code of the authenticator that has taken the secret up, and answers the recovery
 * codes. Throws AppError `invalid_input` at `code` when it does not fit, `rate_limited` after too many tries.
 */
export async function confirmSecondFactor(session: Session, { code }: { code: string }): Promise<string[]> {
  const { userId, email } = session;
  await assertTriesLeft(userId, code);
  return withPlatform(async (db) => {
    await lockPerson(db, userId);
    if (!(await takeTotp(db, userId, code.replace(/\s/g, ''), { confirmed: false }))) throw wrongCode();
    await db
      .update(secondFactors)
      .set({ confirmedAt: new Date() })
      .where(and(eq(secondFactors.userId, userId), isNull(secondFactors.confirmedAt)));
    const codes = await renewRecoveryCodes(db, userId);
    await emitForPerson(db, session, { action: 'user.enable_second_factor' });
    await queueMail(db, secondFactorMail(email, { what: 'on', ...links() }));
    return codes;
  });
}

/**
 * Turns the second factor off, by one of its codes. Sign-ins that wait for one have to begin anew. Throws as
 * `confirmSecondFactor` does.
 */
export async function disableSecondFactor(session: Session, { code }: { code: string }): Promise<void> {
  const { userId, email } = session;
  await assertTriesLeft(userId, code);
  await withPlatform(async (db) => {
    await lockPerson(db, userId);
    if (!(await takeSecondFactor(db, userId, code))) throw wrongCode();
    await db.delete(secondFactors).where(eq(secondFactors.userId, userId));
    await db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
    await revokeSessionsOf(db, userId, { pendingOnly: true });
    await emitForPerson(db, session, { action: 'user.disable_second_factor' });
    await queueMail(db, secondFactorMail(email, { what: 'off', ...links() }));
  });
}

/** Gives the signed-in person new recovery codes, for a code of the second factor. Throws as `confirmSecondFactor` does. */
export async function renewCodes(session: Session, { code }: { code: string }): Promise<string[]> {
  const { userId } = session;
  await assertTriesLeft(userId, code);
  return withPlatform(async (db) => {
    await lockPerson(db, userId);
    if (!(await takeSecondFactor(db, userId, code))) throw wrongCode();
    const codes = await renewRecoveryCodes(db, userId);
    await emitForPerson(db, session, { action: 'user.renew_recovery_codes' });
    return codes;
  });
}

/**
 * Completes a sign-in that waits for its second factor, and answers the whole session. Throws AppError `invalid_input` at
 * `code` when it does not fit, `rate_limited` after too many tries, `unauthenticated` when the sign-in has expired.
 */
export async function completeSignIn(pending: Session, { code }: { code: string }): Promise<SessionToken> {
  const { userId } = pending;
  await assertTriesLeft(userId, code);
  return withPlatform(async (db) => {
    await lockPerson(db, userId);
    const taken = await takeSecondFactor(db, userId, code);
    if (!taken) throw wrongCode();
    const session = await completeSession(db, pending);
    if (!session) throw new AppError('unauthenticated', 'This sign-in has expired. Sign in again.');
    if (taken === 'recovery-code') await tellOfRecoveryCode(db, pending);
    return session;
  });
}

/** Six digits are few, so a day has its limit as well; a recovery code is out of reach of guessing. */
async function assertTriesLeft(userId: string, code: string): Promise<void> {
  await assertWithin({ 'second-factor:account': userId });
  if (/^[\d\s]*$/.test(code)) await assertWithin({ 'second-factor:day': userId });
}

async function tellOfRecoveryCode(db: Db, person: Session): Promise<void> {
  const codesLeft = await countRecoveryCodes(db, person.userId);
  await emitForPerson(db, person, { action: 'user.use_recovery_code', after: { codesLeft } });
  await queueMail(db, secondFactorMail(person.email, { what: 'recovery-code', codesLeft, ...links() }));
}

function links() {
  return { accountUrl: urlOf('cloud', '/account'), resetUrl: urlOf('cloud', '/forgot-password') };
}

function wrongCode(): AppError {
  const message = 'This code does not fit, or was used already. Wait for the next one.';
  return new AppError('invalid_input', message, [{ path: 'code', message }]);
}
