import { and, asc, eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { auditLog } from '@/db/schema/audit';
import { invitations } from '@/db/schema/invitations';
import { tenantConfirmations } from '@/db/schema/lifecycle';
import { tenants } from '@/db/schema/tenancy';
import { withOwner } from '@/db/tenant';
import { getEntitlements } from '@/lib/tenants/queries';
import {
  hashInvitationToken,
  inviteList,
  inviteMember,
  resendInvitation,
  revokeInvitation,
} from '@/lib/workflows/invitations/mutations';
import { getInvitingState } from '@/lib/workflows/invitations/queries';
import { invitationRow } from '@/lib/workflows/invitations/schema';
import { makeKey, makePerson, makeTenant, type TestTenant } from '@/tests/support/factories';
import { mailedToken, mailsTo, makeInvitingTenant, someAddress } from '@/tests/support/invitations';

const { db } = pool('platform');

const rowsOf = (tenant: TestTenant) =>
  db.select().from(invitations).where(eq(invitations.tenantId, tenant.id));

const auditOf = (tenant: TestTenant, action: string) =>
  db
    .select()
    .from(auditLog)
    .where(and(eq(auditLog.tenantId, tenant.id), eq(auditLog.action, action)))
    .orderBy(asc(auditLog.id));

/** Moves the times of an invitation into the past. */
async function age(id: string, interval: string): Promise<void> {
  const by = sql`${interval}::interval`;
  await db
    .update(invitations)
    .set({ sentAt: sql`${invitations.sentAt} - ${by}`, expiresAt: sql`${invitations.expiresAt} - ${by}` })
    .where(eq(invitations.id, id));
}

async function outcomes(...all: Promise<unknown>[]) {
  const settled = await Promise.allSettled(all);
  return settled.map((one) => (one.status === 'fulfilled' ? 'done' : (one.reason as { code: string }).code));
}

describe('inviteMember', () => {
  test('mails a link whose token is stored as a hash only, for seven days', async () => {
    const tenant = await makeInvitingTenant();
    const email = someAddress();
    const { id } = await inviteMember(tenant.admin.ctx, { email, role: 'analyst' });
    const token = await mailedToken(email);
    const [row] = await rowsOf(tenant);
    expect(row).toMatchObject({
      id,
      email,
      role: 'analyst',
      tokenHash: hashInvitationToken(token),
      invitedBy: tenant.admin.userId,
      acceptedAt: null,
      revokedAt: null,
    });
    expect(JSON.stringify(row)).not.toContain(token);
    const days = (Number(row?.expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.99);
    expect(days).toBeLessThanOrEqual(7);
    const audit = await auditOf(tenant, 'member.invite');
    expect(audit).toMatchObject([{ targetId: id, after: { email, role: 'analyst' } }]);
    expect(JSON.stringify(audit.map(({ after }) => after))).not.toContain(token);
    const [mail] = await mailsTo(email);
    expect(mail?.text).toContain(tenant.admin.email);
    expect(mail?.text).toContain('an analyst');
  });

  test('tells of a member and of an open invitation, and makes no second row', async () => {
    const tenant = await makeInvitingTenant();
    const member = await makePerson(tenant, 'viewer');
    const email = someAddress();
    await inviteMember(tenant.admin.ctx, { email, role: 'viewer' });
    for (const [again, words] of [
      [email, /open invitation/],
      [member.email, /member already/],
      [tenant.admin.email, /member already/],
    ] as const)
      await expect(inviteMember(tenant.admin.ctx, { email: again, role: 'admin' })).rejects.toMatchObject({
        code: 'conflict',
        message: words,
        issues: [{ path: 'email' }],
      });
    expect(await rowsOf(tenant)).toHaveLength(1);
    expect(await mailsTo(email)).toHaveLength(1);
  });

  test('renews an invitation that has expired, with the new role', async () => {
    const tenant = await makeInvitingTenant();
    const email = someAddress();
    const first = await inviteMember(tenant.admin.ctx, { email, role: 'viewer' });
    const old = await mailedToken(email);
    await age(first.id, '8 days');
    const second = await inviteMember(tenant.admin.ctx, { email, role: 'admin' });
    expect(second.id).toBe(first.id);
    const [row] = await rowsOf(tenant);
    expect(row).toMatchObject({ role: 'admin' });
    expect(row?.tokenHash).not.toBe(hashInvitationToken(old));
    expect((await auditOf(tenant, 'member.invite'))[1]).toMatchObject({
      before: { role: 'viewer' },
      after: { role: 'admin' },
    });
  });

  test('wants the inviter’s own address confirmed; a key’s maker’s too', async () => {
    const tenant = await makeTenant();
    const key = await makeKey(tenant);
    const actor = { kind: 'api-key', keyId: key.keyId, scopes: ['admin'], creatorRole: 'admin' } as const;
    for (const ctx of [tenant.admin.ctx, { ...tenant.ctx, actor }])
      await expect(inviteMember(ctx, { email: someAddress(), role: 'viewer' })).rejects.toMatchObject({
        code: 'forbidden',
        message: /Confirm your own/,
      });
    expect(await rowsOf(tenant)).toEqual([]);
    expect(await getInvitingState(tenant.admin.ctx)).toMatchObject({ isVerified: false });
  });

  test('is not for analysts, viewers and keys for traces', async () => {
    const tenant = await makeInvitingTenant();
    for (const ctx of [
      (await makePerson(tenant, 'analyst')).ctx,
      (await makePerson(tenant, 'viewer')).ctx,
      tenant.firstKey.ctx,
    ]) {
      const email = someAddress();
      await expect(inviteMember(ctx, { email, role: 'viewer' })).rejects.toMatchObject({ code: 'forbidden' });
      await expect(inviteList(ctx, { list: email, role: 'viewer' })).rejects.toMatchObject({
        code: 'forbidden',
      });
    }
    expect(await rowsOf(tenant)).toEqual([]);
  });

  test('mails one address no more than five times an hour, whoever asks', async () => {
    const tenant = await makeInvitingTenant();
    const email = someAddress();
    for (let round = 0; round < 5; round++) {
      const { id } = await inviteMember(tenant.admin.ctx, { email, role: 'viewer' });
      await revokeInvitation(tenant.admin.ctx, { id });
    }
    const other = await makeInvitingTenant();
    for (const { admin } of [tenant, other])
      await expect(inviteMember(admin.ctx, { email, role: 'viewer' })).rejects.toMatchObject({
        code: 'rate_limited',
        retryAfter: expect.any(Number),
      });
    expect(await mailsTo(email)).toHaveLength(5);
  });
});

describe('seats', () => {
  test('of Starter end at three, invitations included; then it says how to get more', async () => {
    const tenant = await makeInvitingTenant('starter');
    await makePerson(tenant, 'viewer');
    const { id } = await inviteMember(tenant.admin.ctx, { email: someAddress(), role: 'viewer' });
    const refused = { code: 'limit_exceeded', status: 403, message: /All 3 seats.*Upgrade.*#plans/ };
    const email = someAddress();
    await expect(inviteMember(tenant.admin.ctx, { email, role: 'viewer' })).rejects.toMatchObject(refused);
    expect(await mailsTo(email)).toEqual([]);
    expect((await getInvitingState(tenant.admin.ctx)).seats).toMatchObject({
      members: 2,
      invited: 1,
      used: 3,
      limit: 3,
    });
    // One that has expired, or was taken back, holds no seat.
    await age(id, '8 days');
    await inviteMember(tenant.admin.ctx, { email, role: 'viewer' });
    await expect(resendInvitation(tenant.admin.ctx, { id })).rejects.toMatchObject(refused);
  });

  test('go to one of two who are invited at once', async () => {
    for (let round = 0; round < 4; round++) {
      const tenant = await makeInvitingTenant('starter');
      await makePerson(tenant, 'viewer');
      const invite = () => inviteMember(tenant.admin.ctx, { email: someAddress(), role: 'viewer' });
      expect((await outcomes(invite(), invite())).sort()).toEqual(['done', 'limit_exceeded']);
      expect(await rowsOf(tenant)).toHaveLength(1);
    }
  });

  test('are Starter’s for a workspace that nobody has confirmed, whatever its plan', async () => {
    const tenant = await makeInvitingTenant('pro');
    expect((await getEntitlements(db, tenant.id)).seats.limit).toBeNull();
    const { id: tenantId, admin } = tenant;
    const expiresAt = sql`now() + interval '1 day'`;
    await withOwner((owner) =>
      owner.insert(tenantConfirmations).values({ tenantId, userId: admin.userId, expiresAt }),
    );
    expect(await getEntitlements(db, tenant.id)).toMatchObject({ plan: 'starter', seats: { limit: 3 } });
    const list = [someAddress(), someAddress(), someAddress()].join('\n');
    const { lines } = await inviteList(tenant.admin.ctx, { list, role: 'viewer' });
    expect(lines.map(({ outcome }) => outcome)).toEqual(['invited', 'invited', 'no_seat']);
  });
});

describe('inviteList', () => {
  test('says what became of each line, and lets no line spoil another', async () => {
    const tenant = await makeInvitingTenant();
    const [open, fresh, second] = [someAddress(), someAddress(), someAddress()];
    await inviteMember(tenant.admin.ctx, { email: open, role: 'viewer' });
    const list = `${tenant.admin.email}\nFresh <${fresh.toUpperCase()}>; ${open}, nonsense\n${fresh}\n${second}`;
    expect(await inviteList(tenant.admin.ctx, { list, role: 'analyst' })).toEqual({
      lines: [
        { text: tenant.admin.email, email: tenant.admin.email, outcome: 'member' },
        { text: `Fresh <${fresh.toUpperCase()}>`, email: fresh, outcome: 'invited' },
        { text: open, email: open, outcome: 'already_invited' },
        { text: 'nonsense', email: null, outcome: 'malformed' },
        { text: fresh, email: fresh, outcome: 'duplicate' },
        { text: second, email: second, outcome: 'invited' },
      ],
    });
    for (const email of [fresh, second]) expect(await mailsTo(email)).toHaveLength(1);
    expect(await rowsOf(tenant)).toHaveLength(3);
    expect(await auditOf(tenant, 'member.invite')).toHaveLength(3);
  });

  test('sends a workspace’s hundred an hour, and tells of those beyond', async () => {
    const tenant = await makeInvitingTenant();
    const addresses = Array.from({ length: 100 }, someAddress);
    const first = await inviteList(tenant.admin.ctx, { list: addresses.join('\n'), role: 'viewer' });
    expect(first.lines.every(({ outcome }) => outcome === 'invited')).toBe(true);
    // Members and those who are invited cost nothing; the bucket has filled up by one or two meanwhile.
    const more = Array.from({ length: 8 }, someAddress);
    const list = [...addresses.slice(0, 50), ...more].join(',');
    const { lines } = await inviteList(tenant.admin.ctx, { list, role: 'viewer' });
    expect(lines.slice(0, 50).every(({ outcome }) => outcome === 'already_invited')).toBe(true);
    expect(lines.at(-1)?.outcome).toBe('rate_limited');
    expect(await mailsTo(more.at(-1) ?? '')).toEqual([]);
  }, 30_000);

  test('pressed twice invites each address once', async () => {
    const tenant = await makeInvitingTenant();
    const [one, two] = [someAddress(), someAddress()];
    const both = await Promise.all(
      [1, 2].map(() => inviteList(tenant.admin.ctx, { list: `${one}\n${two}`, role: 'viewer' })),
    );
    expect(both.flatMap(({ lines }) => lines.map(({ outcome }) => outcome)).sort()).toEqual([
      'already_invited',
      'already_invited',
      'invited',
      'invited',
    ]);
    expect(await rowsOf(tenant)).toHaveLength(2);
    for (const email of [one, two]) expect(await mailsTo(email)).toHaveLength(1);
  });
});

describe('resendInvitation', () => {
  test('kills the old link, and works once a minute', async () => {
    const tenant = await makeInvitingTenant();
    const email = someAddress();
    const { id } = await inviteMember(tenant.admin.ctx, { email, role: 'viewer' });
    const old = await mailedToken(email);
    const wait = { code: 'rate_limited', retryAfter: expect.any(Number) };
    await expect(resendInvitation(tenant.admin.ctx, { id })).rejects.toMatchObject(wait);
    await age(id, '61 seconds');
    const twice = await outcomes(
      resendInvitation(tenant.admin.ctx, { id }),
      resendInvitation(tenant.admin.ctx, { id }),
    );
    expect(twice.sort()).toEqual(['done', 'rate_limited']);
    const [row] = await rowsOf(tenant);
    expect(await mailedToken(email)).not.toBe(old);
    expect(row?.tokenHash).toBe(hashInvitationToken(await mailedToken(email)));
    expect(await mailsTo(email)).toHaveLength(2);
    expect(await auditOf(tenant, 'member.resend_invitation')).toMatchObject([{ targetId: id }]);
  });

  test('makes an expired one work again', async () => {
    const tenant = await makeInvitingTenant();
    const { id } = await inviteMember(tenant.admin.ctx, { email: someAddress(), role: 'viewer' });
    await age(id, '8 days');
    expect((await getInvitingState(tenant.admin.ctx)).invitations).toMatchObject([{ id, expired: true }]);
    await resendInvitation(tenant.admin.ctx, { id });
    const { invitations: open } = await getInvitingState(tenant.admin.ctx);
    expect(invitationRow.strict().array().parse(open)).toMatchObject([{ id, expired: false }]);
  });

  test('finds neither another tenant’s nor one that was taken back', async () => {
    const [tenant, other] = await Promise.all([makeInvitingTenant(), makeInvitingTenant()]);
    const { id } = await inviteMember(tenant.admin.ctx, { email: someAddress(), role: 'viewer' });
    await age(id, '61 seconds');
    const gone = { code: 'not_found' };
    await expect(resendInvitation(other.admin.ctx, { id })).rejects.toMatchObject(gone);
    await expect(revokeInvitation(other.admin.ctx, { id })).rejects.toMatchObject(gone);
    expect((await rowsOf(tenant))[0]).toMatchObject({ revokedAt: null });
    await revokeInvitation(tenant.admin.ctx, { id });
    await revokeInvitation(tenant.admin.ctx, { id });
    expect(await auditOf(tenant, 'member.revoke_invitation')).toHaveLength(1);
    await expect(resendInvitation(tenant.admin.ctx, { id })).rejects.toMatchObject(gone);
    expect((await getInvitingState(tenant.admin.ctx)).invitations).toEqual([]);
  });
});

describe('a closed workspace', () => {
  test('invites nobody, even where the request began while it was open', async () => {
    const tenant = await makeInvitingTenant();
    for (const [status, code] of [
      ['suspended', 'tenant_suspended'],
      ['deleting', 'tenant_deleting'],
    ] as const) {
      await db.update(tenants).set({ status }).where(eq(tenants.id, tenant.id));
      await expect(
        inviteMember(tenant.admin.ctx, { email: someAddress(), role: 'viewer' }),
      ).rejects.toMatchObject({ code });
    }
    expect(await rowsOf(tenant)).toEqual([]);
  });
});
