import { and, eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { auditLog } from '@/db/schema/audit';
import { invitations } from '@/db/schema/invitations';
import { credentials, sessions, users } from '@/db/schema/people';
import { memberships, tenants } from '@/db/schema/tenancy';
import { encodeSessionToken } from '@/lib/auth/session-cookie';
import { readSession, readTenantSession, type Session } from '@/lib/auth/sessions';
import { runRequest } from '@/lib/log';
import { acceptInvitation, joinByInvitation } from '@/lib/workflows/invitation-acceptance/mutations';
import { openInvitation, openOwnInvitation } from '@/lib/workflows/invitation-acceptance/queries';
import { inviteMember, resendInvitation, revokeInvitation } from '@/lib/workflows/invitations/mutations';
import { makePerson, password, type TestPerson, type TestTenant } from '@/tests/support/factories';
import { confirmAddress, mailedToken, makeInvitingTenant, someAddress } from '@/tests/support/invitations';

const { db } = pool('platform');
const unusable = { code: 'not_found', message: /cannot be used/ };

async function invite(
  tenant: TestTenant,
  email = someAddress(),
  role: 'admin' | 'analyst' | 'viewer' = 'analyst',
) {
  const { id } = await inviteMember(tenant.admin.ctx, { email, role });
  return { id, email, token: await mailedToken(email) };
}

async function sessionOf({ token }: TestPerson): Promise<Session> {
  const session = await readSession(token);
  if (!session) throw new Error('nobody is signed in');
  return session;
}

const join = (token: string) => joinByInvitation({ token, name: 'New Person', password }, 'test');

const membersOf = (tenant: TestTenant) =>
  db.select().from(memberships).where(eq(memberships.tenantId, tenant.id));

const accountOf = async (email: string) => (await db.select().from(users).where(eq(users.email, email)))[0];

async function change(id: string, set: Partial<Record<keyof typeof invitations.$inferInsert, unknown>>) {
  await db
    .update(invitations)
    .set(set as never)
    .where(eq(invitations.id, id));
}

async function outcomes(...all: Promise<unknown>[]) {
  const settled = await Promise.allSettled(all);
  return settled.map((one) => (one.status === 'fulfilled' ? 'done' : (one.reason as { code: string }).code));
}

describe('joinByInvitation', () => {
  test('makes account, session and membership of who is new, with the address proven', async () => {
    const tenant = await makeInvitingTenant();
    const { id, email, token } = await invite(tenant);
    const { session, url } = await join(token);
    expect(url).toBe(`http://${tenant.host}/`);
    const account = await accountOf(email);
    expect(account).toMatchObject({ name: 'New Person', emailVerifiedAt: expect.any(Date) });
    expect(await readTenantSession(await encodeSessionToken(session), tenant.id)).toMatchObject({
      userId: account?.id,
      role: 'analyst',
    });
    const [begun] = await db.select().from(sessions).where(eq(sessions.id, session.sid));
    expect(begun).toMatchObject({ method: 'invitation' });
    const [row] = await db.select().from(invitations).where(eq(invitations.id, id));
    expect(row).toMatchObject({ acceptedAt: expect.any(Date), acceptedBy: account?.id });
    const audit = await db
      .select()
      .from(auditLog)
      .where(and(eq(auditLog.tenantId, tenant.id), eq(auditLog.targetId, account?.id ?? '')));
    expect(audit).toMatchObject([{ action: 'member.accept', actorEmail: email, after: { role: 'analyst' } }]);
  });

  test('twice at once makes one account and one membership', async () => {
    for (let round = 0; round < 3; round++) {
      const tenant = await makeInvitingTenant();
      const { email, token } = await invite(tenant);
      expect((await outcomes(join(token), join(token))).sort()).toEqual(['done', 'not_found']);
      expect(await membersOf(tenant)).toHaveLength(2);
      expect(await db.$count(users, eq(users.email, email))).toBe(1);
    }
  });

  test('is no way into an account that is there', async () => {
    const tenant = await makeInvitingTenant();
    const known = await makePerson(tenant, null);
    const { token } = await invite(tenant, known.email);
    await expect(join(token)).rejects.toMatchObject({ code: 'conflict', message: /Sign in/ });
    expect(await db.$count(credentials, eq(credentials.userId, known.userId))).toBe(0);
    expect(await membersOf(tenant)).toHaveLength(1);
    expect(await db.$count(sessions, eq(sessions.userId, known.userId))).toBe(1);
  });

  test('is refused once the seats are taken, and makes no account then', async () => {
    const tenant = await makeInvitingTenant();
    const { email, token } = await invite(tenant);
    await makePerson(tenant, 'viewer');
    await makePerson(tenant, 'viewer');
    await db.update(tenants).set({ plan: 'starter' }).where(eq(tenants.id, tenant.id));
    await expect(join(token)).rejects.toMatchObject({ code: 'limit_exceeded', status: 403 });
    expect(await accountOf(email)).toBeUndefined();
    await db.update(tenants).set({ plan: 'pro' }).where(eq(tenants.id, tenant.id));
    await join(token);
  });
});

describe('acceptInvitation', () => {
  test('by the mailed link makes who was invited a member, and proves their address', async () => {
    const tenant = await makeInvitingTenant();
    const known = await makePerson(tenant, null);
    const { token } = await invite(tenant, known.email, 'viewer');
    expect(await acceptInvitation(await sessionOf(known), { token }, 'test')).toEqual({
      url: `http://${tenant.host}/`,
    });
    expect(await readTenantSession(known.token, tenant.id)).toMatchObject({ role: 'viewer' });
    expect((await accountOf(known.email))?.emailVerifiedAt).toBeInstanceOf(Date);
  });

  test('is for the invited address alone', async () => {
    const tenant = await makeInvitingTenant();
    const stranger = await makePerson(tenant, null);
    await confirmAddress(stranger.userId);
    const { id, token } = await invite(tenant);
    const session = await sessionOf(stranger);
    await expect(acceptInvitation(session, { token }, 'test')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(acceptInvitation(session, { id }, 'test')).rejects.toMatchObject(unusable);
    expect(await openOwnInvitation(session, id)).toEqual({ kind: 'unusable' });
    expect(await membersOf(tenant)).toHaveLength(1);
    await expect(join(token)).resolves.toBeTruthy();
  });

  test('by its id wants the address confirmed', async () => {
    const tenant = await makeInvitingTenant();
    const known = await makePerson(tenant, null);
    const { id } = await invite(tenant, known.email);
    const session = await sessionOf(known);
    expect(await openOwnInvitation(session, id)).toEqual({ kind: 'unusable' });
    await expect(acceptInvitation(session, { id }, 'test')).rejects.toMatchObject(unusable);
    await confirmAddress(known.userId);
    expect(await openOwnInvitation(session, id)).toMatchObject({
      kind: 'open',
      invitation: { workspace: tenant.name, email: known.email, role: 'analyst' },
    });
    await acceptInvitation(session, { id }, 'test');
    expect(await membersOf(tenant)).toHaveLength(2);
  });

  test('twice at once makes one membership', async () => {
    for (let round = 0; round < 3; round++) {
      const tenant = await makeInvitingTenant();
      const known = await makePerson(tenant, null);
      const { token } = await invite(tenant, known.email);
      const session = await sessionOf(known);
      const accept = () => acceptInvitation(session, { token }, 'test');
      expect((await outcomes(accept(), accept())).sort()).toEqual(['done', 'not_found']);
      expect(await membersOf(tenant)).toHaveLength(2);
    }
  });

  test('leaves a member what they are', async () => {
    const tenant = await makeInvitingTenant();
    const known = await makePerson(tenant, null);
    const { token } = await invite(tenant, known.email, 'viewer');
    await db.insert(memberships).values({ tenantId: tenant.id, userId: known.userId, role: 'admin' });
    await acceptInvitation(await sessionOf(known), { token }, 'test');
    expect(await readTenantSession(known.token, tenant.id)).toMatchObject({ role: 'admin' });
  });

  test('against taking it back at once: one of them happens', async () => {
    for (let round = 0; round < 4; round++) {
      const tenant = await makeInvitingTenant();
      const { id, token } = await invite(tenant);
      const [joined, revoked] = await outcomes(join(token), revokeInvitation(tenant.admin.ctx, { id }));
      expect([
        ['done', 'conflict'],
        ['not_found', 'done'],
      ]).toContainEqual([joined, revoked]);
      expect(await membersOf(tenant)).toHaveLength(joined === 'done' ? 2 : 1);
    }
  });
});

describe('a link that cannot be used', () => {
  test('is answered alike, whatever the reason, and does nothing', async () => {
    const tenant = await makeInvitingTenant();
    const closed = await makeInvitingTenant();
    const suspended = await makeInvitingTenant();
    const known = await makePerson(tenant, null);
    await confirmAddress(known.userId);
    const session = await sessionOf(known);

    const expired = await invite(tenant);
    await change(expired.id, { expiresAt: sql`now() - interval '1 second'` });
    const revoked = await invite(tenant);
    await revokeInvitation(tenant.admin.ctx, { id: revoked.id });
    const used = await invite(tenant);
    await join(used.token);
    const resent = await invite(tenant);
    await change(resent.id, { sentAt: sql`now() - interval '2 minutes'` });
    await resendInvitation(tenant.admin.ctx, { id: resent.id });
    const [inDeletion, inSuspension] = [await invite(closed), await invite(suspended)];
    await db.update(tenants).set({ status: 'deleting' }).where(eq(tenants.id, closed.id));
    await db.update(tenants).set({ status: 'suspended' }).where(eq(tenants.id, suspended.id));

    const forged = `${resent.token.slice(0, -1)}${resent.token.endsWith('A') ? 'B' : 'A'}`;
    const tokens = [expired, revoked, used, resent, inDeletion, inSuspension].map(({ token }) => token);
    for (const token of [...tokens, forged, '', 'x', 'x'.repeat(43), '\u0000'.repeat(43), 'é'.repeat(43)]) {
      expect(await openInvitation(token), token).toEqual({ kind: 'unusable' });
      await expect(join(token), token).rejects.toMatchObject(unusable);
      await expect(acceptInvitation(session, { token }, 'test'), token).rejects.toMatchObject(unusable);
    }
    for (const odd of [undefined, null, 7, ['x'.repeat(43)], {}])
      expect(await openInvitation(odd)).toEqual({ kind: 'unusable' });
    for (const id of ['x', '', expired.id.toUpperCase(), expired.id, crypto.randomUUID()])
      expect(await openOwnInvitation(session, id)).toEqual({ kind: 'unusable' });
  });

  test('cannot be tried for long from one address', async () => {
    const line = { requestId: 'test', method: 'GET', host: '', path: '' };
    const client = { ip: `2001:db8::${Math.floor(Math.random() * 65_535).toString(16)}`, userAgent: null };
    await runRequest(
      line,
      async () => {
        for (let tries = 0; tries < 30; tries++) await openInvitation('x'.repeat(43));
        expect(await openInvitation('x'.repeat(43))).toEqual({ kind: 'wait' });
        await expect(join('x'.repeat(43))).rejects.toMatchObject({ code: 'rate_limited' });
      },
      client,
    );
  });
});

describe('openInvitation', () => {
  test('shows who invites whom into what, and changes nothing', async () => {
    const tenant = await makeInvitingTenant();
    const { id, email, token } = await invite(tenant, undefined, 'viewer');
    const [before] = await db.select().from(invitations).where(eq(invitations.id, id));
    expect(await openInvitation(token)).toEqual({
      kind: 'open',
      invitation: {
        workspace: tenant.name,
        host: tenant.host,
        role: 'viewer',
        invitedBy: 'Ada Test',
        email,
        hasAccount: false,
      },
    });
    await openInvitation(token);
    expect(await db.select().from(invitations).where(eq(invitations.id, id))).toEqual([before]);
    expect(await accountOf(email)).toBeUndefined();
  });
});
