import { and, eq } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { auditLog } from '@/db/schema/audit';
import { createApiKey, revokeApiKey } from '@/lib/api-keys/mutations';
import { listApiKeys } from '@/lib/api-keys/queries';
import { apiKeyRow, createdApiKey } from '@/lib/api-keys/schema';
import {
  announceApiKeyChange,
  mintApiKey,
  type ParsedApiKey,
  parseApiKey,
  verifyApiKey,
} from '@/lib/auth/api-key';
import { authenticate } from '@/lib/auth/credentials';
import { newId } from '@/lib/ids';
import { startListening } from '@/lib/tenancy/live-cache';
import { HEARD_WITHIN_MS, hearChanges } from '@/tests/support/changes';
import { makeKey, makePerson, makeTenant, type TestTenant } from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';
import { countQueries } from '@/tests/support/queries';

let tenant: TestTenant;
let other: TestTenant;
const { db } = pool('platform');

beforeAll(async () => {
  startListening();
  [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
  await hearChanges();
});

function parsed(key: string): ParsedApiKey {
  const result = parseApiKey(key);
  if (!result) throw new Error('a key that does not parse');
  return result;
}

async function change(keyId: string, fields: Partial<typeof apiKeys.$inferInsert>): Promise<void> {
  await db.transaction(async (tx) => {
    await tx
      .update(apiKeys)
      .set(fields)
      .where(and(eq(apiKeys.tenantId, tenant.id), eq(apiKeys.id, keyId)));
    await announceApiKeyChange(tx, { tenantId: tenant.id, keyId });
  });
}

describe('verifyApiKey', () => {
  test('knows a live key, and asks the database once for it', async () => {
    const { key, keyId } = await makeKey(tenant);
    await hearChanges();
    const live = {
      keyId,
      tenantId: tenant.id,
      scopes: ['traces:write', 'traces:read'],
      creatorRole: 'admin',
      kind: 'secret',
      ratePerSecond: null,
    };
    expect(await verifyApiKey(parsed(key))).toEqual(live);
    const { queries, result } = await countQueries(() => verifyApiKey(parsed(key)));
    expect([queries, result]).toEqual([0, live]);
  });

  test('knows no key that was never stored, and asks the database once for it', async () => {
    const { key } = mintApiKey(tenant.id);
    expect(await verifyApiKey(parsed(key))).toBeNull();
    expect((await countQueries(() => verifyApiKey(parsed(key)))).queries).toBe(0);
  });

  test('knows no key with the id of a live one and another secret', async () => {
    const { key } = await makeKey(tenant);
    expect(await verifyApiKey({ ...parsed(key), secret: Buffer.alloc(16) })).toBeNull();
  });

  test('knows no key with the id and secret of another tenant’s', async () => {
    const { key } = await makeKey(other);
    expect(await verifyApiKey({ ...parsed(key), tenantId: tenant.id })).toBeNull();
  });

  test('refuses a key from when it is revoked', async () => {
    const { key, keyId } = await makeKey(tenant);
    expect(await verifyApiKey(parsed(key))).not.toBeNull();
    await revokeApiKey(tenant.admin.ctx, { id: keyId });
    await poll(async () => (await verifyApiKey(parsed(key))) === null, HEARD_WITHIN_MS, 'the revocation');
  });

  test('refuses a key from when it expires, though nobody announces that', async () => {
    const { key, keyId } = await makeKey(tenant);
    await change(keyId, { expiresAt: new Date(Date.now() + 300) });
    await poll(async () => (await verifyApiKey(parsed(key))) === null, HEARD_WITHIN_MS, 'the expiry');
    await change(keyId, { expiresAt: new Date(Date.now() + 60_000) });
    await poll(async () => (await verifyApiKey(parsed(key))) !== null, HEARD_WITHIN_MS, 'the longer life');
  });

  test('holds a key to the scopes that are stored now', async () => {
    const { key, keyId } = await makeKey(tenant);
    await change(keyId, { scopes: ['traces:read'] });
    await poll(
      async () => (await verifyApiKey(parsed(key)))?.scopes.length === 1,
      HEARD_WITHIN_MS,
      'the change',
    );
  });
});

describe('authenticate', () => {
  const ask = (given: { host?: string; authorization?: string; apiKey?: string }) =>
    authenticate(
      {
        method: 'POST',
        origin: null,
        cookie: null,
        authorization: null,
        apiKey: null,
        host: tenant.host,
        ...given,
      },
      'req_1',
    );

  test('finds the tenant by the key, on any host that is not another tenant’s', async () => {
    for (const host of [tenant.host, 'ragtoolkit.localhost:3000', '10.0.0.1', 'lb.internal:8080', ''])
      expect(await ask({ host, authorization: `Bearer ${tenant.firstKey.key}` })).toEqual({
        tenant: {
          ...{ id: tenant.id, slug: tenant.slug, name: tenant.name, status: 'active' },
          readOnlySince: null,
        },
        actor: {
          kind: 'api-key',
          keyId: tenant.firstKey.keyId,
          scopes: ['traces:write', 'traces:read'],
          creatorRole: 'admin',
        },
        requestId: 'req_1',
      });
  });

  test('takes the key in either header, whatever the case of the scheme', async () => {
    const { key } = tenant.firstKey;
    for (const given of [
      { authorization: `bearer  ${key} ` },
      { authorization: `BEARER ${key}` },
      { apiKey: key },
    ])
      expect(await ask(given)).toMatchObject({ actor: { kind: 'api-key' } });
  });

  test('takes the key as the password of Basic, whoever the user is, and as a user without a password', async () => {
    const { key, keyId } = tenant.firstKey;
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    for (const text of [`anything:${key}`, `:${key}`, `${key}:`])
      expect(await ask({ authorization: basic(text) })).toMatchObject({ actor: { keyId } });
    for (const text of [key, `${key}:x`, `a:${key}:b`, `a:${key}x`, 'a:b', ':', ''])
      await expect(ask({ authorization: basic(text) }), text).rejects.toMatchObject({ status: 401 });
    for (const authorization of ['Basic', 'Basic ***', `Digest ${key}`, `Basic ${key}`])
      await expect(ask({ authorization }), authorization).rejects.toMatchObject({ status: 401 });
  });

  test('takes the key in Authorization where both are sent', async () => {
    expect(
      await ask({ host: '', authorization: `Bearer ${tenant.firstKey.key}`, apiKey: other.firstKey.key }),
    ).toMatchObject({ tenant: { id: tenant.id } });
  });

  test('says 404 for a key on another tenant’s host, and for a host without a tenant', async () => {
    for (const host of [other.host, 'nobody-at-all.ragtoolkit.localhost:3000', `a.${tenant.host}`])
      await expect(ask({ host, authorization: `Bearer ${tenant.firstKey.key}` })).rejects.toMatchObject({
        status: 404,
      });
  });

  test('asks the database nothing for a malformed or forged key', async () => {
    const { key } = tenant.firstKey;
    const forged = key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A');
    for (const given of [
      { authorization: `Bearer ${forged}` },
      { authorization: 'Bearer x' },
      { authorization: `Bearer ${key}x` },
      { apiKey: forged },
      { apiKey: '' },
    ]) {
      const { queries, result } = await countQueries(() => ask(given).catch((error: unknown) => error));
      expect(result).toMatchObject({ code: 'unauthenticated', status: 401 });
      expect(queries).toBe(0);
    }
  });
});

describe('createApiKey', () => {
  test('makes a key that is shown once and stored as a hash', async () => {
    const made = createdApiKey.strict().parse(await createApiKey(tenant.admin.ctx, { name: 'CI' }));
    const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, made.id));
    expect(row).toMatchObject({
      tenantId: tenant.id,
      name: 'CI',
      createdBy: tenant.admin.userId,
      revokedAt: null,
    });
    expect(row?.secretHash).toHaveLength(32);
    const [audit] = await db.select().from(auditLog).where(eq(auditLog.targetId, made.id));
    expect(audit).toMatchObject({
      action: 'api_key.create',
      tenantId: tenant.id,
      actorId: tenant.admin.userId,
    });
    expect(
      JSON.stringify(audit, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    ).not.toContain('rtk_');
  });

  test('is not for viewers', async () => {
    for (const role of ['viewer'] as const) {
      const { ctx } = await makePerson(tenant, role);
      await expect(createApiKey(ctx, { name: 'x' })).rejects.toMatchObject({ code: 'forbidden' });
    }
    await expect(createApiKey(tenant.firstKey.ctx, { name: 'x' })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('revokeApiKey', () => {
  const rowOf = async (id: string) => (await db.select().from(apiKeys).where(eq(apiKeys.id, id)))[0];
  const auditOf = (id: string) =>
    db
      .select()
      .from(auditLog)
      .where(and(eq(auditLog.targetId, id), eq(auditLog.action, 'api_key.revoke')));

  test('revokes once, and writes it down once', async () => {
    const { keyId } = await makeKey(tenant);
    await revokeApiKey(tenant.admin.ctx, { id: keyId });
    const { revokedAt } = (await rowOf(keyId)) ?? {};
    expect(revokedAt).toBeInstanceOf(Date);
    await revokeApiKey(tenant.admin.ctx, { id: keyId });
    expect((await rowOf(keyId))?.revokedAt).toEqual(revokedAt);
    expect(await auditOf(keyId)).toHaveLength(1);
  });

  test('does not find another tenant’s key, and leaves it alone', async () => {
    const { keyId } = await makeKey(other);
    await expect(revokeApiKey(tenant.admin.ctx, { id: keyId })).rejects.toMatchObject({ code: 'not_found' });
    await expect(revokeApiKey(tenant.admin.ctx, { id: newId() })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect((await rowOf(keyId))?.revokedAt).toBeNull();
    expect(await auditOf(keyId)).toHaveLength(0);
  });

  test('is not for viewers', async () => {
    const { keyId } = await makeKey(tenant);
    for (const ctx of [(await makePerson(tenant, 'viewer')).ctx, tenant.firstKey.ctx])
      await expect(revokeApiKey(ctx, { id: keyId })).rejects.toMatchObject({ code: 'forbidden' });
    expect((await rowOf(keyId))?.revokedAt).toBeNull();
  });
});

describe('listApiKeys', () => {
  test('lists the tenant’s own keys, newest first, without their secrets', async () => {
    const fresh = await makeTenant();
    const second = await makeKey(fresh);
    await revokeApiKey(fresh.admin.ctx, { id: second.keyId });
    const rows = apiKeyRow
      .strict()
      .array()
      .parse(await listApiKeys(fresh.admin.ctx));
    expect(rows.map((row) => row.id)).toEqual([second.keyId, fresh.firstKey.keyId]);
    expect(rows.map((row) => row.revokedAt !== null)).toEqual([true, false]);
    expect(rows.map((row) => row.createdBy)).toEqual(['Ada Test', 'Ada Test'].map(() => expect.any(String)));
  });

  test('is not for viewers', async () => {
    const { ctx } = await makePerson(tenant, 'viewer');
    await expect(listApiKeys(ctx)).rejects.toMatchObject({ code: 'forbidden' });
  });
});
