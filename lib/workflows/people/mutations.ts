import { eq, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { users } from '@/db/schema/people';
import { memberships } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { emitPlatform } from '@/lib/audit/emit-platform';
import { announceKeysOf } from '@/lib/auth/api-key';
import { authorizeOperator } from '@/lib/auth/authorize';
import { lockPerson, revokeSessionsOf } from '@/lib/auth/sessions';
import { AppError } from '@/lib/errors';
import type { OperatorContext } from '@/lib/tenancy/context';
import { queueVerification } from '@/lib/workflows/email-verification/mutations';
import { endOperator, lockOperator } from '@/lib/workflows/operators/mutations';

type OnPerson = { userId: string; reason: string };

/**
 * Disables a person: their sessions end, nobody signs in as them, and the keys that they have made rest until they are
 * enabled again; service keys go on. Operator keys of theirs are revoked for good. Throws AppError `not_found`, `conflict`
 * for somebody disabled already, for the last operator, and for oneself.
 */
export async function disablePerson(
  ctx: OperatorContext,
  { userId, reason }: OnPerson,
): Promise<{ sessionsEnded: number }> {
  authorizeOperator(ctx);
  if (ctx.operator.id === userId) throw new AppError('conflict', 'You cannot disable yourself.');
  return withPlatform(async (db) => {
    await lockOperator(db, userId);
    const person = await readPerson(db, userId);
    if (person.disabledAt) throw new AppError('conflict', 'This person is disabled already.');
    await db.update(users).set({ disabledAt: sql`now()` }).where(eq(users.id, userId));
    const sessionsEnded = await revokeSessionsOf(db, userId);
    const keysRevoked = await endOperator(db, userId);
    await announceKeys(db, userId);
    await emitPlatform(db, ctx, {
      action: 'person.disable',
      target: { kind: 'user', id: userId },
      reason,
      after: { email: person.email, sessionsEnded, keysRevoked },
    });
    return { sessionsEnded };
  });
}

/** Lets a disabled person sign in again; their keys work again with it. Throws AppError `not_found`, `conflict`. */
export async function enablePerson(ctx: OperatorContext, { userId, reason }: OnPerson): Promise<void> {
  authorizeOperator(ctx);
  await withPlatform(async (db) => {
    const person = await readPerson(db, userId);
    if (!person.disabledAt) throw new AppError('conflict', 'This person is not disabled.');
    await db.update(users).set({ disabledAt: null }).where(eq(users.id, userId));
    await announceKeys(db, userId);
    await emitPlatform(db, ctx, {
      action: 'person.enable',
      target: { kind: 'user', id: userId },
      reason,
      before: { email: person.email, disabledAt: person.disabledAt.toISOString() },
    });
  });
}

/** Ends all sessions of a person. Throws AppError `not_found`. */
export async function signOutPerson(
  ctx: OperatorContext,
  { userId, reason }: OnPerson,
): Promise<{ sessionsEnded: number }> {
  authorizeOperator(ctx);
  return withPlatform(async (db) => {
    const person = await readPerson(db, userId);
    const sessionsEnded = await revokeSessionsOf(db, userId);
    await emitPlatform(db, ctx, {
      action: 'person.sign_out',
      target: { kind: 'user', id: userId },
      reason,
      after: { email: person.email, sessionsEnded },
    });
    return { sessionsEnded };
  });
}

/** Mails a person the link that confirms their address, once more. Throws AppError `not_found`, `conflict` when it is confirmed. */
export async function resendVerification(ctx: OperatorContext, { userId, reason }: OnPerson): Promise<void> {
  authorizeOperator(ctx);
  await withPlatform(async (db) => {
    const { email, emailVerifiedAt } = await readPerson(db, userId);
    if (emailVerifiedAt) throw new AppError('conflict', 'This address is confirmed already.');
    await queueVerification(db, { userId, email });
    await emitPlatform(db, ctx, {
      action: 'person.resend_verification',
      target: { kind: 'user', id: userId },
      reason,
      after: { email },
    });
  });
}

/** A person, locked until the caller's transaction ends. */
async function readPerson(db: Db, userId: string) {
  await lockPerson(db, userId);
  const { email, disabledAt, emailVerifiedAt } = users;
  const [person] = await db
    .select({ email, disabledAt, emailVerifiedAt })
    .from(users)
    .where(eq(users.id, userId));
  if (!person) throw new AppError('not_found', 'There is no such person.');
  return person;
}

/** Whether their keys work hangs on the person: every process reads them anew. */
async function announceKeys(db: Db, userId: string): Promise<void> {
  const rows = await db
    .select({ tenantId: memberships.tenantId })
    .from(memberships)
    .where(eq(memberships.userId, userId));
  for (const { tenantId } of rows) await announceKeysOf(db, { tenantId, userId });
}
