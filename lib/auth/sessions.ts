import { and, eq, gt, isNull } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { sessions, users } from '@/db/schema/people';
import { memberships } from '@/db/schema/tenancy';
import { isUuid, newId } from '@/lib/ids';
import { noteEndedSession } from './ended-sessions';
import type { Role } from './schema';
import { decodeSessionToken, SESSION_MAX_AGE, type SessionToken } from './session-cookie';

/** A signed-in person. */
export type Session = { sessionId: string; userId: string; email: string; name: string };

/** A signed-in person before one tenant: `role` is null when they are no member of it. */
export type TenantSession = Session & { role: Role | null };

/** Opens a session for a person, inside the caller's transaction, and says what its cookie holds. */
export async function openSession(db: Db, userId: string): Promise<SessionToken> {
  const sid = newId();
  await db
    .insert(sessions)
    .values({ id: sid, userId, expiresAt: new Date(Date.now() + SESSION_MAX_AGE * 1000) });
  return { sid, sub: userId };
}

/** Ends a session: its cookie is worth nothing from the next request on. */
export async function revokeSession(sessionId: string): Promise<void> {
  if (!isUuid(sessionId)) return;
  await pool('platform')
    .db.update(sessions)
    .set({ revokedAt: new Date() })
    .where(and(eq(sessions.id, sessionId), isNull(sessions.revokedAt)));
}

/** The session behind a cookie, or null when there is none that lives. */
export async function readSession(cookie: string | undefined): Promise<Session | null> {
  const token = cookie ? await decodeSessionToken(cookie) : null;
  if (!token || !isUuid(token.sid)) return null;
  const [row] = await pool('platform')
    .db.select({ sessionId: sessions.id, userId: users.id, email: users.email, name: users.name })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(isLive(token));
  if (!row) noteEndedSession(token.sid);
  return row ?? null;
}

/** The session behind a cookie with the person's role in a tenant: one query joins session, person and membership, so
 * that a removal, a change of role or a sign-out everywhere acts at the next request. */
export async function readTenantSession(
  cookie: string | undefined,
  tenantId: string,
): Promise<TenantSession | null> {
  const token = cookie ? await decodeSessionToken(cookie) : null;
  if (!token || !isUuid(token.sid)) return null;
  const [row] = await pool('platform')
    .db.select({
      sessionId: sessions.id,
      userId: users.id,
      email: users.email,
      name: users.name,
      role: memberships.role,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .leftJoin(memberships, and(eq(memberships.userId, users.id), eq(memberships.tenantId, tenantId)))
    .where(isLive(token));
  if (!row) noteEndedSession(token.sid);
  return row ?? null;
}

function isLive(token: SessionToken) {
  return and(
    eq(sessions.id, token.sid),
    eq(sessions.userId, token.sub),
    isNull(sessions.revokedAt),
    gt(sessions.expiresAt, new Date()),
  );
}
