import { and, eq } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { auditLog } from '@/db/schema/audit';
import { memberships } from '@/db/schema/tenancy';
import {
  createApiKey,
  insertApiKey,
  renameApiKey,
  revokeApiKey,
  rotateApiKey,
  setServiceKey,
} from '@/lib/api-keys/mutations';
import { listApiKeys } from '@/lib/api-keys/queries';
import { secretScopes } from '@/lib/api-keys/schema';
import { announceKeysOf } from '@/lib/auth/api-key';
import { can } from '@/lib/auth/authorize';
import { authenticate } from '@/lib/auth/credentials';
import type { Role } from '@/lib/auth/schema';
import { startListening } from '@/lib/tenancy/live-cache';
import { HEARD_WITHIN_MS, hearChanges } from '@/tests/support/changes';
import {
  makeKey,
  makePerson,
  makeTenant,
  type TestKey,
  type TestPerson,
  type TestTenant,
} from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';
import { countQueries } from '@/tests/support/queries';

let tenant: TestTenant;
let analyst: TestPerson;
const { db } = pool('platform');

beforeAll(async () => {
  startListening();
  tenant = await makeTenant();
  analyst = await makePerson(tenant, 'analyst');
  await hearChanges();
});

/** What a request with the key may do now: its actor, or null for a key that is refused. */
async function actorOf({ key }: Pick<TestKey, 'key'>) {
  const source = { host: '', method: 'GET', origin: null, authorization: null, apiKey: key, cookie: null };
  return authenticate(source, 'req_1').then(
    ({ actor }) => (actor.kind === 'api-key' ? actor : null),
    () => null,
  );
}

async function mayReadUsage(key: Pick<TestKey, 'key'>): Promise<boolean> {
  const actor = await actorOf(key);
  return actor !== null && can(actor, 'usage:read');
}

/** Changes a membership as whoever manages members does: its keys are announced in the same transaction. */
async function setRole(person: TestPerson, role: Role | null): Promise<void> {
  const own = and(eq(memberships.tenantId, tenant.id), eq(memberships.userId, person.userId));
  await db.transaction(async (tx) => {
    if (role) await tx.update(memberships).set({ role }).where(own);
    else await tx.delete(memberships).where(own);
    await announceKeysOf(tx, { tenantId: tenant.id, userId: person.userId });
  });
}

const auditOf = async (id: string) =>
  (await db.select().from(auditLog).where(eq(auditLog.targetId, id)).orderBy(auditLog.id)).map(
    ({ action, before, after }) => ({ action, before, after }),
  );

describe('createApiKey', () => {
  test('gives what its creator holds, and refuses what they do not, naming it', async () => {
    for (const scope of secretScopes) {
      const made = await createApiKey(tenant.admin.ctx, { name: 'x', scopes: [scope] });
      expect(made.scopes).toEqual([scope]);
      if (scope !== 'admin')
        expect((await createApiKey(analyst.ctx, { name: 'x', scopes: [scope] })).scopes).toEqual([scope]);
    }
    await expect(
      createApiKey(analyst.ctx, { name: 'x', scopes: ['traces:read', 'admin'] }),
    ).rejects.toMatchObject({ code: 'forbidden', issues: [{ path: 'scopes', message: /admin/ }] });
    await expect(createApiKey(analyst.ctx, { name: 'x', service: true })).rejects.toMatchObject({
      code: 'forbidden',
      issues: [{ path: 'service' }],
    });
  });

  test('asks the role that is stored now, not the one that the request came with', async () => {
    const former = await makePerson(tenant, 'admin');
    await setRole(former, 'analyst');
    await expect(createApiKey(former.ctx, { name: 'x', scopes: ['admin'] })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await setRole(former, null);
    await expect(createApiKey(former.ctx, { name: 'x' })).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('is not for keys, however much they may do', async () => {
    const { ctx } = await makeKey(tenant, { scopes: ['admin'], service: true });
    await expect(createApiKey(ctx, { name: 'x' })).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('makes publish keys that send feedback and nothing else, whatever is asked', async () => {
    const { key, scopes, kind } = await createApiKey(analyst.ctx, { name: 'x', kind: 'publish' });
    expect([scopes, kind]).toEqual([['feedback:write'], 'publish']);
    expect(key).toMatch(/^rtk_pub_[\w-]{76}$/);
    const actor = await actorOf({ key });
    expect(actor).toMatchObject({ scopes: ['feedback:write'], creatorRole: 'analyst' });
    await expect(
      createApiKey(analyst.ctx, { name: 'x', kind: 'publish', scopes: ['traces:read'] }),
    ).rejects.toThrow();
  });

  test('makes keys that end', async () => {
    const day = 86_400_000;
    const endOf = async (expires: string) => {
      const { id } = await createApiKey(tenant.admin.ctx, { name: 'x', expires });
      const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, id));
      return row?.expiresAt ?? null;
    };
    expect(await endOf('never')).toBeNull();
    for (const [name, days] of [
      ['30d', 30],
      ['90d', 90],
      ['365d', 365],
    ] as const) {
      const left = ((await endOf(name))?.getTime() ?? 0) - Date.now() - days * day;
      expect(Math.abs(left)).toBeLessThan(60_000);
    }
    const moment = new Date(Date.now() + day).toISOString();
    expect(await endOf(moment)).toEqual(new Date(moment));
    await expect(endOf(new Date(Date.now() - 1000).toISOString())).rejects.toThrow();
  });
});

describe('a key', () => {
  test('of another prefix than its kind is refused, and asks for nothing more', async () => {
    const secret = await makeKey(tenant);
    const publish = await makeKey(tenant, { kind: 'publish' });
    expect(await actorOf(secret)).not.toBeNull();
    expect(await actorOf(publish)).not.toBeNull();
    expect(await actorOf({ key: secret.key.replace(/^rtk_/, 'rtk_pub_') })).toBeNull();
    expect(await actorOf({ key: publish.key.replace(/^rtk_pub_/, 'rtk_') })).toBeNull();
  });

  test('of a publish kind does not do what somebody writes into its row', async () => {
    const publish = await makeKey(tenant, { kind: 'publish' });
    await db
      .update(apiKeys)
      .set({ scopes: ['admin'] })
      .where(eq(apiKeys.id, publish.keyId));
    expect(await actorOf(publish)).toMatchObject({ scopes: ['feedback:write'] });
  });

  test('is bounded at once when its creator is demoted, stops when they are removed, in a warm cache', async () => {
    const person = await makePerson(tenant, 'admin');
    const key = await makeKey(tenant, { scopes: ['admin'] }, person);
    await hearChanges();
    expect(await mayReadUsage(key)).toBe(true);
    expect((await countQueries(() => actorOf(key))).queries).toBe(0); // it is in memory
    await setRole(person, 'viewer');
    await poll(async () => !(await mayReadUsage(key)), HEARD_WITHIN_MS, 'the demotion');
    expect(await actorOf(key)).toMatchObject({ creatorRole: 'viewer' });
    await setRole(person, null);
    await poll(async () => (await actorOf(key)) === null, HEARD_WITHIN_MS, 'the removal');
  });

  test('goes on when its creator leaves once an admin has made it a service key', async () => {
    const person = await makePerson(tenant, 'admin');
    const key = await makeKey(tenant, { scopes: ['usage:read'] }, person);
    const born = await makeKey(tenant, { scopes: ['usage:read'], service: true }, person);
    await setServiceKey(tenant.admin.ctx, { id: key.keyId, service: true });
    await setRole(person, null);
    await hearChanges();
    for (const one of [key, born]) expect(await mayReadUsage(one)).toBe(true);

    // There is nobody left that it could be given back to.
    await expect(setServiceKey(tenant.admin.ctx, { id: key.keyId, service: false })).rejects.toMatchObject({
      code: 'conflict',
    });
    await revokeApiKey(tenant.admin.ctx, { id: key.keyId });
    await poll(async () => (await actorOf(key)) === null, HEARD_WITHIN_MS, 'the revocation');
  });
});

describe('setServiceKey', () => {
  test('is written down once each way, and acts at once', async () => {
    const key = await makeKey(tenant, { scopes: ['usage:read'] }, analyst);
    const id = key.keyId;
    await setServiceKey(tenant.admin.ctx, { id, service: true });
    await setServiceKey(tenant.admin.ctx, { id, service: true });
    await poll(async () => (await actorOf(key))?.creatorRole === null, HEARD_WITHIN_MS, 'the service key');
    expect(await setServiceKey(tenant.admin.ctx, { id, service: false })).toEqual({ id, service: false });
    expect((await auditOf(id)).slice(1)).toEqual([
      {
        action: 'api_key.make_service',
        before: { name: 'Test key', isService: false },
        after: { name: 'Test key', isService: true },
      },
      {
        action: 'api_key.end_service',
        before: { name: 'Test key', isService: true },
        after: { name: 'Test key', isService: false },
      },
    ]);
  });

  test('is for admins', async () => {
    const { keyId } = await makeKey(tenant, {}, analyst);
    await expect(setServiceKey(analyst.ctx, { id: keyId, service: true })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('an analyst', () => {
  const verbs = [
    ['renames', (ctx: TestPerson['ctx'], id: string) => renameApiKey(ctx, { id, name: 'new' })],
    ['rotates', (ctx: TestPerson['ctx'], id: string) => rotateApiKey(ctx, { id, overlap: 'now' })],
    ['revokes', (ctx: TestPerson['ctx'], id: string) => revokeApiKey(ctx, { id })],
  ] as const;

  test.each(verbs)('%s their own keys, and nobody else’s', async (_, act) => {
    const own = await makeKey(tenant, {}, analyst);
    await act(analyst.ctx, own.keyId);
    const theirs = await makeKey(tenant);
    const before = await db.select().from(apiKeys).where(eq(apiKeys.id, theirs.keyId));
    await expect(act(analyst.ctx, theirs.keyId)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await db.select().from(apiKeys).where(eq(apiKeys.id, theirs.keyId))).toEqual(before);
    const another = await makeKey(await makeTenant());
    for (const ctx of [analyst.ctx, tenant.admin.ctx])
      await expect(act(ctx, another.keyId)).rejects.toMatchObject({ code: 'not_found' });
  });

  test.each(verbs)('no longer %s a key of theirs that is the workspace’s own', async (_, act) => {
    const key = await makeKey(tenant, {}, analyst);
    await setServiceKey(tenant.admin.ctx, { id: key.keyId, service: true });
    await expect(act(analyst.ctx, key.keyId)).rejects.toMatchObject({ code: 'forbidden' });
    await act(tenant.admin.ctx, key.keyId);
  });

  test('sees all keys, with which of them are theirs to act on', async () => {
    const fresh = await makeTenant();
    const person = await makePerson(fresh, 'analyst');
    const own = await makeKey(fresh, {}, person);
    const rows = await listApiKeys(person.ctx);
    expect(rows.map(({ id, mayAct, creatorRole }) => [id, mayAct, creatorRole])).toEqual([
      [own.keyId, true, 'analyst'],
      [fresh.firstKey.keyId, false, 'admin'],
    ]);
    expect((await listApiKeys(fresh.admin.ctx)).every(({ mayAct }) => mayAct)).toBe(true);
  });
});

test('a key of the system is a service key: it has no creator to be bounded by', async () => {
  const { key } = await db.transaction((tx) => insertApiKey(tx, tenant.ctx, { name: 'x' }));
  expect(await actorOf({ key })).toMatchObject({ creatorRole: null });
});
