import { and, eq, isNull } from 'drizzle-orm';
import { sessions } from '@/db/schema/people';
import { withPlatform } from '@/db/tenant';
import { emitForPerson } from '@/lib/audit/emit-for-person';
import { revokeSessionsOf, type Session } from '@/lib/auth/sessions';
import { AppError } from '@/lib/errors';

/** Ends one of the signed-in person's sessions. Throws AppError `not_found` when it has ended already, or is not theirs. */
export async function revokeOwnSession(session: Session, { id }: { id: string }): Promise<void> {
  await withPlatform(async (db) => {
    const ended = await db
      .update(sessions)
      .set({ revokedAt: new Date() })
      .where(and(eq(sessions.id, id), eq(sessions.userId, session.userId), isNull(sessions.revokedAt)))
      .returning({ id: sessions.id });
    if (ended.length === 0) throw new AppError('not_found', 'This session has ended already.');
  });
}

/** Ends all sessions of the signed-in person, on every device; the one that asks too, unless it is to be kept. */
export async function signOutEverywhere(
  session: Session,
  { keepThis }: { keepThis: boolean },
): Promise<{ ended: number }> {
  return withPlatform(async (db) => {
    const except = keepThis ? session.sessionId : undefined;
    const ended = await revokeSessionsOf(db, session.userId, { except });
    await emitForPerson(db, session, {
      action: 'user.sign_out_everywhere',
      after: { sessionsEnded: ended },
    });
    return { ended };
  });
}
