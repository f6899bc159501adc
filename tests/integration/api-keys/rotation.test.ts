import { eq, sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { pool } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { auditLog } from '@/db/schema/audit';
import { memberships } from '@/db/schema/tenancy';
import { renameApiKey, revokeApiKey, rotateApiKey } from '@/lib/api-keys/mutations';
import { listApiKeys } from '@/lib/api-keys/queries';
import { type Overlap, overlaps } from '@/lib/api-keys/schema';
import { announceApiKeyChange, parseApiKey, verifyApiKey } from '@/lib/auth/api-key';
import { startListening } from '@/lib/tenancy/live-cache';
import { HEARD_WITHIN_MS, hearChanges } from '@/tests/support/changes';
import { makeKey, makePerson, makeTenant, type TestTenant } from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';

let tenant: TestTenant;
const { db } = pool('platform');
const rowOf = async (id: string) => (await db.select().from(apiKeys).where(eq(apiKeys.id, id)))[0];

beforeAll(async () => {
  startListening();
  tenant = await makeTenant();
  await hearChanges();
});

async function works(key: string): Promise<boolean> {
  const parsed = parseApiKey(key);
  return parsed !== null && (await verifyApiKey(parsed)) !== null;
}

describe('rotateApiKey', () => {
  test.each(Object.keys(overlaps) as Overlap[])(
    'lets the old key work for %s, and no longer',
    async (overlap) => {
      const old = await makeKey(tenant, { scopes: ['usage:read', 'traces:write'], service: true });
      const made = await rotateApiKey(tenant.admin.ctx, { id: old.keyId, overlap });
      const row = await rowOf(old.keyId);
      expect(row).toMatchObject({ replacedBy: made.id, revokedAt: null });
      const end = row?.expiresAt?.getTime() ?? 0;
      expect(Math.abs(end - Date.now() - overlaps[overlap] * 1000)).toBeLessThan(10_000);
      expect(await rowOf(made.id)).toMatchObject({
        name: 'Test key',
        kind: 'secret',
        scopes: ['traces:write', 'usage:read'],
        isService: true,
        createdBy: tenant.admin.userId,
        expiresAt: null,
        replacedBy: null,
      });
      await hearChanges();
      expect(await works(made.key)).toBe(true);
      expect(await works(old.key)).toBe(overlap !== 'now');

      // At the very second, with the row in memory.
      if (overlap === 'now') return;
      const clock = vi.spyOn(Date, 'now');
      clock.mockReturnValue(end - 1);
      expect(await works(old.key)).toBe(true);
      clock.mockReturnValue(end);
      expect(await works(old.key)).toBe(false);
      expect(await works(made.key)).toBe(true);
      clock.mockRestore();
    },
  );

  test('keeps creator, kind and lifetime of another person’s key', async () => {
    const analyst = await makePerson(tenant, 'analyst');
    const old = await makeKey(tenant, { kind: 'publish', expires: '90d' }, analyst);
    await db
      .update(apiKeys)
      .set({
        createdAt: sql`created_at - interval '80 days'`,
        expiresAt: sql`expires_at - interval '80 days'`,
      })
      .where(eq(apiKeys.id, old.keyId));
    const made = await rotateApiKey(tenant.admin.ctx, { id: old.keyId, overlap: '7d' });
    const row = await rowOf(made.id);
    expect(row).toMatchObject({ kind: 'publish', createdBy: analyst.userId, isService: false });
    const days = ((row?.expiresAt?.getTime() ?? 0) - Date.now()) / 86_400_000;
    expect(days).toBeCloseTo(90, 1);
    expect(made.key).toMatch(/^rtk_pub_/);
    // The old one does not live longer than it would have anyway.
    const soon = await makeKey(tenant);
    await db
      .update(apiKeys)
      .set({ expiresAt: sql`now() + interval '1 minute'` })
      .where(eq(apiKeys.id, soon.keyId));
    const before = (await rowOf(soon.keyId))?.expiresAt;
    await rotateApiKey(tenant.admin.ctx, { id: soon.keyId, overlap: '24h' });
    expect((await rowOf(soon.keyId))?.expiresAt).toEqual(before);
  });

  test('makes one key of two clicks at once', async () => {
    const old = await makeKey(tenant);
    const outcomes = await Promise.allSettled(
      [1, 2, 3].map(() => rotateApiKey(tenant.admin.ctx, { id: old.keyId, overlap: '1h' })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'conflict' });
    expect(
      (await listApiKeys(tenant.admin.ctx)).filter(({ replaces }) => replaces === old.keyId),
    ).toHaveLength(1);
  });

  test('refuses a key that no longer works', async () => {
    const person = await makePerson(tenant, 'analyst');
    const [revoked, expired, orphaned] = [
      await makeKey(tenant),
      await makeKey(tenant),
      await makeKey(tenant, {}, person),
    ];
    await revokeApiKey(tenant.admin.ctx, { id: revoked.keyId });
    await db.update(apiKeys).set({ expiresAt: sql`now()` }).where(eq(apiKeys.id, expired.keyId));
    await db.delete(memberships).where(eq(memberships.userId, person.userId));
    for (const { keyId } of [revoked, expired, orphaned])
      await expect(rotateApiKey(tenant.admin.ctx, { id: keyId, overlap: '1h' })).rejects.toMatchObject({
        code: 'conflict',
      });
  });

  test('is written down on both keys, without a secret', async () => {
    const old = await makeKey(tenant);
    const made = await rotateApiKey(tenant.admin.ctx, { id: old.keyId, overlap: '1h' });
    const actionsOf = async (id: string) =>
      db
        .select({ action: auditLog.action, before: auditLog.before, after: auditLog.after })
        .from(auditLog)
        .where(eq(auditLog.targetId, id))
        .orderBy(auditLog.id);
    expect(await actionsOf(old.keyId)).toMatchObject([
      { action: 'api_key.create' },
      { action: 'api_key.rotate', before: { expiresAt: null }, after: { replacedBy: made.id } },
    ]);
    expect(await actionsOf(made.id)).toMatchObject([
      { action: 'api_key.create', after: { name: 'Test key', replaces: old.keyId, kind: 'secret' } },
    ]);
    const all = JSON.stringify([await actionsOf(old.keyId), await actionsOf(made.id)]);
    expect(all).not.toMatch(/rtk_|secret_?hash/i);
  });

  test('leaves the new key alone when the old one is revoked during the overlap', async () => {
    const old = await makeKey(tenant);
    const made = await rotateApiKey(tenant.admin.ctx, { id: old.keyId, overlap: '7d' });
    await hearChanges();
    expect([await works(old.key), await works(made.key)]).toEqual([true, true]);
    await revokeApiKey(tenant.admin.ctx, { id: old.keyId });
    await poll(async () => !(await works(old.key)), HEARD_WITHIN_MS, 'the revocation');
    expect(await works(made.key)).toBe(true);
  });
});

describe('an expiry', () => {
  test('acts at its very second, with the row in memory', async () => {
    const { key, keyId } = await makeKey(tenant, { expires: '30d' });
    await db.transaction((tx) => announceApiKeyChange(tx, { tenantId: tenant.id, keyId }));
    await hearChanges();
    expect(await works(key)).toBe(true);
    const end = (await rowOf(keyId))?.expiresAt?.getTime() ?? 0;
    const clock = vi.spyOn(Date, 'now');
    clock.mockReturnValue(end - 1);
    expect(await works(key)).toBe(true);
    clock.mockReturnValue(end);
    expect(await works(key)).toBe(false);
    clock.mockRestore();
  });
});

describe('renameApiKey', () => {
  test('renames, and writes down both names once', async () => {
    const { keyId } = await makeKey(tenant);
    expect(await renameApiKey(tenant.admin.ctx, { id: keyId, name: '  CI \u0000 ' })).toEqual({
      id: keyId,
      name: 'CI \uFFFD',
    });
    await renameApiKey(tenant.admin.ctx, { id: keyId, name: 'CI \uFFFD' });
    const rows = await db
      .select({ before: auditLog.before, after: auditLog.after })
      .from(auditLog)
      .where(sql`${auditLog.targetId} = ${keyId} and ${auditLog.action} = 'api_key.rename'`);
    expect(rows).toEqual([{ before: { name: 'Test key' }, after: { name: 'CI \uFFFD' } }]);
  });
});
