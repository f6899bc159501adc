import { and, eq } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { auditLog } from '@/db/schema/audit';
import { memberships } from '@/db/schema/tenancy';
import { createApiKey } from '@/lib/api-keys/mutations';
import { authenticate } from '@/lib/auth/credentials';
import type { Role } from '@/lib/auth/schema';
import { readTenantSession } from '@/lib/auth/sessions';
import { changeRole } from '@/lib/members/mutations';
import { listMembers } from '@/lib/members/queries';
import { memberRow } from '@/lib/members/schema';
import { startListening } from '@/lib/tenancy/live-cache';
import { leaveWorkspace, removeMember } from '@/lib/workflows/removal/mutations';
import { hearChanges } from '@/tests/support/changes';
import { makePerson, makeTenant, type TestPerson, type TestTenant } from '@/tests/support/factories';
import { mailsTo } from '@/tests/support/invitations';

const { db } = pool('platform');

beforeAll(async () => {
  startListening();
  await hearChanges();
});

async function roleOf(tenant: TestTenant, { userId }: TestPerson): Promise<Role | undefined> {
  const own = and(eq(memberships.tenantId, tenant.id), eq(memberships.userId, userId));
  return (await db.select({ role: memberships.role }).from(memberships).where(own))[0]?.role;
}

async function auditOf(tenant: TestTenant, action: string) {
  return db
    .select()
    .from(auditLog)
    .where(and(eq(auditLog.tenantId, tenant.id), eq(auditLog.action, action)));
}

async function keyOf(
  tenant: TestTenant,
  { ctx }: TestPerson,
): Promise<{ id: string; ask: () => Promise<unknown> }> {
  const { id, key } = await createApiKey(ctx, { name: 'Theirs' });
  const source = {
    host: tenant.host,
    method: 'GET',
    origin: null,
    apiKey: key,
    authorization: null,
    cookie: null,
  };
  return { id, ask: () => authenticate(source, 'test') };
}

/** Of two promises at once, which were kept. */
async function outcomes(...all: Promise<unknown>[]) {
  const settled = await Promise.allSettled(all);
  return settled.map((one) => (one.status === 'fulfilled' ? 'done' : (one.reason as { code: string }).code));
}

describe('listMembers', () => {
  test('lists the tenant’s own people to every role, with nothing else of them', async () => {
    const [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
    const viewer = await makePerson(tenant, 'viewer');
    const rows = memberRow
      .strict()
      .array()
      .parse(await listMembers(viewer.ctx));
    expect(rows.map(({ email, role }) => [email, role]).sort()).toEqual(
      [
        [tenant.admin.email, 'admin'],
        [viewer.email, 'viewer'],
      ].sort(),
    );
    expect(rows.map(({ email }) => email)).not.toContain(other.admin.email);
  });

  test('is not for a key that may only send traces', async () => {
    const tenant = await makeTenant();
    await expect(listMembers(tenant.firstKey.ctx)).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('changeRole', () => {
  test('holds from the next request on, is told by mail, and is written down', async () => {
    const tenant = await makeTenant();
    const person = await makePerson(tenant, 'viewer');
    await changeRole(tenant.admin.ctx, { userId: person.userId, role: 'analyst' });
    expect(await readTenantSession(person.token, tenant.id)).toMatchObject({ role: 'analyst' });
    expect(await auditOf(tenant, 'member.change_role')).toMatchObject([
      {
        targetId: person.userId,
        actorId: tenant.admin.userId,
        before: { role: 'viewer' },
        after: { role: 'analyst' },
      },
    ]);
    expect(await mailsTo(person.email)).toMatchObject([{ subject: expect.stringContaining('an analyst') }]);
  });

  test('to the role that somebody has changes nothing', async () => {
    const tenant = await makeTenant();
    const person = await makePerson(tenant, 'viewer');
    await changeRole(tenant.admin.ctx, { userId: person.userId, role: 'viewer' });
    expect(await auditOf(tenant, 'member.change_role')).toEqual([]);
    expect(await mailsTo(person.email)).toEqual([]);
  });

  test('bounds the keys of who was demoted, in every process', async () => {
    const tenant = await makeTenant();
    const person = await makePerson(tenant, 'admin');
    const { ask } = await keyOf(tenant, person);
    expect(await ask()).toMatchObject({ actor: { creatorRole: 'admin' } });
    await changeRole(tenant.admin.ctx, { userId: person.userId, role: 'viewer' });
    await hearChanges();
    expect(await ask()).toMatchObject({ actor: { creatorRole: 'viewer' } });
  });

  test('is not for others, nor for people of another tenant', async () => {
    const [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
    const person = await makePerson(tenant, 'viewer');
    for (const ctx of [person.ctx, (await makePerson(tenant, 'analyst')).ctx, tenant.firstKey.ctx])
      await expect(changeRole(ctx, { userId: person.userId, role: 'admin' })).rejects.toMatchObject({
        code: 'forbidden',
      });
    await expect(
      changeRole(tenant.admin.ctx, { userId: other.admin.userId, role: 'viewer' }),
    ).rejects.toMatchObject({ code: 'not_found' });
    expect(await roleOf(other, other.admin)).toBe('admin');
  });
});

describe('the last admin', () => {
  test('cannot be demoted, removed or leave', async () => {
    const tenant = await makeTenant();
    const { ctx, userId } = tenant.admin;
    for (const attempt of [
      () => changeRole(ctx, { userId, role: 'viewer' }),
      () => removeMember(ctx, { userId }),
      () => leaveWorkspace(ctx),
      () => changeRole(tenant.ctx, { userId, role: 'analyst' }),
      () => removeMember(tenant.ctx, { userId }),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'conflict', message: /last admin/ });
    expect(await roleOf(tenant, tenant.admin)).toBe('admin');
  });

  test('stays, when two admins demote, remove or leave each other at once', async () => {
    const ways: ((by: TestPerson, other: TestPerson) => Promise<unknown>)[] = [
      (by, other) => changeRole(by.ctx, { userId: other.userId, role: 'viewer' }),
      (by, other) => removeMember(by.ctx, { userId: other.userId }),
      (by) => leaveWorkspace(by.ctx),
      (by) => changeRole(by.ctx, { userId: by.userId, role: 'viewer' }),
    ];
    for (const way of ways)
      for (let round = 0; round < 4; round++) {
        const tenant = await makeTenant();
        const second = await makePerson(tenant, 'admin');
        const both = await outcomes(way(tenant.admin, second), way(second, tenant.admin));
        expect(both.filter((one) => one === 'done')).toHaveLength(1);
        const left = [await roleOf(tenant, tenant.admin), await roleOf(tenant, second)];
        expect(left.filter((role) => role === 'admin')).toHaveLength(1);
      }
  });

  test('is not outlived by a right that went while one waited', async () => {
    const tenant = await makeTenant();
    const [second, third] = await Promise.all([makePerson(tenant, 'admin'), makePerson(tenant, 'admin')]);
    const both = await outcomes(
      changeRole(tenant.admin.ctx, { userId: second.userId, role: 'viewer' }),
      changeRole(second.ctx, { userId: tenant.admin.userId, role: 'viewer' }),
    );
    expect(both.sort()).toEqual(['done', 'forbidden']);
    expect(await roleOf(tenant, third)).toBe('admin');
  });
});

describe('removeMember', () => {
  test('ends sessions and keys here at once, and nowhere else', async () => {
    const [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
    const person = await makePerson(tenant, 'admin');
    await db.insert(memberships).values({ tenantId: other.id, userId: person.userId, role: 'analyst' });
    const elsewhere = { ...person, ctx: { ...person.ctx, tenant: other.ctx.tenant } };
    const [own, service, far] = [
      await keyOf(tenant, person),
      await keyOf(tenant, person),
      await keyOf(other, elsewhere),
    ];
    await db.update(apiKeys).set({ isService: true }).where(eq(apiKeys.id, service.id));
    await own.ask();

    await removeMember(tenant.admin.ctx, { userId: person.userId });
    expect(await readTenantSession(person.token, tenant.id)).toMatchObject({ role: null });
    expect(await readTenantSession(person.token, other.id)).toMatchObject({ role: 'analyst' });
    await hearChanges();
    await expect(own.ask()).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(service.ask()).resolves.toBeTruthy();
    await expect(far.ask()).resolves.toBeTruthy();

    expect(await auditOf(tenant, 'member.remove')).toMatchObject([
      { targetId: person.userId, before: { role: 'admin', email: person.email } },
    ]);
    expect(await auditOf(tenant, 'api_key.revoke')).toMatchObject([{ targetId: own.id }]);
    expect(await auditOf(other, 'api_key.revoke')).toEqual([]);
    const [mail] = await mailsTo(person.email);
    expect(mail?.text).toContain(tenant.name);
  });

  test('does not bring keys back with the person', async () => {
    const tenant = await makeTenant();
    const person = await makePerson(tenant, 'analyst');
    const { ask } = await keyOf(tenant, person);
    await removeMember(tenant.admin.ctx, { userId: person.userId });
    await db.insert(memberships).values({ tenantId: tenant.id, userId: person.userId, role: 'admin' });
    await hearChanges();
    await expect(ask()).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('is not for others, nor for people of another tenant, and works once', async () => {
    const [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
    const person = await makePerson(tenant, 'viewer');
    await expect(
      removeMember((await makePerson(tenant, 'analyst')).ctx, { userId: person.userId }),
    ).rejects.toMatchObject({ code: 'forbidden' });
    await expect(removeMember(tenant.admin.ctx, { userId: other.admin.userId })).rejects.toMatchObject({
      code: 'not_found',
    });
    const twice = await outcomes(
      removeMember(tenant.admin.ctx, { userId: person.userId }),
      removeMember(tenant.admin.ctx, { userId: person.userId }),
    );
    expect(twice.sort()).toEqual(['done', 'not_found']);
    expect(await auditOf(tenant, 'member.remove')).toHaveLength(1);
  });
});

describe('leaveWorkspace', () => {
  test('takes a viewer out, with a row that says so and no mail', async () => {
    const tenant = await makeTenant();
    const person = await makePerson(tenant, 'viewer');
    expect(await leaveWorkspace(person.ctx)).toEqual({ url: 'http://cloud.ragtoolkit.localhost:3000/' });
    expect(await roleOf(tenant, person)).toBeUndefined();
    expect(await auditOf(tenant, 'member.leave')).toMatchObject([{ targetId: person.userId }]);
    expect(await mailsTo(person.email)).toEqual([]);
  });

  test('is what removing oneself is', async () => {
    const tenant = await makeTenant();
    const second = await makePerson(tenant, 'admin');
    await removeMember(second.ctx, { userId: second.userId });
    expect(await auditOf(tenant, 'member.leave')).toHaveLength(1);
    expect(await auditOf(tenant, 'member.remove')).toHaveLength(0);
  });

  test('is nothing that a key or the system can do', async () => {
    const tenant = await makeTenant();
    for (const ctx of [tenant.ctx, tenant.firstKey.ctx])
      await expect(leaveWorkspace(ctx)).rejects.toMatchObject({ code: 'forbidden' });
  });
});
