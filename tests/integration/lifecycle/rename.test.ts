import { eq, sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { reservedSlugs } from '@/db/schema/lifecycle';
import { tenants } from '@/db/schema/tenancy';
import { withOwner } from '@/db/tenant';
import { authenticate } from '@/lib/auth/credentials';
import { decide } from '@/lib/gateway/decide';
import { hostOf } from '@/lib/gateway/hosts';
import { tenantSchemaName, toTenantId } from '@/lib/ids';
import { findTenantByFormerSlug, findTenantById, findTenantBySlug } from '@/lib/tenancy/directory';
import { startListening } from '@/lib/tenancy/live-cache';
import { changeSlug, renameTenant } from '@/lib/tenants/mutations';
import { checkOwnSlug, checkSlugAvailability, getWorkspace } from '@/lib/tenants/queries';
import { MAX_FORMER_SLUGS } from '@/lib/tenants/rules';
import { signUp } from '@/lib/workflows/sign-up/mutations';
import { HEARD_WITHIN_MS, hearChanges } from '@/tests/support/changes';
import { makePerson, makeTenant, signUpData, type TestTenant, unique } from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';
import { countQueries } from '@/tests/support/queries';

beforeAll(async () => {
  startListening();
  await hearChanges();
});

const newSlug = () => `moved-${unique()}`;
const taken = { code: 'conflict', issues: [{ path: 'slug' }] };

async function readTenant(id: string) {
  const [row] = await pool('platform').db.select().from(tenants).where(eq(tenants.id, id));
  return row;
}

async function auditOf(tenant: TestTenant, action: string) {
  return pool('platform').db.execute(
    sql`select before, after, actor_email from audit_log where tenant_id = ${tenant.id} and action = ${action}`,
  );
}

/** Lets a reservation run out. */
async function expire(slug: string): Promise<void> {
  await withOwner((db) =>
    db
      .update(reservedSlugs)
      .set({ until: sql`now() - interval '1 second'` })
      .where(eq(reservedSlugs.slug, slug)),
  );
}

describe('renameTenant', () => {
  test('gives another name, tells everybody, and writes down who did it', async () => {
    const tenant = await makeTenant();
    await findTenantBySlug(tenant.slug);
    expect(await renameTenant(tenant.admin.ctx, { name: 'Another name' })).toEqual({ name: 'Another name' });
    await poll(
      async () => (await findTenantBySlug(tenant.slug))?.name === 'Another name',
      HEARD_WITHIN_MS,
      'the new name',
    );
    expect(await auditOf(tenant, 'tenant.rename')).toEqual([
      {
        before: { name: tenant.name },
        after: { name: 'Another name' },
        actor_email: tenant.admin.email,
      },
    ]);
  });

  test('is for admins', async () => {
    const tenant = await makeTenant();
    for (const role of ['analyst', 'viewer'] as const) {
      const { ctx } = await makePerson(tenant, role);
      await expect(renameTenant(ctx, { name: 'x' })).rejects.toMatchObject({ code: 'forbidden' });
      await expect(changeSlug(ctx, { slug: newSlug() })).rejects.toMatchObject({ code: 'forbidden' });
    }
    await expect(renameTenant(tenant.firstKey.ctx, { name: 'x' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect((await readTenant(tenant.id))?.name).toBe(tenant.name);
  });
});

describe('changeSlug', () => {
  test('moves the workspace, keeps its schema and keys, and writes its new address beside the schema', async () => {
    const tenant = await makeTenant();
    const slug = newSlug();
    expect(await changeSlug(tenant.admin.ctx, { slug })).toEqual({
      slug,
      url: `http://${slug}.ragtoolkit.localhost:3000/`,
    });
    const [schema] = await pool('owner').sql`
      select obj_description(oid, 'pg_namespace') as slug from pg_namespace
      where nspname = ${tenantSchemaName(toTenantId(tenant.id))}`;
    expect(schema).toEqual({ slug });
    expect(await auditOf(tenant, 'tenant.change_slug')).toMatchObject([
      { before: { slug: tenant.slug }, after: { slug } },
    ]);
    await hearChanges();
    for (const host of [hostOf({ slug }), tenant.host, '10.0.0.1']) {
      const ctx = await authenticate(
        {
          host,
          method: 'POST',
          origin: null,
          authorization: `Bearer ${tenant.firstKey.key}`,
          apiKey: null,
          cookie: null,
        },
        'req',
      );
      expect(ctx.tenant).toMatchObject({ id: tenant.id, slug });
    }
  });

  test('sends visitors of the old address on, without asking the database once that is known', async () => {
    const tenant = await makeTenant();
    const slug = newSlug();
    await findTenantBySlug(tenant.slug);
    await findTenantByFormerSlug(slug); // nobody has left it: remembered
    await changeSlug(tenant.admin.ctx, { slug });
    await hearChanges();
    const ask = () =>
      decide({
        host: tenant.host,
        path: '/traces',
        search: '?model=x',
        method: 'GET',
        origin: null,
        hasSessionCookie: true,
      });
    const redirect = { kind: 'redirect', url: `http://${hostOf({ slug })}/traces?model=x` };
    expect(await ask()).toEqual(redirect);
    const { queries, result } = await countQueries(ask);
    expect([queries, result]).toEqual([0, redirect]);
  });

  test('follows a second move, and the way back', async () => {
    const tenant = await makeTenant();
    const [second, third] = [newSlug(), newSlug()];
    await changeSlug(tenant.admin.ctx, { slug: second });
    await hearChanges();
    expect((await findTenantByFormerSlug(tenant.slug))?.slug).toBe(second);
    await changeSlug(tenant.admin.ctx, { slug: third });
    await hearChanges();
    expect((await findTenantByFormerSlug(tenant.slug))?.slug).toBe(third);
    expect((await findTenantByFormerSlug(second))?.slug).toBe(third);

    await changeSlug(tenant.admin.ctx, { slug: tenant.slug });
    await hearChanges();
    expect((await findTenantBySlug(tenant.slug))?.id).toBe(tenant.id);
    expect(await findTenantByFormerSlug(tenant.slug)).toBeNull();
    expect((await getWorkspace(tenant.admin.ctx)).formerSlugs.map((one) => one.slug).sort()).toEqual(
      [second, third].sort(),
    );
  });

  test('refuses a slug that somebody has, or has left within the year', async () => {
    const [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
    await expect(changeSlug(tenant.admin.ctx, { slug: other.slug })).rejects.toMatchObject(taken);
    await changeSlug(other.admin.ctx, { slug: newSlug() });
    await expect(changeSlug(tenant.admin.ctx, { slug: other.slug })).rejects.toMatchObject(taken);
    await expect(signUp(signUpData({ slug: other.slug }), 'req')).rejects.toMatchObject(taken);
    expect((await readTenant(tenant.id))?.slug).toBe(tenant.slug);
    expect(await checkOwnSlug(tenant.admin.ctx, other.slug)).toMatchObject({ available: false });
    expect(await checkOwnSlug(other.admin.ctx, other.slug)).toMatchObject({ available: true });
    expect(await checkSlugAvailability(other.slug)).toMatchObject({ available: false });
  });

  test('lets somebody have it after the year', async () => {
    const [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
    await changeSlug(other.admin.ctx, { slug: newSlug() });
    await expire(other.slug);
    expect(await checkSlugAvailability(other.slug)).toMatchObject({ available: true });
    await changeSlug(tenant.admin.ctx, { slug: other.slug });
    expect((await readTenant(tenant.id))?.slug).toBe(other.slug);
    await hearChanges();
    expect((await findTenantBySlug(other.slug))?.id).toBe(tenant.id);
    expect(await findTenantByFormerSlug(other.slug)).toBeNull();
  });

  test('gives a slug that is just being left to nobody else', async () => {
    const tenant = await makeTenant();
    const [moved, signed] = await Promise.allSettled([
      changeSlug(tenant.admin.ctx, { slug: newSlug() }),
      signUp(signUpData({ slug: tenant.slug }), 'req'),
    ]);
    expect(moved.status).toBe('fulfilled');
    expect(signed).toMatchObject({ status: 'rejected', reason: taken });
  });

  test('lets nobody collect names', async () => {
    const tenant = await makeTenant();
    const slugs = Array.from({ length: MAX_FORMER_SLUGS }, newSlug);
    for (const slug of slugs) await changeSlug(tenant.admin.ctx, { slug });
    await expect(changeSlug(tenant.admin.ctx, { slug: newSlug() })).rejects.toMatchObject({
      code: 'limit_exceeded',
    });
    // Going back to one of its own frees that one.
    await changeSlug(tenant.admin.ctx, { slug: slugs[0] ?? '' });
    expect((await findTenantById(tenant.id))?.id).toBe(tenant.id);
  });
});
