import { and, desc, eq } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { POST as enterRoute } from '@/app/api/v1/admin/tenants/[tenantId]/support/route';
import { GET as listTraces, POST as sendTrace } from '@/app/api/v1/traces/route';
import { auditLog } from '@/db/schema/audit';
import { supportSessions } from '@/db/schema/operator';
import { withPlatform } from '@/db/tenant';
import { createApiKey } from '@/lib/api-keys/mutations';
import { can } from '@/lib/auth/authorize';
import { authenticate } from '@/lib/auth/credentials';
import { type Permission, permissions, roleCan } from '@/lib/auth/permissions';
import { env } from '@/lib/env';
import { renameTenant } from '@/lib/tenants/mutations';
import { removeOperator } from '@/lib/workflows/operators/mutations';
import { setSpendCap } from '@/lib/workflows/quotas/mutations';
import {
  allowSupportWriting,
  enterAsSupport,
  leaveSupport,
  setSupport,
} from '@/lib/workflows/support/mutations';
import { getSupportSetting } from '@/lib/workflows/support/queries';
import { suspendTenant } from '@/lib/workflows/tenant-operations/mutations';
import { getTenantDetail } from '@/lib/workflows/tenant-operations/queries';
import {
  makeOperator,
  makePerson,
  makeTenant,
  type TestOperator,
  type TestTenant,
} from '@/tests/support/factories';
import { call } from '@/tests/support/requests';

const { rootDomain, scheme } = env();
const reason = 'a ticket';

let tenant: TestTenant;
let operator: TestOperator;
beforeAll(async () => {
  operator = await makeOperator();
});

/** Who the operator is on the tenant's host, as every page, action and route asks. */
const onHost = (of: TestTenant, by = operator) =>
  authenticate(
    { host: of.host, method: 'GET', origin: null, authorization: null, apiKey: null, cookie: by.cookie },
    'test',
  );
const log = (of: TestTenant, action: string) =>
  withPlatform((db) =>
    db
      .select()
      .from(auditLog)
      .where(and(eq(auditLog.tenantId, of.id), eq(auditLog.action, action)))
      .orderBy(desc(auditLog.id)),
  );

describe('enterAsSupport', () => {
  beforeAll(async () => {
    tenant = await makeTenant();
  });

  test('lets an operator look in as a viewer, and tells the tenant who and why', async () => {
    await expect(onHost(tenant)).rejects.toMatchObject({ code: 'forbidden' });
    const { url, expiresAt } = await enterAsSupport(operator.ctx, { tenantId: tenant.id, reason });
    expect(url).toBe(`${scheme}://${tenant.host}/traces`);
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(29 * 60_000);
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(30 * 60_000);
    const { actor } = await onHost(tenant);
    expect(actor).toMatchObject({ kind: 'user', role: 'viewer', support: { expiresAt, writeUntil: null } });
    for (const permission of Object.keys(permissions) as Permission[])
      expect(can(actor, permission), permission).toBe(roleCan('viewer', permission));
    expect(await log(tenant, 'support.enter')).toMatchObject([
      {
        actorKind: 'operator',
        actorId: operator.userId,
        actorEmail: operator.email,
        after: { reason, until: expiresAt },
      },
    ]);
  });

  test('reads through the API and writes nothing', async () => {
    const headers = { cookie: operator.cookie, origin: `${scheme}://${tenant.host}` };
    const read = await call(listTraces, { path: '/api/v1/traces', host: tenant.host, headers });
    expect(read.status).toBe(200);
    const body = { trace_id: 'by-support', user_input: 'x' };
    const write = await call(sendTrace, {
      method: 'POST',
      path: '/api/v1/traces',
      host: tenant.host,
      headers,
      body,
    });
    expect(write.status).toBe(403);
    const ctx = await onHost(tenant);
    await expect(renameTenant(ctx, { name: 'Other' })).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('read-only'),
    });
  });

  test('is for no other tenant, no other session of theirs, and nobody else', async () => {
    const other = await makeTenant();
    await expect(onHost(other)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(onHost(tenant, await makeOperator())).rejects.toMatchObject({ code: 'forbidden' });
    const byKey = { operator: { kind: 'operator-key', id: 'x', name: 'Script' }, requestId: 'test' } as const;
    await expect(enterAsSupport(byKey, { tenantId: tenant.id, reason })).rejects.toMatchObject({
      code: 'forbidden',
    });
    const admin = await call(enterRoute, {
      method: 'POST',
      path: `/api/v1/admin/tenants/${tenant.id}/support`,
      host: `cloud.${rootDomain}`,
      headers: { cookie: tenant.admin.cookie, origin: `${scheme}://cloud.${rootDomain}` },
      params: { tenantId: tenant.id },
      body: { reason },
    });
    expect(admin.status).toBe(404);
  });

  test('is over after its time, when the operator leaves, and when they are none any more', async () => {
    const own = await makeTenant();
    const enter = (by = operator) => enterAsSupport(by.ctx, { tenantId: own.id, reason });
    await enter();
    await withPlatform((db) =>
      db.update(supportSessions).set({ expiresAt: new Date() }).where(eq(supportSessions.tenantId, own.id)),
    );
    await expect(onHost(own)).rejects.toMatchObject({ code: 'forbidden' });

    await enter();
    const { url } = await leaveSupport(await onHost(own));
    expect(url).toBe(`${scheme}://cloud.${rootDomain}/admin/tenants/${own.id}`);
    await expect(onHost(own)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await log(own, 'support.leave')).toMatchObject([
      { actorKind: 'operator', actorEmail: operator.email },
    ]);

    const leaver = await makeOperator();
    await enter(leaver);
    await onHost(own, leaver);
    await removeOperator(operator.ctx, { userId: leaver.userId, reason });
    await expect(onHost(own, leaver)).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('is refused at a tenant that is closed, and to its own members', async () => {
    const own = await makeTenant();
    const member = await makePerson(own, 'viewer');
    const { userId: id, email, sessionId } = member;
    const ctx = { operator: { kind: 'user', id, email, sessionId }, requestId: 'test' } as const;
    await expect(enterAsSupport(ctx, { tenantId: own.id, reason })).rejects.toMatchObject({
      code: 'conflict',
    });
    await suspendTenant(operator.ctx, { tenantId: own.id, reason });
    await expect(enterAsSupport(operator.ctx, { tenantId: own.id, reason })).rejects.toMatchObject({
      code: 'conflict',
    });
  });
});

describe('allowSupportWriting', () => {
  test('is a second step, which the tenant’s log tells of, and ends by itself', async () => {
    const own = await makeTenant();
    const input = { tenantId: own.id, reason: 'renames it, as asked' };
    await expect(allowSupportWriting(operator.ctx, input)).rejects.toMatchObject({ code: 'conflict' });
    await enterAsSupport(operator.ctx, { tenantId: own.id, reason });
    const { writeUntil } = await allowSupportWriting(operator.ctx, input);
    expect(Date.parse(writeUntil) - Date.now()).toBeLessThanOrEqual(10 * 60_000);
    expect(await log(own, 'support.allow_writing')).toMatchObject([
      { actorKind: 'operator', after: { reason: input.reason, until: writeUntil } },
    ]);

    const ctx = await onHost(own);
    await renameTenant(ctx, { name: 'As asked' });
    expect(await log(own, 'tenant.rename')).toMatchObject([
      { actorKind: 'operator', actorEmail: operator.email },
    ]);
    await expect(createApiKey(ctx, { name: 'Back door' })).rejects.toMatchObject({ code: 'forbidden' });
    for (const never of ['members:invite', 'api-keys:manage', 'tenant:export', 'tenant:delete'] as const)
      expect(can(ctx.actor, never)).toBe(false);
    await expect(setSpendCap(ctx, { cents: null })).rejects.toMatchObject({ code: 'forbidden' });

    await withPlatform((db) =>
      db.update(supportSessions).set({ writeUntil: new Date() }).where(eq(supportSessions.tenantId, own.id)),
    );
    await expect(renameTenant(await onHost(own), { name: 'Again' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    const { support } = await getTenantDetail(operator.ctx, own.id);
    expect(support).toMatchObject([
      { by: operator.email, reason, write_reason: input.reason, is_open: true },
    ]);
  });
});

describe('setSupport', () => {
  test('keeps operators out from one request to the next', async () => {
    const own = await makeTenant();
    await enterAsSupport(operator.ctx, { tenantId: own.id, reason });
    await expect(setSupport(await onHost(own), { allowed: true })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await setSupport(own.admin.ctx, { allowed: false });
    await expect(onHost(own)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(enterAsSupport(operator.ctx, { tenantId: own.id, reason })).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(await getSupportSetting(own.admin.ctx)).toEqual({ allowed: false });
    expect(await log(own, 'tenant.forbid_support')).toMatchObject([{ after: { sessionsEnded: 1 } }]);
    await setSupport(own.admin.ctx, { allowed: true });
    await setSupport(own.admin.ctx, { allowed: true });
    expect(await log(own, 'tenant.allow_support')).toHaveLength(1);
    await enterAsSupport(operator.ctx, { tenantId: own.id, reason });
  });
});
