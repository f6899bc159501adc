import { eq } from 'drizzle-orm';
import { pool } from '@/db/client';
import { credentials } from '@/db/schema/people';
import { AppError } from '@/lib/errors';
import { assertWithin } from '@/lib/rate-limit/limit';
import { verifyPassword } from './passwords';
import type { Session } from './sessions';

/** How long after a sign-in somebody without a password counts as the one who signed in. */
const FRESH_MS = 10 * 60_000;

/** Whether a session was begun only now. */
export function isFresh({ startedAt }: Session): boolean {
  return Date.now() - startedAt.getTime() <= FRESH_MS;
}

/**
 * Asks who has the browser before them to show that they are the person: by the password or, where none is set, by a
 * sign-in within the last 10 minutes. Throws AppError `invalid_input` at the field `password` when it does not fit,
 * `forbidden` when the sign-in is too long ago, `rate_limited` after too many tries.
 */
export async function reauthenticate(session: Session, password: string | undefined): Promise<void> {
  const [row] = await pool('platform')
    .db.select({ hash: credentials.passwordHash })
    .from(credentials)
    .where(eq(credentials.userId, session.userId));
  if (!row) {
    if (isFresh(session)) return;
    throw new AppError('forbidden', 'You signed in a while ago. Sign in again, then repeat this.');
  }
  await assertWithin({ 'sign-in:account': session.email });
  if (await verifyPassword(password ?? '', row.hash)) return;
  const message = password ? 'This is not your password.' : 'Type your password.';
  throw new AppError('invalid_input', message, [{ path: 'password', message }]);
}
