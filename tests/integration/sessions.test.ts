import { and, eq, sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { auditLog } from '@/db/schema/audit';
import { sessions, users } from '@/db/schema/people';
import { memberships } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { encodeSessionToken, type SessionToken } from '@/lib/auth/session-cookie';
import {
  openSession,
  readSession,
  readTenantSession,
  revokeSession,
  revokeSessionsOf,
} from '@/lib/auth/sessions';
import { newId } from '@/lib/ids';
import { runRequest } from '@/lib/log';
import { revokeOwnSession, signOutEverywhere } from '@/lib/workflows/sessions/mutations';
import { listSessions } from '@/lib/workflows/sessions/queries';
import { makePerson, makeTenant, type TestTenant } from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';

let tenant: TestTenant;
let other: TestTenant;

beforeAll(async () => {
  [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
});

const { db } = pool('platform');

describe('readTenantSession', () => {
  test('reads person and role in one query', async () => {
    const person = await makePerson(tenant, 'analyst');
    expect(await readTenantSession(person.token, tenant.id)).toEqual({
      sessionId: person.sessionId,
      userId: person.userId,
      email: person.email,
      name: 'Ben Test',
      isEmailVerified: false,
      startedAt: expect.any(Date),
      role: 'analyst',
      support: null,
    });
  });

  test('gives no role in a tenant that one does not belong to', async () => {
    expect(await readTenantSession(tenant.admin.token, other.id)).toMatchObject({ role: null });
    const stranger = await makePerson(tenant, null);
    expect(await readTenantSession(stranger.token, tenant.id)).toMatchObject({ role: null });
  });

  test('gives another role in each tenant', async () => {
    const person = await makePerson(tenant, 'analyst');
    await db.insert(memberships).values({ tenantId: other.id, userId: person.userId, role: 'viewer' });
    expect(await readTenantSession(person.token, tenant.id)).toMatchObject({ role: 'analyst' });
    expect(await readTenantSession(person.token, other.id)).toMatchObject({ role: 'viewer' });
  });

  test('sees a change of role, and a removal, at once', async () => {
    const person = await makePerson(tenant, 'admin');
    expect(await readTenantSession(person.token, tenant.id)).toMatchObject({ role: 'admin' });
    const own = and(eq(memberships.userId, person.userId), eq(memberships.tenantId, tenant.id));
    await db.update(memberships).set({ role: 'viewer' }).where(own);
    expect(await readTenantSession(person.token, tenant.id)).toMatchObject({ role: 'viewer' });
    await db.delete(memberships).where(own);
    expect(await readTenantSession(person.token, tenant.id)).toMatchObject({ role: null });
  });

  test('ends at once when it is revoked, for this session only', async () => {
    const person = await makePerson(tenant, 'viewer');
    const second = newId();
    await db
      .insert(sessions)
      .values({ id: second, userId: person.userId, expiresAt: new Date(Date.now() + 60_000) });
    const secondToken = await encodeSessionToken({ sid: second, sub: person.userId });
    await revokeSession(person.sessionId);
    await revokeSession(person.sessionId);
    expect(await readTenantSession(person.token, tenant.id)).toBeNull();
    expect(await readSession(person.token)).toBeNull();
    expect(await readTenantSession(secondToken, tenant.id)).not.toBeNull();
  });

  test('ends when it expires, whatever the cookie says', async () => {
    const person = await makePerson(tenant, 'viewer');
    await db
      .update(sessions)
      .set({ expiresAt: new Date(Date.now() - 1000) })
      .where(eq(sessions.id, person.sessionId));
    expect(await readTenantSession(person.token, tenant.id)).toBeNull();
    expect(await readSession(person.token)).toBeNull();
  });

  test('ends with the person', async () => {
    const person = await makePerson(tenant, null);
    await db.delete(users).where(eq(users.id, person.userId));
    expect(await readSession(person.token)).toBeNull();
  });

  test('belongs to one person: a token that names another is worth nothing', async () => {
    const [one, two] = await Promise.all([makePerson(tenant, 'admin'), makePerson(tenant, 'viewer')]);
    const mixed = await encodeSessionToken({ sid: two.sessionId, sub: one.userId });
    expect(await readTenantSession(mixed, tenant.id)).toBeNull();
  });

  test('knows no session that was never opened', async () => {
    const made = await encodeSessionToken({ sid: newId(), sub: tenant.admin.userId });
    expect(await readTenantSession(made, tenant.id)).toBeNull();
    for (const sid of ["' or true --", '', tenant.admin.sessionId.toUpperCase()])
      expect(await readSession(await encodeSessionToken({ sid, sub: tenant.admin.userId }))).toBeNull();
    for (const cookie of [undefined, '', 'x', tenant.admin.sessionId])
      expect(await readTenantSession(cookie, tenant.id)).toBeNull();
  });
});

describe('revokeSession', () => {
  test('takes what is no id', async () => {
    await expect(revokeSession("' or true --")).resolves.toBeUndefined();
    expect(await readSession(tenant.admin.token)).not.toBeNull();
  });
});

describe('openSession', () => {
  const from = { ip: '203.0.113.7', userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' };
  const inRequest = <T>(fn: () => Promise<T>, client = from) =>
    runRequest({ requestId: 'test', method: 'POST', host: '', path: '/' }, fn, client);

  test('notes how and from where it was begun', async () => {
    const { sid } = await inRequest(() => openSession(db, tenant.admin.userId, { method: 'link' }));
    const [row] = await db.select().from(sessions).where(eq(sessions.id, sid));
    expect(row).toMatchObject({
      method: 'link',
      ip: from.ip,
      userAgent: from.userAgent,
      secondFactorPending: false,
      lastSeenAt: expect.any(Date),
    });
  });

  test('is noted as used at most once a minute, in the session and at the tenant it is used at', async () => {
    const person = await makePerson(tenant, 'viewer');
    const rows = async () => {
      const [session] = await db.select().from(sessions).where(eq(sessions.id, person.sessionId));
      const [member] = await db.select().from(memberships).where(eq(memberships.userId, person.userId));
      return { seen: session?.lastSeenAt, ip: session?.lastSeenIp, active: member?.lastActiveAt };
    };
    const longAgo = new Date(Date.now() - 3_600_000);
    await db.update(sessions).set({ lastSeenAt: longAgo }).where(eq(sessions.id, person.sessionId));
    const read = (ip: string) => inRequest(() => readTenantSession(person.token, tenant.id), { ...from, ip });
    await read('198.51.100.1');
    await poll(async () => (await rows()).active);
    await poll(async () => (await rows()).ip === '198.51.100.1');
    const noted = await rows();
    expect(noted.seen?.getTime()).toBeGreaterThan(longAgo.getTime());

    // Neither this process nor, were it another one, the database takes a second note within the minute.
    await read('198.51.100.2');
    (globalThis as Record<symbol, unknown>)[Symbol.for('ragtoolkit.session-uses')] = undefined;
    await read('198.51.100.3');
    await inRequest(() => readTenantSession(person.token, other.id), { ...from, ip: '198.51.100.4' });
    const later = await makePerson(tenant, 'viewer');
    await db.update(sessions).set({ lastSeenAt: longAgo }).where(eq(sessions.id, later.sessionId));
    await readTenantSession(later.token, tenant.id);
    await poll(async () => {
      const [session] = await db.select().from(sessions).where(eq(sessions.id, later.sessionId));
      return session?.lastSeenAt && session.lastSeenAt > longAgo;
    });
    expect(await rows()).toEqual(noted);
  });

  test('waits for nobody: a row that is locked is left for later', async () => {
    const person = await makePerson(tenant, 'viewer');
    await db.transaction(async (holder) => {
      await holder.select().from(sessions).where(eq(sessions.id, person.sessionId)).for('update');
      await holder.select().from(memberships).where(eq(memberships.userId, person.userId)).for('update');
      await readTenantSession(person.token, tenant.id);
      const [row] = await db.execute<{ n: number }>(
        sql`select count(*)::int as n from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock' and query like '%last_active_at%'`,
      );
      expect(row?.n).toBe(0);
    });
  });
});

describe('revokeSessionsOf', () => {
  test('ends all but the one that goes on', async () => {
    const person = await makePerson(tenant, 'viewer');
    const token = await encodeSessionToken(await openSession(db, person.userId, { method: 'password' }));
    const ended = await withPlatform((tx) =>
      revokeSessionsOf(tx, person.userId, { except: person.sessionId }),
    );
    expect(ended).toBe(1);
    expect(await readSession(token)).toBeNull();
    expect(await readSession(person.token)).not.toBeNull();
  });

  test('also ends one that is being opened at the same time, or lets it begin afterwards', async () => {
    const person = await makePerson(tenant, 'viewer');
    let opened: SessionToken | undefined;
    let ending: Promise<number> | undefined;
    await withPlatform(async (tx) => {
      opened = await openSession(tx, person.userId, { method: 'password' });
      ending = withPlatform((other) => revokeSessionsOf(other, person.userId));
      await poll(async () => {
        const [row] = await db.execute<{ n: number }>(
          sql`select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return row?.n;
      });
    });
    expect(await ending).toBe(2);
    expect(opened && (await readSession(await encodeSessionToken(opened)))).toBeNull();
  });
});

describe('the list of one’s sessions', () => {
  test('shows those that live, this one first, and ends one’s own only', async () => {
    const [person, stranger] = await Promise.all([
      makePerson(tenant, 'viewer'),
      makePerson(tenant, 'viewer'),
    ]);
    const second = await openSession(db, person.userId, { method: 'github' });
    const gone = await openSession(db, person.userId, { method: 'password' });
    await revokeSession(gone.sid);
    const session = await readSession(person.token);
    if (!session) throw new Error('nobody is signed in');
    const listed = await listSessions(session);
    expect(listed.map(({ id, isThis }) => [id, isThis])).toEqual([
      [person.sessionId, true],
      [second.sid, false],
    ]);
    expect(listed[1]).toMatchObject({ method: 'github', device: 'An unknown device' });
    for (const id of [stranger.sessionId, gone.sid, newId()])
      await expect(revokeOwnSession(session, { id })).rejects.toMatchObject({ code: 'not_found' });
    expect(await readSession(stranger.token)).not.toBeNull();
    await revokeOwnSession(session, { id: second.sid });
    expect(await listSessions(session)).toHaveLength(1);
  });

  test('ends everywhere, in all workspaces’ logs', async () => {
    const person = await makePerson(tenant, 'viewer');
    const session = await readSession(person.token);
    if (!session) throw new Error('nobody is signed in');
    await openSession(db, person.userId, { method: 'password' });
    expect(await signOutEverywhere(session, { keepThis: true })).toEqual({ ended: 1 });
    expect(await readSession(person.token)).not.toBeNull();
    expect(await signOutEverywhere(session, { keepThis: false })).toEqual({ ended: 1 });
    expect(await readSession(person.token)).toBeNull();
    const rows = await db.select().from(auditLog).where(eq(auditLog.actorId, person.userId));
    expect(rows.map(({ action, tenantId }) => [action, tenantId])).toEqual([
      ['user.sign_out_everywhere', tenant.id],
      ['user.sign_out_everywhere', tenant.id],
    ]);
  });
});
