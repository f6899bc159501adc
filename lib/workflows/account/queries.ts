import { and, eq, gt, isNotNull, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { credentials, personTokens, secondFactors } from '@/db/schema/people';
import { isFresh } from '@/lib/auth/reauthenticate';
import { countRecoveryCodes } from '@/lib/auth/second-factor';
import type { Session } from '@/lib/auth/sessions';
import { listSessions } from '@/lib/workflows/sessions/queries';
import type { Account } from './schema';

/** What the signed-in person sees of their own account. */
export async function getAccount(session: Session): Promise<Account> {
  const { db } = pool('platform');
  const { userId, name, email, isEmailVerified } = session;
  const [passwords, factors, changes, sessions] = await Promise.all([
    db.select({ userId: credentials.userId }).from(credentials).where(eq(credentials.userId, userId)),
    db
      .select({ since: secondFactors.confirmedAt })
      .from(secondFactors)
      .where(and(eq(secondFactors.userId, userId), isNotNull(secondFactors.confirmedAt))),
    db
      .select({ email: personTokens.email })
      .from(personTokens)
      .where(
        and(
          eq(personTokens.userId, userId),
          eq(personTokens.purpose, 'change-email'),
          gt(personTokens.expiresAt, sql`now()`),
        ),
      ),
    listSessions(session),
  ]);
  const since = factors[0]?.since;
  return {
    name,
    email,
    isEmailVerified,
    pendingEmail: changes[0]?.email ?? null,
    hasPassword: passwords.length > 0,
    isFresh: isFresh(session),
    secondFactor: since
      ? { since: since.toISOString(), recoveryCodesLeft: await countRecoveryCodes(db, userId) }
      : null,
    sessions,
  };
}
