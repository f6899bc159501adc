import { credentials, users } from '@/db/schema/people';
import { withOwner } from '@/db/tenant';
import { hashPassword } from '@/lib/auth/passwords';
import type { SessionToken } from '@/lib/auth/session-cookie';
import { openSession } from '@/lib/auth/sessions';
import { AppError } from '@/lib/errors';
import { newId } from '@/lib/ids';
import { queueVerification } from '@/lib/workflows/email-verification/mutations';
import { type MadeWorkspace, makeWorkspace } from '@/lib/workflows/new-workspace/mutations';
import type { SignUp } from './schema';

/** What a sign-up brings: the tenant, the person's session and the first API key. */
export type SignedUp = MadeWorkspace & { session: SessionToken };

const UNIQUE_VIOLATION = '23505';

/**
 * Person, tenant with its schema, membership as admin, first API key, session and the mail that asks them to verify their
 * address, in one transaction of the owner login: all of it or nothing. Throws AppError `conflict` with the field (`slug` or `email`) that is taken; of two
 * sign-ups at once for the same name one gets it.
 */
export async function signUp(input: SignUp, requestId: string): Promise<SignedUp> {
  const passwordHash = await hashPassword(input.password); // before the transaction: it takes long and needs no connection
  const userId = newId();
  try {
    return await withOwner(async (db) => {
      await db.insert(users).values({ id: userId, email: input.email, name: input.name });
      await db.insert(credentials).values({ userId, passwordHash });
      const made = await makeWorkspace(
        db,
        { userId, email: input.email, name: input.name },
        input,
        requestId,
      );
      await queueVerification(db, { userId, email: input.email });
      return { ...made, session: await openSession(db, userId, { method: 'sign-up' }) };
    });
  } catch (error) {
    throw toConflict(error) ?? error;
  }
}

function toConflict(error: unknown): AppError | null {
  const cause = (error instanceof Error && error.cause ? error.cause : error) as {
    code?: string;
    constraint_name?: string;
  };
  if (cause.code !== UNIQUE_VIOLATION) return null;
  if (cause.constraint_name === 'users_email_unique') {
    const message = 'There is already an account with this address. Sign in instead.';
    return new AppError('conflict', message, [{ path: 'email', message }]);
  }
  return null;
}
