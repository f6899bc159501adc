import { and, eq, gt, isNull, ne, type SQL, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { supportSessions } from '@/db/schema/operator';
import { secondFactors, sessions, users } from '@/db/schema/people';
import { memberships } from '@/db/schema/tenancy';
import { AppError } from '@/lib/errors';
import { isUuid, newId } from '@/lib/ids';
import { currentClient, logError } from '@/lib/log';
import type { Actor, Support } from '@/lib/tenancy/context';
import { noteEndedSession } from './ended-sessions';
import { isOperatorNow } from './operators';
import type { Role, SignInMethod } from './schema';
import { decodeSessionToken, SESSION_MAX_AGE, type SessionToken } from './session-cookie';

/** Time in which a sign-in must be completed by a second factor, in seconds. */
const PENDING_MAX_AGE = 10 * 60;

/** A signed-in person. `startedAt` is when this session was begun. */
export type Session = {
  sessionId: string;
  userId: string;
  email: string;
  name: string;
  isEmailVerified: boolean;
  startedAt: Date;
};

/**
 * A signed-in person before one tenant: `role` is null when they are no member of it. An operator who looks in has one for
 * that time, and `support`.
 */
export type TenantSession = Session & { role: Role | null; support: Support | null };

/** A signed-in person with a role as who acts on their tenant; null for somebody without one. */
export function toActor(session: TenantSession): Extract<Actor, { kind: 'user' }> | null {
  const { userId, email, name, role, support } = session;
  return role && { kind: 'user', userId, email, name, role, ...(support ? { support } : {}) };
}

/**
 * Opens a session for a person, inside the caller's transaction, and says what its cookie holds. Of somebody with a second
 * factor it is pending: worth nothing but the question for the code, and gone after 10 minutes. Throws AppError `forbidden`
 * for a person whom an operator has disabled.
 */
export async function openSession(
  db: Db,
  userId: string,
  { method }: { method: SignInMethod },
): Promise<SessionToken> {
  const [person] = await db
    .select({ disabledAt: users.disabledAt, confirmedAt: secondFactors.confirmedAt })
    .from(users)
    .leftJoin(secondFactors, eq(secondFactors.userId, users.id))
    .where(eq(users.id, userId));
  if (person?.disabledAt) throw new AppError('forbidden', 'This account is disabled. Write to support.');
  const isPending = Boolean(person?.confirmedAt);
  return insertSession(db, { userId, method, isPending });
}

async function insertSession(
  db: Db,
  session: { userId: string; method: string | null; isPending: boolean },
): Promise<SessionToken> {
  const sid = newId();
  const { ip, userAgent } = currentClient();
  const maxAge = session.isPending ? PENDING_MAX_AGE : SESSION_MAX_AGE;
  await db.insert(sessions).values({
    id: sid,
    userId: session.userId,
    expiresAt: new Date(Date.now() + maxAge * 1000),
    secondFactorPending: session.isPending,
    method: session.method,
    ip,
    userAgent,
    lastSeenAt: sql`now()`,
    lastSeenIp: ip,
  });
  return { sid, sub: session.userId };
}

/**
 * Makes a whole session of a pending one, whose second factor the caller has just taken, in the caller's transaction. It
 * has a new id: whoever knew the old one, and had it put into this browser, holds nothing. Null when the pending one has
 * ended meanwhile, or was completed by another request.
 */
export async function completeSession(
  db: Db,
  pending: { sessionId: string; userId: string },
): Promise<SessionToken | null> {
  const [old] = await db
    .update(sessions)
    .set({ revokedAt: new Date() })
    .where(
      and(isLive({ sid: pending.sessionId, sub: pending.userId }), eq(sessions.secondFactorPending, true)),
    )
    .returning({ method: sessions.method });
  return old ? insertSession(db, { userId: pending.userId, method: old.method, isPending: false }) : null;
}

/** Ends a session: its cookie is worth nothing from the next request on. */
export async function revokeSession(sessionId: string): Promise<void> {
  if (!isUuid(sessionId)) return;
  await pool('platform')
    .db.update(sessions)
    .set({ revokedAt: new Date() })
    .where(and(eq(sessions.id, sessionId), isNull(sessions.revokedAt)));
}

/**
 * Makes the changes of a person take turns, until the caller's transaction ends: whoever changes several rows of theirs
 * locks the person first, so that no two wait for each other. A session that is being opened is waited for, and no other
 * is opened meanwhile.
 */
export async function lockPerson(db: Db, userId: string): Promise<void> {
  await db.select({ id: users.id }).from(users).where(eq(users.id, userId)).for('update');
}

/**
 * Ends all sessions of a person, in the caller's transaction, and answers how many. `except` is one that goes on. The
 * person is locked until the end: a session that is being opened meanwhile is either ended too or waits.
 */
export async function revokeSessionsOf(
  db: Db,
  userId: string,
  { except, pendingOnly = false }: { except?: string | undefined; pendingOnly?: boolean } = {},
): Promise<number> {
  await lockPerson(db, userId);
  const ended = await db
    .update(sessions)
    .set({ revokedAt: new Date() })
    .where(
      and(
        eq(sessions.userId, userId),
        isNull(sessions.revokedAt),
        except ? ne(sessions.id, except) : undefined,
        pendingOnly ? eq(sessions.secondFactorPending, true) : undefined,
      ),
    )
    .returning({ id: sessions.id });
  return ended.length;
}

const person = {
  sessionId: sessions.id,
  userId: users.id,
  email: users.email,
  name: users.name,
  isEmailVerified: sql<boolean>`${users.emailVerifiedAt} is not null`,
  startedAt: sessions.createdAt,
};

/** The session behind a cookie, or null when there is none that lives. One that waits for a second factor is none. */
export async function readSession(cookie: string | undefined): Promise<Session | null> {
  const session = await readByState(cookie, { isPending: false });
  if (session) noteUse(session, null);
  else if (cookie) {
    const token = await decodeSessionToken(cookie);
    if (token) noteEndedSession(token.sid);
  }
  return session;
}

/** The session behind a cookie that waits for its second factor, or null when there is none that does. */
export function readPendingSession(cookie: string | undefined): Promise<Session | null> {
  return readByState(cookie, { isPending: true });
}

/** The session behind a cookie if it is an operator's, or null: asked anew each time, so that a removal acts at once. */
export async function readOperatorSession(cookie: string | undefined): Promise<Session | null> {
  const session = await readByState(cookie, { isPending: false }, isOperatorNow());
  if (session) noteUse(session, null);
  return session;
}

async function readByState(
  cookie: string | undefined,
  { isPending }: { isPending: boolean },
  also?: SQL,
): Promise<Session | null> {
  const token = cookie ? await decodeSessionToken(cookie) : null;
  if (!token || !isUuid(token.sid)) return null;
  const [row] = await pool('platform')
    .db.select(person)
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(isLive(token), isNull(users.disabledAt), eq(sessions.secondFactorPending, isPending), also));
  return row ?? null;
}

/**
 * The session behind a cookie with the person's role in a tenant: one query joins session, person, membership and the stay
 * of an operator, so that a removal, a change of role, the end of a stay or a sign-out everywhere acts at the next request.
 */
export async function readTenantSession(
  cookie: string | undefined,
  tenantId: string,
): Promise<TenantSession | null> {
  const token = cookie ? await decodeSessionToken(cookie) : null;
  if (!token || !isUuid(token.sid)) return null;
  const [row] = await pool('platform')
    .db.select({
      ...person,
      role: memberships.role,
      stay: {
        id: supportSessions.id,
        expiresAt: supportSessions.expiresAt,
        writeUntil:
          sql<Date | null>`case when ${supportSessions.writeUntil} > now() then ${supportSessions.writeUntil} end`.mapWith(
            supportSessions.writeUntil,
          ),
      },
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .leftJoin(memberships, and(eq(memberships.userId, users.id), eq(memberships.tenantId, tenantId)))
    .leftJoin(supportSessions, and(isOpenStay(tenantId), isOperatorNow()))
    .where(and(isLive(token), isNull(users.disabledAt), eq(sessions.secondFactorPending, false)));
  if (!row) {
    noteEndedSession(token.sid);
    return null;
  }
  const { stay, ...session } = row;
  noteUse(session, session.role && tenantId);
  // Who belongs to the workspace is there as themselves.
  if (session.role || !stay) return { ...session, support: null };
  const support = {
    id: stay.id,
    expiresAt: stay.expiresAt.toISOString(),
    writeUntil: stay.writeUntil?.toISOString() ?? null,
  };
  return { ...session, role: support.writeUntil ? 'admin' : 'viewer', support };
}

/** An operator's stay at a tenant that has not ended, begun by the session that is being read. */
function isOpenStay(tenantId: string): SQL | undefined {
  return and(
    eq(supportSessions.tenantId, tenantId),
    eq(supportSessions.sessionId, sessions.id),
    eq(supportSessions.userId, users.id),
    isNull(supportSessions.endedAt),
    gt(supportSessions.expiresAt, sql`now()`),
  );
}

function isLive(token: SessionToken) {
  return and(
    eq(sessions.id, token.sid),
    eq(sessions.userId, token.sub),
    isNull(sessions.revokedAt),
    gt(sessions.expiresAt, new Date()),
  );
}

// When each session, and each session at each tenant, was last noted by this process.
const NOTED = Symbol.for('ragtoolkit.session-uses');
const globals = globalThis as { [NOTED]?: Map<string, number> };
const NOTED_CAPACITY = 50_000;
/** A little more than the database's minute: a note that comes too early is lost until the next. */
const NOTE_EVERY_MS = 61_000;

/**
 * Notes that a session is in use, and at which tenant: at most once a minute, and no request waits for it. A row that
 * somebody has locked is left as it is: the next minute will do.
 */
function noteUse({ sessionId, userId }: Session, tenantId: string | null): void {
  const { ip } = currentClient();
  if (isDue(sessionId))
    inBackground(sql`
      update sessions set last_seen_at = now(), last_seen_ip = coalesce(${ip}, last_seen_ip) where id = (
        select id from sessions where id = ${sessionId}
          and (last_seen_at is null or last_seen_at <= now() - interval '1 minute')
        for no key update skip locked)`);
  if (tenantId !== null && isDue(`${sessionId}/${tenantId}`))
    inBackground(sql`
      update memberships set last_active_at = now() where (tenant_id, user_id) = (
        select tenant_id, user_id from memberships where tenant_id = ${tenantId} and user_id = ${userId}
          and (last_active_at is null or last_active_at <= now() - interval '1 minute')
        for no key update skip locked)`);
}

function isDue(key: string): boolean {
  globals[NOTED] ??= new Map();
  const noted = globals[NOTED];
  const now = performance.now();
  const last = noted.get(key);
  if (last !== undefined && now - last < NOTE_EVERY_MS) return false;
  noted.delete(key);
  const oldest = noted.size >= NOTED_CAPACITY ? noted.keys().next() : undefined;
  if (oldest && !oldest.done) noted.delete(oldest.value);
  noted.set(key, now);
  return true;
}

function inBackground(statement: SQL): void {
  pool('platform')
    .db.execute(statement)
    .catch((error: unknown) => logError(error, 'the use of a session could not be noted'));
}
