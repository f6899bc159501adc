import { createHash } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { POST } from '@/app/api/v1/tenants/route';
import { pool } from '@/db/client';
import { tenantConfirmations } from '@/db/schema/lifecycle';
import { mailOutbox } from '@/db/schema/mail';
import { credentials, users } from '@/db/schema/people';
import { memberships, tenants } from '@/db/schema/tenancy';
import { withOwner } from '@/db/tenant';
import { readSession } from '@/lib/auth/sessions';
import { verificationTokenAdapter } from '@/lib/auth/verification-tokens';
import { env } from '@/lib/env';
import { isUuid } from '@/lib/ids';
import { listWorkspaces } from '@/lib/members/queries';
import { wireTenant } from '@/lib/tenants/schema';
import { confirmWorkspace, expireUnconfirmedTenants } from '@/lib/workflows/api-sign-up/mutations';
import { findUnconfirmedTenant } from '@/lib/workflows/api-sign-up/queries';
import { makePerson, makeTenant, unique } from '@/tests/support/factories';
import { call, readError } from '@/tests/support/requests';

const { db } = pool('platform');

function data(given: Record<string, unknown> = {}) {
  const id = unique();
  return { slug: `api-${id}`, name: `Team ${id}`, admin_email: `grace-${id}@example.com`, ...given };
}

const post = (body: unknown, headers: Record<string, string> = {}) =>
  call(POST, { method: 'POST', path: '/api/v1/tenants', host: '10.0.0.1', body, headers });

async function personOf(email: string) {
  const [row] = await db.select().from(users).where(eq(users.email, email));
  return row;
}

async function linkTo(email: string): Promise<URL> {
  const mails = await db.select().from(mailOutbox).where(eq(mailOutbox.toAddress, email));
  const link = mails
    .at(-1)
    ?.text.split('\n')
    .find((line) => line.includes('/api/auth/callback/email?'));
  return new URL(link ?? 'none:');
}

async function expire(tenantId: string): Promise<void> {
  await withOwner((owner) =>
    owner
      .update(tenantConfirmations)
      .set({ expiresAt: sql`now() - interval '1 second'` })
      .where(eq(tenantConfirmations.tenantId, tenantId)),
  );
}

async function statusOf(id: string): Promise<string | undefined> {
  return (await db.select({ status: tenants.status }).from(tenants).where(eq(tenants.id, id)))[0]?.status;
}

describe('POST /api/v1/tenants', () => {
  test('makes a workspace, its admin without a password, and a mail with the way in', async () => {
    const body = data({ slug: `  API-${unique()} `, admin_email: ` Grace-${unique()}@Example.com` });
    const answer = await post(body);
    expect(answer.status).toBe(201);
    const tenant = wireTenant.strict().parse(answer.body);
    expect(tenant).toMatchObject({
      slug: body.slug.trim().toLowerCase(),
      name: body.name,
      status: 'active',
      plan: 'starter',
    });
    const email = body.admin_email.trim().toLowerCase();
    const person = await personOf(email);
    expect(person).toMatchObject({ emailVerifiedAt: null, isOperator: false });
    const members = await db.select().from(memberships).where(eq(memberships.tenantId, tenant.id));
    expect(members).toMatchObject([{ userId: person?.id, role: 'admin' }]);
    expect(
      await db
        .select()
        .from(credentials)
        .where(eq(credentials.userId, person?.id ?? '')),
    ).toEqual([]);
    const [schema] = await pool('owner').sql`
      select count(*)::int as n from pg_namespace where nspname = ${`t_${tenant.id.replaceAll('-', '')}`}`;
    expect(schema?.n).toBe(1);
  });

  test('mails a link that next-auth takes: once, for a day, to the new workspace', async () => {
    const body = data();
    const tenant = wireTenant.parse((await post(body)).body);
    const link = await linkTo(body.admin_email);
    expect(link.host).toBe('cloud.ragtoolkit.localhost:3000');
    expect(link.searchParams.get('email')).toBe(body.admin_email);
    expect(link.searchParams.get('callbackUrl')).toBe(`http://${tenant.slug}.ragtoolkit.localhost:3000/`);
    // As next-auth hashes what comes with the link.
    const token = createHash('sha256')
      .update(`${link.searchParams.get('token')}${env().authSecret}`)
      .digest('hex');
    const adapter = verificationTokenAdapter();
    const used = await adapter.useVerificationToken?.({ identifier: body.admin_email, token });
    const left = Number(used?.expires) - Date.now();
    expect(left).toBeGreaterThan(23 * 3_600_000);
    expect(left).toBeLessThanOrEqual(24 * 3_600_000);
    expect(await adapter.useVerificationToken?.({ identifier: body.admin_email, token })).toBeNull();
  });

  test('says that a slug is taken, by whomever', async () => {
    const body = data();
    await post(body);
    const other = await makeTenant();
    for (const slug of [body.slug, other.slug]) {
      const again = data({ slug });
      expect(readError(await post(again))).toMatchObject({
        status: 409,
        code: 'conflict',
        issues: [{ path: 'slug' }],
      });
      expect(await personOf(again.admin_email)).toBeUndefined();
    }
  });

  test('gives one of several who want the same slug, or make the same person, what they want', async () => {
    const slug = `api-${unique()}`;
    const answers = await Promise.all([1, 2, 3].map(() => post(data({ slug }))));
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409]);
    const admin_email = `grace-${unique()}@example.com`;
    const others = await Promise.all([1, 2, 3].map(() => post(data({ admin_email }))));
    expect(others.map((answer) => answer.status)).toEqual([201, 201, 201]);
    const person = await personOf(admin_email);
    expect(await listWorkspaces(person?.id ?? '')).toHaveLength(1);
  });

  test('says field by field what is wrong', async () => {
    for (const [given, paths] of [
      [{}, ['admin_email', 'name', 'slug']],
      [data({ slug: 'www' }), ['slug']],
      [data({ slug: 'a' }), ['slug']],
      [data({ name: ' ' }), ['name']],
      [data({ name: 'x'.repeat(81) }), ['name']],
      [data({ admin_email: 'nobody' }), ['admin_email']],
      [data({ admin_email: `a@b.example\nbcc: c@d.example` }), ['admin_email']],
      [data({ admin_email: 7, slug: null }), ['admin_email', 'slug']],
    ] as const) {
      const error = readError(await post(given));
      expect([error.status, error.code]).toEqual([422, 'invalid_input']);
      expect([...new Set(error.issues.map((issue) => issue.path))].sort()).toEqual(paths);
    }
  });
});

describe('POST /api/v1/tenants for somebody who has an account', () => {
  async function known() {
    const home = await makeTenant();
    return { home, ...(await makePerson(home, 'analyst')) };
  }

  test('answers and looks from outside as for somebody who has none', async () => {
    const person = await known();
    const [strange, familiar] = [data(), data({ admin_email: person.email.toUpperCase() })];
    const answers = [await post(strange), await post(familiar)];
    const shapes = answers.map(({ status, body, headers }) => ({
      status,
      fields: Object.entries(body as object).map(([name, value]) => [
        name,
        ['id', 'slug', 'name', 'created_at'].includes(name) ? typeof value : value,
      ]),
      headers: [...headers.keys()].sort(),
    }));
    expect(shapes[0]).toEqual(shapes[1]);
    for (const { slug } of [strange, familiar])
      expect(readError(await post(data({ slug })))).toMatchObject({ status: 409 });
  });

  test('adds nothing to the account before the person has said that it is theirs', async () => {
    const person = await known();
    const tenant = wireTenant.parse((await post(data({ admin_email: person.email }))).body);
    expect(await listWorkspaces(person.userId)).toHaveLength(1);
    const link = await linkTo(person.email);
    expect(link.searchParams.get('callbackUrl')).toBe(
      `http://cloud.ragtoolkit.localhost:3000/confirm/${tenant.id}`,
    );
    expect(await findUnconfirmedTenant(person.userId, tenant.id)).toMatchObject({ slug: tenant.slug });

    const session = await readSession(person.token);
    if (!session) throw new Error('no session');
    expect(await confirmWorkspace(session, { tenantId: tenant.id }, 'req')).toEqual({
      url: `http://${tenant.slug}.ragtoolkit.localhost:3000/`,
    });
    expect(await listWorkspaces(person.userId)).toContainEqual(
      expect.objectContaining({ tenantId: tenant.id, role: 'admin' }),
    );
    await expect(confirmWorkspace(session, { tenantId: tenant.id }, 'req')).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('lets nobody else confirm it', async () => {
    const [person, other] = await Promise.all([known(), known()]);
    const tenant = wireTenant.parse((await post(data({ admin_email: person.email }))).body);
    const session = await readSession(other.token);
    if (!session) throw new Error('no session');
    await expect(confirmWorkspace(session, { tenantId: tenant.id }, 'req')).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await findUnconfirmedTenant(other.userId, tenant.id)).toBeNull();
    expect(await findUnconfirmedTenant(person.userId, "' or true")).toBeNull();
    expect(isUuid(tenant.id)).toBe(true);
  });
});

describe('a workspace that nobody has confirmed', () => {
  test('is due for erasure after a week, and not before', async () => {
    const body = data();
    const tenant = wireTenant.parse((await post(body)).body);
    await expireUnconfirmedTenants();
    expect(await statusOf(tenant.id)).toBe('active');
    await expire(tenant.id);
    await Promise.all([expireUnconfirmedTenants(), expireUnconfirmedTenants()]);
    expect(await statusOf(tenant.id)).toBe('deleting');
    const person = await makePerson(await makeTenant(), 'viewer');
    const other = wireTenant.parse((await post(data({ admin_email: person.email }))).body);
    await expire(other.id);
    const session = await readSession(person.token);
    if (!session) throw new Error('no session');
    await expect(confirmWorkspace(session, { tenantId: other.id }, 'req')).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('stays when its admin has followed the link', async () => {
    const body = data();
    const tenant = wireTenant.parse((await post(body)).body);
    const person = await personOf(body.admin_email);
    await verificationTokenAdapter().updateUser?.({ id: person?.id ?? '' } as never);
    await expire(tenant.id);
    await expireUnconfirmedTenants();
    expect(await statusOf(tenant.id)).toBe('active');
    expect(
      await db.select().from(tenantConfirmations).where(eq(tenantConfirmations.tenantId, tenant.id)),
    ).toEqual([]);
  });
});
