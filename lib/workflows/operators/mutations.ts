import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { operatorKeys, supportSessions } from '@/db/schema/operator';
import { users } from '@/db/schema/people';
import { withPlatform } from '@/db/tenant';
import { emitPlatform } from '@/lib/audit/emit-platform';
import { authorizeOperator } from '@/lib/auth/authorize';
import { announceOperatorKeyChange, mintOperatorKey } from '@/lib/auth/operator-key';
import { AppError } from '@/lib/errors';
import type { Operator, OperatorContext } from '@/lib/tenancy/context';
import { selectOperators } from './queries';
import type { CreateOperatorKeyInput } from './schema';

/**
 * Makes a person an operator. Throws AppError `forbidden` for a key, `not_found` for an address without an account, `conflict`
 * for one that nobody has confirmed, somebody disabled, or an operator.
 */
export async function addOperator(
  ctx: OperatorContext,
  { email, reason }: { email: string; reason: string },
): Promise<{ userId: string; email: string }> {
  authorizeOperator(ctx);
  // Whoever has got hold of a key must not be able to stay when it is revoked.
  assertPerson(ctx, 'An operator is made by a person, in the console.');
  return withPlatform(async (db) => {
    const [person] = await db.select().from(users).where(eq(users.email, email)).for('update');
    if (!person) throw new AppError('not_found', 'Nobody has an account with this address.');
    if (!person.emailVerifiedAt) throw new AppError('conflict', 'They have not confirmed this address yet.');
    if (person.disabledAt) throw new AppError('conflict', 'This person is disabled.');
    if (person.isOperator) throw new AppError('conflict', 'They are an operator already.');
    await db.update(users).set({ isOperator: true }).where(eq(users.id, person.id));
    const target = { kind: 'user', id: person.id };
    await emitPlatform(db, ctx, { action: 'operator.add', target, reason, after: { email } });
    return { userId: person.id, email };
  });
}

/**
 * Takes a person's part in running the platform away, with their operator keys and their stays in tenants' consoles: at
 * their next request they are nobody there. Throws AppError `not_found`, `conflict` for the last operator, and for one whom
 * the environment names.
 */
export async function removeOperator(
  ctx: OperatorContext,
  { userId, reason }: { userId: string; reason: string },
): Promise<{ keysRevoked: number }> {
  authorizeOperator(ctx);
  return withPlatform(async (db) => {
    const person = await lockOperator(db, userId);
    if (!person) throw new AppError('not_found', 'This person is no operator.');
    if (person.isNamed)
      throw new AppError('conflict', 'OPERATOR_EMAILS names this person: take the address out there.');
    await db.update(users).set({ isOperator: false }).where(eq(users.id, userId));
    const keysRevoked = await endOperator(db, userId);
    const target = { kind: 'user', id: userId };
    const before = { email: person.email };
    await emitPlatform(db, ctx, {
      action: 'operator.remove',
      target,
      reason,
      before,
      after: { keysRevoked },
    });
    return { keysRevoked };
  });
}

/**
 * An operator with all others locked until the caller's transaction ends, so that of the last two only one can go; null
 * for somebody who is none. Throws AppError `conflict` when nobody would be left who can sign in.
 */
export async function lockOperator(
  db: Db,
  userId: string,
): Promise<{ email: string; isNamed: boolean } | null> {
  await db.execute(sql`select pg_advisory_xact_lock(hashtext('ragtoolkit.operators'))`);
  const operators = await selectOperators(db);
  const person = operators.find((one) => one.userId === userId);
  if (!person) return null;
  if (!operators.some((one) => one.userId !== userId && !one.isDisabled))
    throw new AppError('conflict', 'This is the last operator: make somebody else one before.');
  return person;
}

/** Revokes the operator keys of a person and ends their stays, inside the caller's transaction; answers how many keys. */
export async function endOperator(db: Db, userId: string): Promise<number> {
  const revoked = await db
    .update(operatorKeys)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(operatorKeys.createdBy, userId), isNull(operatorKeys.revokedAt)))
    .returning({ id: operatorKeys.id });
  for (const { id } of revoked) await announceOperatorKeyChange(db, id);
  await db
    .update(supportSessions)
    .set({ endedAt: sql`now()` })
    .where(and(eq(supportSessions.userId, userId), isNull(supportSessions.endedAt)));
  return revoked.length;
}

/**
 * Makes an operator key: it may do what an operator may, but for what takes a person. The key is in the answer and nowhere
 * else. Throws AppError `forbidden` for a key that would make another: keys are people's.
 */
export async function createOperatorKey(
  ctx: OperatorContext,
  { name, expiresInDays, reason }: CreateOperatorKeyInput,
): Promise<{ id: string; name: string; key: string }> {
  authorizeOperator(ctx);
  const operator = assertPerson(ctx, 'A key is made by a person, in the console.');
  const { keyId: id, key, secretHash } = mintOperatorKey();
  return withPlatform(async (db) => {
    const expiresAt = expiresInDays === null ? null : sql`now() + make_interval(days => ${expiresInDays})`;
    await db.insert(operatorKeys).values({ id, name, secretHash, createdBy: operator.id, expiresAt });
    await emitPlatform(db, ctx, {
      action: 'operator_key.create',
      target: { kind: 'operator_key', id },
      reason,
      after: { name, expiresInDays },
    });
    await announceOperatorKeyChange(db, id);
    return { id, name, key };
  });
}

/** Ends an operator key: every process refuses it within 5 s. Throws AppError `not_found`, also for one that has ended. */
export async function revokeOperatorKey(
  ctx: OperatorContext,
  { id, reason }: { id: string; reason: string },
): Promise<void> {
  authorizeOperator(ctx);
  await withPlatform(async (db) => {
    const [revoked] = await db
      .update(operatorKeys)
      .set({ revokedAt: sql`now()` })
      .where(and(eq(operatorKeys.id, id), isNull(operatorKeys.revokedAt)))
      .returning({ name: operatorKeys.name });
    if (!revoked) throw new AppError('not_found', 'There is no such key, or it is revoked already.');
    await emitPlatform(db, ctx, {
      action: 'operator_key.revoke',
      target: { kind: 'operator_key', id },
      reason,
      before: { name: revoked.name },
    });
    await announceOperatorKeyChange(db, id);
  });
}

function assertPerson({ operator }: OperatorContext, otherwise: string): Extract<Operator, { kind: 'user' }> {
  if (operator.kind !== 'user') throw new AppError('forbidden', otherwise);
  return operator;
}
