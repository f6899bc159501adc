import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { GET as getTenant } from '@/app/api/v1/tenant/route';
import { GET, POST } from '@/app/api/v1/tenant/users/route';
import { POST as signUp } from '@/app/api/v1/tenants/route';
import { pool } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { memberships } from '@/db/schema/tenancy';
import { wireTenant } from '@/lib/tenants/schema';
import { wireTenantUser, wireTenantUsers } from '@/lib/workflows/invitations/schema';
import { makeKey, makePerson, makeTenant, type TestTenant, unique } from '@/tests/support/factories';
import { mailsTo, makeInvitingTenant, someAddress } from '@/tests/support/invitations';
import { call, readError } from '@/tests/support/requests';

const { db } = pool('platform');

/** A key of the tenant's admin with the scope `admin`. */
async function adminKey(tenant: TestTenant): Promise<string> {
  const { key, keyId } = await makeKey(tenant);
  await db
    .update(apiKeys)
    .set({ scopes: ['admin'] })
    .where(eq(apiKeys.id, keyId));
  return key;
}

const host = '10.0.0.1';
const users = (key: string) => call(GET, { path: '/api/v1/tenant/users', host, key });
const invite = (key: string, body: unknown) =>
  call(POST, { method: 'POST', path: '/api/v1/tenant/users', host, key, body });

describe('GET /api/v1/tenant', () => {
  test('tells a key’s workspace, also to a key that only sends traces', async () => {
    const tenant = await makeTenant();
    const answer = await call(getTenant, { path: '/api/v1/tenant', host, key: tenant.firstKey.key });
    expect(answer.status).toBe(200);
    expect(wireTenant.strict().parse(answer.body)).toMatchObject({
      id: tenant.id,
      slug: tenant.slug,
      name: tenant.name,
      status: 'active',
      plan: 'starter',
    });
  });
});

describe('GET /api/v1/tenant/users', () => {
  test('lists members and those who can still accept', async () => {
    const tenant = await makeInvitingTenant();
    const viewer = await makePerson(tenant, 'viewer');
    const key = await adminKey(tenant);
    const email = someAddress();
    await invite(key, { email, role: 'analyst' });
    const answer = await users(key);
    expect(answer.status).toBe(200);
    const list = wireTenantUsers.strict().parse(answer.body).users;
    expect(list.map((user) => wireTenantUser.strict().parse(user))).toHaveLength(3);
    expect(list).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ email: tenant.admin.email, role: 'admin', status: 'active' }),
        expect.objectContaining({ email: viewer.email, role: 'viewer', status: 'active' }),
        expect.objectContaining({ email, role: 'analyst', status: 'invited', name: null }),
      ]),
    );
  });

  test('is not for a key that only handles traces', async () => {
    const tenant = await makeTenant();
    expect(readError(await users(tenant.firstKey.key))).toMatchObject({ status: 403, code: 'forbidden' });
  });
});

describe('POST /api/v1/tenant/users', () => {
  test('invites, and makes nobody a member who has not agreed', async () => {
    const tenant = await makeInvitingTenant();
    const email = someAddress();
    const answer = await invite(await adminKey(tenant), {
      email: ` ${email.toUpperCase()} `,
      role: 'viewer',
    });
    expect(answer.status).toBe(201);
    expect(wireTenantUser.strict().parse(answer.body)).toMatchObject({
      email,
      role: 'viewer',
      status: 'invited',
      name: null,
    });
    expect(await mailsTo(email)).toHaveLength(1);
    expect(await db.$count(memberships, eq(memberships.tenantId, tenant.id))).toBe(1);
  });

  test('says 409 for a member and an open invitation', async () => {
    const tenant = await makeInvitingTenant();
    const key = await adminKey(tenant);
    const email = someAddress();
    await invite(key, { email, role: 'viewer' });
    for (const again of [email, tenant.admin.email])
      expect(readError(await invite(key, { email: again, role: 'viewer' }))).toMatchObject({
        status: 409,
        code: 'conflict',
        issues: [{ path: 'email' }],
      });
  });

  test('says 403 limit_exceeded when the seats are taken', async () => {
    const tenant = await makeInvitingTenant('starter');
    const key = await adminKey(tenant);
    for (let seat = 0; seat < 2; seat++)
      expect((await invite(key, { email: someAddress(), role: 'viewer' })).status).toBe(201);
    expect(readError(await invite(key, { email: someAddress(), role: 'viewer' }))).toMatchObject({
      status: 403,
      code: 'limit_exceeded',
      message: expect.stringContaining('Upgrade the plan'),
    });
  });

  test('names the field that is wrong', async () => {
    const key = await adminKey(await makeInvitingTenant());
    for (const [body, path] of [
      [{ email: 'nobody', role: 'viewer' }, 'email'],
      [{ email: 'a\u0000@example.com', role: 'viewer' }, 'email'],
      [{ email: `${'x'.repeat(300)}@example.com`, role: 'viewer' }, 'email'],
      [{ email: someAddress(), role: 'owner' }, 'role'],
      [{ email: someAddress() }, 'role'],
    ] as const)
      expect(readError(await invite(key, body))).toMatchObject({ status: 422, issues: [{ path }] });
  });

  test('needs the scope and, behind it, an admin', async () => {
    const tenant = await makeInvitingTenant();
    const key = await adminKey(tenant);
    expect((await invite(tenant.firstKey.key, { email: someAddress(), role: 'viewer' })).status).toBe(403);
    const second = await makePerson(tenant, 'admin');
    await db.update(memberships).set({ role: 'analyst' }).where(eq(memberships.userId, tenant.admin.userId));
    expect(second.role).toBe('admin');
    expect((await invite(key, { email: someAddress(), role: 'viewer' })).status).toBe(403);
  });
});

describe('POST /api/v1/tenants', () => {
  test('is counted per address, and says when to come again', async () => {
    const ip = `2001:db8:1::${Math.floor(Math.random() * 65_535).toString(16)}`;
    const post = () => {
      const id = unique();
      return call(signUp, {
        method: 'POST',
        path: '/api/v1/tenants',
        host,
        headers: { 'x-forwarded-for': ip },
        body: { slug: `limit-${id}`, name: 'Limit', admin_email: `limit-${id}@example.com` },
      });
    };
    for (let made = 0; made < 10; made++) expect((await post()).status).toBe(201);
    const refused = await post();
    expect(readError(refused)).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  }, 30_000);
});
