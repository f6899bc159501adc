import { eq } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { POST as removeOperatorRoute } from '@/app/api/v1/admin/operators/[userId]/remove/route';
import { GET, POST } from '@/app/api/v1/admin/operators/route';
import { operatorKeys, platformAudit } from '@/db/schema/operator';
import { users } from '@/db/schema/people';
import { withPlatform } from '@/db/tenant';
import { announceOperatorKeysOf, parseOperatorKey } from '@/lib/auth/operator-key';
import { mintPersonToken } from '@/lib/auth/person-tokens';
import { readOperatorSession, readSession } from '@/lib/auth/sessions';
import { env } from '@/lib/env';
import { startListening } from '@/lib/tenancy/live-cache';
import { confirmEmailChange } from '@/lib/workflows/email-change/mutations';
import {
  addOperator,
  createOperatorKey,
  removeOperator,
  revokeOperatorKey,
} from '@/lib/workflows/operators/mutations';
import { listOperatorKeys, listOperators } from '@/lib/workflows/operators/queries';
import {
  confirmAddresses,
  makeOperator,
  makePerson,
  makeTenant,
  type TestOperator,
  type TestTenant,
  unique,
} from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';
import { call, readError } from '@/tests/support/requests';

const { rootDomain, scheme } = env();
const cloud = `cloud.${rootDomain}`;
const path = '/api/v1/admin/operators';
const reason = 'as the test asks';

let tenant: TestTenant;
let operator: TestOperator;
beforeAll(async () => {
  [tenant, operator] = await Promise.all([makeTenant(), makeOperator()]);
});

const makeOperatorKey = (by = operator) =>
  createOperatorKey(by.ctx, { name: 'Script', expiresInDays: 30, reason });
/** An operator because the environment says so, and for no other reason. */
async function makeNamed(): Promise<TestOperator> {
  const made = await makeOperator();
  (env().operatorEmails as Set<string>).add(made.email);
  await withPlatform((db) => db.update(users).set({ isOperator: false }).where(eq(users.id, made.userId)));
  return made;
}

/** Follows the link that is mailed to a new address. */
async function moveAddress({ userId, token: cookie }: TestOperator): Promise<void> {
  const email = `moved-${unique()}@example.com`;
  const token = await withPlatform((db) =>
    mintPersonToken(db, { purpose: 'change-email', userId, email, maxAge: 60 }),
  );
  const session = await readSession(cookie);
  if (!session) throw new Error('the operator is not signed in');
  await confirmEmailChange(session, { token });
}

const get = (headers: Record<string, string>, host = cloud) => call(GET, { path, host, headers });
const lastEvent = (target: string) =>
  withPlatform((db) => db.select().from(platformAudit).where(eq(platformAudit.targetId, target)));

describe('a route of the operators', () => {
  test('answers an operator at cloud, and their key on any host', async () => {
    expect((await get({ cookie: operator.cookie })).status).toBe(200);
    const { key } = await makeOperatorKey();
    for (const host of [cloud, rootDomain, '127.0.0.1:3000'])
      expect((await get({ authorization: `Bearer ${key}` }, host)).status).toBe(200);
    expect((await get({ 'x-api-key': key })).status).toBe(200);
  });

  test('is no route for everybody else', async () => {
    const { key } = await makeOperatorKey();
    const forged = `${key.slice(0, -3)}${key.endsWith('AAA') ? 'BBB' : 'AAA'}`;
    const stranger = await makePerson(tenant, null);
    const wrong: [Record<string, string>, string?][] = [
      [{}],
      [{ cookie: tenant.admin.cookie }],
      [{ cookie: stranger.cookie }],
      [{ cookie: 'ragtoolkit.session=nothing' }],
      [{ authorization: `Bearer ${tenant.firstKey.key}` }],
      [{ authorization: `Bearer ${forged}` }],
      [{ authorization: 'Bearer rto_nothing' }],
      [{ authorization: 'Bearer ', cookie: operator.cookie }],
      // An operator is one at cloud alone: a page of a tenant must not act for them.
      [{ cookie: operator.cookie }, tenant.host],
      [{ cookie: operator.cookie }, rootDomain],
      [{ cookie: operator.cookie }, '127.0.0.1:3000'],
    ];
    for (const [headers, host] of wrong) {
      const answer = await get(headers, host);
      expect(readError(answer), JSON.stringify(headers)).toMatchObject({ status: 404, code: 'not_found' });
    }
  });

  test('reads nothing of a stranger’s request', async () => {
    const answer = await call(POST, { method: 'POST', path, host: cloud, body: '{', headers: {} });
    expect(answer.status).toBe(404);
  });

  test('lets no other site write by an operator’s session', async () => {
    const write = (origin: string) =>
      call(POST, {
        method: 'POST',
        path,
        host: cloud,
        body: {},
        headers: { cookie: operator.cookie, origin },
      });
    expect(readError(await write(`${scheme}://${tenant.host}`)).code).toBe('origin_mismatch');
    expect(readError(await write(`${scheme}://${cloud}`)).code).toBe('invalid_input');
  });
});

describe('an operator key', () => {
  test('is shown once, and noted as used', async () => {
    const { id, key } = await makeOperatorKey();
    expect(parseOperatorKey(key)?.keyId).toBe(id);
    expect(JSON.stringify(await listOperatorKeys(operator.ctx))).not.toContain(key.slice(30));
    await get({ authorization: `Bearer ${key}` });
    const used = await poll(async () =>
      (await listOperatorKeys(operator.ctx)).find((one) => one.id === id && one.lastUsedAt !== null),
    );
    expect(used).toMatchObject({ state: 'live', createdBy: operator.email });
    expect(await lastEvent(id)).toMatchObject([
      {
        action: 'operator_key.create',
        actorKind: 'user',
        actorName: operator.email,
        reason,
        after: { name: 'Script' },
      },
    ]);
  });

  test('is worth nothing once it is revoked, has expired, or its maker is no operator', async () => {
    const [revoked, expired] = [await makeOperatorKey(), await makeOperatorKey()];
    await revokeOperatorKey(operator.ctx, { id: revoked.id, reason });
    await withPlatform((db) =>
      db
        .update(operatorKeys)
        .set({ expiresAt: new Date(0) })
        .where(eq(operatorKeys.id, expired.id)),
    );
    const leaver = await makeOperator();
    const left = await makeOperatorKey(leaver);
    expect(await removeOperator(operator.ctx, { userId: leaver.userId, reason })).toEqual({ keysRevoked: 1 });
    for (const { key } of [revoked, expired, left])
      expect((await get({ authorization: `Bearer ${key}` })).status).toBe(404);
    expect((await get({ cookie: leaver.cookie })).status).toBe(404);
    expect((await lastEvent(revoked.id)).map(({ action }) => action)).toContain('operator_key.revoke');
    expect(await lastEvent(leaver.userId)).toMatchObject([
      { action: 'operator.remove', after: { keysRevoked: 1 } },
    ]);
  });

  test('ends with its maker’s being named: when the environment drops them, or their address is another', async () => {
    startListening();
    const named = env().operatorEmails as Set<string>;
    const [dropped, moved] = [await makeNamed(), await makeNamed()];
    const keys = [await makeOperatorKey(dropped), await makeOperatorKey(moved)];
    const ask = () =>
      Promise.all(keys.map(async ({ key }) => (await get({ authorization: `Bearer ${key}` })).status));
    try {
      expect(await ask()).toEqual([200, 200]);
      named.delete(dropped.email);
      // Another environment is another process, which remembers nothing.
      await withPlatform((db) => announceOperatorKeysOf(db, dropped.userId));
      await moveAddress(moved);
      expect(await poll(async () => (await ask()).every((status) => status === 404))).toBe(true);
    } finally {
      named.delete(dropped.email);
      named.delete(moved.email);
    }
  });

  test('makes no other, and no operator', async () => {
    const byKey = { operator: { kind: 'operator-key', id: 'x', name: 'Script' }, requestId: 'test' } as const;
    await expect(
      createOperatorKey(byKey, { name: 'Another', expiresInDays: null, reason }),
    ).rejects.toMatchObject({
      code: 'forbidden',
    });
    const person = await makePerson(tenant, 'viewer');
    await confirmAddresses(person);
    await expect(addOperator(byKey, { email: person.email, reason })).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(await readOperatorSession(person.token)).toBeNull();
  });
});

describe('operators', () => {
  test('are made of people who have confirmed their address', async () => {
    const person = await makePerson(tenant, 'viewer');
    await expect(addOperator(operator.ctx, { email: person.email, reason })).rejects.toMatchObject({
      code: 'conflict',
    });
    await confirmAddresses(person);
    await addOperator(operator.ctx, { email: person.email, reason });
    await expect(addOperator(operator.ctx, { email: person.email, reason })).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await listOperators(operator.ctx)).toContainEqual(
      expect.objectContaining({ email: person.email, isNamed: false, lastSeenAt: expect.any(String) }),
    );
    expect((await get({ cookie: person.cookie })).status).toBe(200);
    expect(await lastEvent(person.userId)).toMatchObject([
      { action: 'operator.add', after: { email: person.email } },
    ]);
    const answer = await call(removeOperatorRoute, {
      method: 'POST',
      path: `${path}/${person.userId}/remove`,
      host: cloud,
      headers: { cookie: operator.cookie, origin: `${scheme}://${cloud}` },
      params: { userId: person.userId },
      body: { reason },
    });
    expect(answer).toMatchObject({ status: 200, body: { keysRevoked: 0 } });
  });

  test('are whom the environment names, once they have confirmed the address', async () => {
    const person = await makePerson(tenant, 'admin');
    const named = env().operatorEmails as Set<string>;
    named.add(person.email);
    try {
      expect(await readOperatorSession(person.token)).toBeNull();
      await confirmAddresses(person);
      expect(await readOperatorSession(person.token)).toMatchObject({ userId: person.userId });
      await expect(removeOperator(operator.ctx, { userId: person.userId, reason })).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('OPERATOR_EMAILS'),
      });
    } finally {
      named.delete(person.email);
    }
    expect(await readOperatorSession(person.token)).toBeNull();
  });

  test('have a last one, who stays, whatever happens at once', async () => {
    // In a transaction that is taken back: other suites have operators too.
    const { lockOperator } = await import('@/lib/workflows/operators/mutations');
    class Undo extends Error {}
    const run = withPlatform(async (db) => {
      await db.update(users).set({ isOperator: false });
      await db.update(users).set({ isOperator: true }).where(eq(users.id, operator.userId));
      await expect(lockOperator(db, operator.userId)).rejects.toMatchObject({ code: 'conflict' });
      throw new Undo();
    });
    await expect(run).rejects.toThrow(Undo);
  });
});
