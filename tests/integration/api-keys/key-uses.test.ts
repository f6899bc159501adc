import { eq, sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { pool } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { listApiKeys } from '@/lib/api-keys/queries';
import { authenticate } from '@/lib/auth/credentials';
import { flushKeyUses, noteKeyUse } from '@/lib/auth/key-uses';
import { runRequest } from '@/lib/log';
import { makeKey, makeTenant, type TestTenant } from '@/tests/support/factories';
import { countQueries } from '@/tests/support/queries';

let tenant: TestTenant;
const { db } = pool('platform');

beforeAll(async () => {
  tenant = await makeTenant();
});

async function lastUseOf(keyId: string) {
  const [row] = await db
    .select({ at: apiKeys.lastUsedAt, ip: apiKeys.lastUsedIp })
    .from(apiKeys)
    .where(eq(apiKeys.id, keyId));
  return { at: row?.at?.getTime() ?? null, ip: row?.ip ?? null };
}

/** A use at that time from that address, written. */
async function useAt(keyId: string, at: number, ip: string | null): Promise<void> {
  const clock = vi.spyOn(Date, 'now').mockReturnValue(at);
  noteKeyUse({ tenantId: tenant.id, keyId }, ip);
  clock.mockRestore();
  await flushKeyUses();
}

describe('the last use of a key', () => {
  test('is noted by a request that the key opens, with the address it came from', async () => {
    const { key, keyId } = await makeKey(tenant);
    expect(await lastUseOf(keyId)).toEqual({ at: null, ip: null });
    const line = { requestId: 'req_1', method: 'GET', host: '', path: '' };
    const source = { host: '', method: 'GET', origin: null, authorization: null, apiKey: key, cookie: null };
    await runRequest(line, () => authenticate(source, 'req_1'), { ip: '203.0.113.9', userAgent: null });
    await flushKeyUses();
    const { at, ip } = await lastUseOf(keyId);
    expect(ip).toBe('203.0.113.9');
    expect(Math.abs((at ?? 0) - Date.now())).toBeLessThan(10_000);
    const row = (await listApiKeys(tenant.admin.ctx)).find(({ id }) => id === keyId);
    expect(row).toMatchObject({ lastUsedIp: ip, lastUsedAt: new Date(at ?? 0).toISOString() });
  });

  test('is not noted by a request that is refused', async () => {
    const { key, keyId } = await makeKey(tenant);
    const other = await makeTenant();
    const source = {
      host: other.host,
      method: 'GET',
      origin: null,
      authorization: null,
      apiKey: key,
      cookie: null,
    };
    await expect(authenticate(source, 'req_1')).rejects.toMatchObject({ status: 404 });
    await flushKeyUses();
    expect((await lastUseOf(keyId)).at).toBeNull();
  });

  test('is written at most once a minute', async () => {
    const { keyId } = await makeKey(tenant);
    const start = Date.now();
    await useAt(keyId, start, '10.0.0.1');
    const { queries } = await countQueries(() => useAt(keyId, start + 59_999, '10.0.0.2'));
    expect(queries).toBe(0);
    expect(await lastUseOf(keyId)).toEqual({ at: start, ip: '10.0.0.1' });
    await useAt(keyId, start + 60_000, '10.0.0.3');
    expect(await lastUseOf(keyId)).toEqual({ at: start + 60_000, ip: '10.0.0.3' });
  });

  test('is not written again within the minute by a process that has not noted it', async () => {
    const { keyId } = await makeKey(tenant);
    const start = Date.now();
    const elsewhere = new Date(start - 1000);
    await db
      .update(apiKeys)
      .set({ lastUsedAt: elsewhere, lastUsedIp: '10.0.0.9' })
      .where(eq(apiKeys.id, keyId));
    await useAt(keyId, start, '10.0.0.1');
    expect(await lastUseOf(keyId)).toEqual({ at: elsewhere.getTime(), ip: '10.0.0.9' });
  });

  test('is written for many keys at once by few statements', async () => {
    const keys = await Promise.all([1, 2, 3, 4, 5].map(() => makeKey(tenant)));
    const { queries } = await countQueries(async () => {
      for (const { keyId } of keys) noteKeyUse({ tenantId: tenant.id, keyId }, null);
      await flushKeyUses();
    });
    expect(queries).toBeLessThanOrEqual(2);
    for (const { keyId } of keys) expect((await lastUseOf(keyId)).at).not.toBeNull();
  });

  test('makes nobody wait: a row that somebody is changing is left out', async () => {
    const { keyId } = await makeKey(tenant);
    await pool('owner').db.transaction(async (tx) => {
      await tx.execute(sql`select 1 from api_keys where id = ${keyId} for update`);
      await useAt(keyId, Date.now(), '10.0.0.1'); // would never come back
    });
    expect((await lastUseOf(keyId)).at).toBeNull();
  });
});
