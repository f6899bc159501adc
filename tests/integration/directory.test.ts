import { eq } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { announceTenantChange, findTenantById, findTenantBySlug } from '@/lib/tenancy/directory';
import { startListening } from '@/lib/tenancy/live-cache';
import { HEARD_WITHIN_MS, hearChanges } from '@/tests/support/changes';
import { makeTenant, unique } from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';
import { countQueries } from '@/tests/support/queries';

beforeAll(async () => {
  startListening();
  await hearChanges();
});

describe('the tenant directory', () => {
  test('asks once for what it has found', async () => {
    const { slug, id, name } = await makeTenant();
    const entry = { id, slug, name, status: 'active', readOnlySince: null };
    await hearChanges();
    await findTenantBySlug(slug);
    await findTenantById(id);
    const { queries, result } = await countQueries(async () => [
      await findTenantBySlug(slug),
      await findTenantById(id),
    ]);
    expect(result).toEqual([entry, entry]);
    expect(queries).toBe(0);
  });

  test('asks once for what is not there, and hears when it comes into being', async () => {
    const slug = `team-${unique()}`;
    expect(await findTenantBySlug(slug)).toBeNull();
    expect((await countQueries(() => findTenantBySlug(slug))).queries).toBe(0);
    const { id } = await makeTenant({ slug });
    await poll(async () => (await findTenantBySlug(slug))?.id === id, HEARD_WITHIN_MS, 'the new tenant');
  });

  test('hears when a tenant is suspended, under its name and under its id', async () => {
    const { slug, id } = await makeTenant();
    await hearChanges();
    expect([(await findTenantBySlug(slug))?.status, (await findTenantById(id))?.status]).toEqual([
      'active',
      'active',
    ]);
    await withPlatform(async (db) => {
      await db.update(tenants).set({ status: 'suspended' }).where(eq(tenants.id, id));
      await announceTenantChange(db, { id, slugs: [slug] });
    });
    await poll(async () => (await findTenantBySlug(slug))?.status === 'suspended', HEARD_WITHIN_MS);
    await poll(async () => (await findTenantById(id))?.status === 'suspended', HEARD_WITHIN_MS);
  });

  test('hears nothing of a change that was rolled back', async () => {
    const { slug, id } = await makeTenant();
    await hearChanges();
    await findTenantBySlug(slug);
    await expect(
      withPlatform(async (db) => {
        await announceTenantChange(db, { id, slugs: [slug] });
        throw new Error('in the middle');
      }),
    ).rejects.toThrow();
    await hearChanges();
    const { queries } = await countQueries(() => findTenantBySlug(slug));
    expect(queries).toBe(0);
  });

  test.each(['', 'UPPER', 'a.b', 'a b', "a'--", 'a\u0000', 'x'.repeat(64), '_'])(
    'answers %j, which is no name, without asking',
    async (slug) => {
      const { queries, result } = await countQueries(() => findTenantBySlug(slug));
      expect([queries, result]).toEqual([0, null]);
    },
  );

  test('answers what is no id without asking', async () => {
    const { queries, result } = await countQueries(() => findTenantById("x' or true"));
    expect([queries, result]).toEqual([0, null]);
  });
});
