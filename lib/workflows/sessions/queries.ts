import { and, desc, eq, gt, isNull, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { sessions } from '@/db/schema/people';
import type { SignInMethod } from '@/lib/auth/schema';
import type { Session } from '@/lib/auth/sessions';
import { describeDevice } from './rules';
import type { SessionRow } from './schema';

/** The live sessions of the signed-in person: this one first, then the last seen. At most 100. */
export async function listSessions(session: Session): Promise<SessionRow[]> {
  const lastSeen = sql<Date>`coalesce(${sessions.lastSeenAt}, ${sessions.createdAt})`;
  const rows = await pool('platform')
    .db.select()
    .from(sessions)
    .where(
      and(
        eq(sessions.userId, session.userId),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, new Date()),
        eq(sessions.secondFactorPending, false),
      ),
    )
    .orderBy(desc(sql`${sessions.id} = ${session.sessionId}`), desc(lastSeen))
    .limit(100);
  return rows.map((row) => ({
    id: row.id,
    ...describeDevice(row.userAgent),
    ip: row.lastSeenIp ?? row.ip,
    method: row.method as SignInMethod | null,
    startedAt: row.createdAt.toISOString(),
    lastSeenAt: (row.lastSeenAt ?? row.createdAt).toISOString(),
    isThis: row.id === session.sessionId,
  }));
}
