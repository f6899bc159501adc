import { asc, desc, eq, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { operatorKeys } from '@/db/schema/operator';
import { sessions, users } from '@/db/schema/people';
import { withPlatform } from '@/db/tenant';
import { authorizeOperator } from '@/lib/auth/authorize';
import { isNamedOperator, isOperatorNow } from '@/lib/auth/operators';
import type { OperatorContext } from '@/lib/tenancy/context';
import type { OperatorKeyRow, OperatorRow } from './schema';

/** Everybody who runs the platform, by name: those who were made operators, and those whom the environment names. */
export async function listOperators(ctx: OperatorContext): Promise<OperatorRow[]> {
  authorizeOperator(ctx);
  const rows = await withPlatform((db) => selectOperators(db));
  return rows.map(({ lastSeenAt, ...row }) => ({ ...row, lastSeenAt: lastSeenAt?.toISOString() ?? null }));
}

/** `listOperators` inside the caller's transaction. */
export function selectOperators(db: Db) {
  return db
    .select({
      userId: users.id,
      name: users.name,
      email: users.email,
      isNamed: isNamedOperator(),
      isDisabled: sql<boolean>`${users.disabledAt} is not null`,
      lastSeenAt:
        sql<Date | null>`(select max(s.last_seen_at) from sessions s where s.user_id = users.id)`.mapWith(
          sessions.lastSeenAt,
        ),
    })
    .from(users)
    .where(isOperatorNow())
    .orderBy(asc(sql`lower(${users.name})`), asc(users.email));
}

/** Every operator key, the newest first. */
export async function listOperatorKeys(ctx: OperatorContext): Promise<OperatorKeyRow[]> {
  authorizeOperator(ctx);
  const rows = await withPlatform((db) =>
    db
      .select({
        id: operatorKeys.id,
        name: operatorKeys.name,
        createdBy: users.email,
        createdAt: operatorKeys.createdAt,
        expiresAt: operatorKeys.expiresAt,
        revokedAt: operatorKeys.revokedAt,
        lastUsedAt: operatorKeys.lastUsedAt,
        isExpired: sql<boolean>`coalesce(${operatorKeys.expiresAt} <= now(), false)`,
      })
      .from(operatorKeys)
      .leftJoin(users, eq(users.id, operatorKeys.createdBy))
      .orderBy(desc(operatorKeys.createdAt)),
  );
  return rows.map(({ isExpired, createdAt, expiresAt, revokedAt, lastUsedAt, ...row }) => ({
    ...row,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    state: revokedAt ? 'revoked' : isExpired ? 'expired' : 'live',
  }));
}
