import { and, eq } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { sessions, users } from '@/db/schema/people';
import { memberships } from '@/db/schema/tenancy';
import { encodeSessionToken } from '@/lib/auth/session-cookie';
import { readSession, readTenantSession, revokeSession } from '@/lib/auth/sessions';
import { newId } from '@/lib/ids';
import { makePerson, makeTenant, type TestTenant } from '@/tests/support/factories';

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
