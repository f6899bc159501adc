import { and, eq, notLike, sql } from 'drizzle-orm';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { POST } from '@/app/api/v1/traces/route';
import { pool } from '@/db/client';
import { mailOutbox } from '@/db/schema/mail';
import { tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { createApiKey } from '@/lib/api-keys/actions';
import { findTenantById, findTenantBySlug } from '@/lib/tenancy/directory';
import { startListening } from '@/lib/tenancy/live-cache';
import { reactivateTenant, suspendTenant } from '@/lib/tenants/mutations';
import * as actions from '@/lib/workflows/deletion/actions';
import { cancelDeletion, requestDeletion } from '@/lib/workflows/deletion/mutations';
import { getPendingDeletion } from '@/lib/workflows/deletion/queries';
import { listDueErasures } from '@/lib/workflows/erasure/queries';
import { HEARD_WITHIN_MS, hearChanges } from '@/tests/support/changes';
import { makePerson, makeTenant, type TestTenant, unique } from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';
import { call, readError } from '@/tests/support/requests';

const request = vi.hoisted(() => ({ headers: new Map<string, string>(), cookie: '' }));
vi.mock('next/headers', () => ({
  headers: async () => ({ get: (name: string) => request.headers.get(name) ?? null }),
  cookies: async () => ({ toString: () => request.cookie }),
}));

beforeAll(async () => {
  startListening();
  await hearChanges();
});
beforeEach(() => {
  request.headers.clear();
  request.cookie = '';
});

/** Calls of actions come from a page of the tenant's own host from now on. */
function from(tenant: TestTenant, cookie: string): void {
  request.headers = new Map([
    ['host', tenant.host],
    ['origin', `http://${tenant.host}`],
  ]);
  request.cookie = cookie;
}

async function readTenant(id: string) {
  const [row] = await pool('platform').db.select().from(tenants).where(eq(tenants.id, id));
  if (!row) throw new Error('the tenant is gone');
  return row;
}

const send = (tenant: TestTenant) =>
  call(POST, {
    method: 'POST',
    path: '/api/v1/traces',
    host: '10.0.0.1',
    key: tenant.firstKey.key,
    body: { trace_id: unique() },
  });

const heard = (tenant: TestTenant, status: string) =>
  poll(
    async () =>
      (await findTenantBySlug(tenant.slug))?.status === status &&
      (await findTenantById(tenant.id))?.status === status,
    HEARD_WITHIN_MS,
    `the status ${status}`,
  );

/** But for the one that asked the person to confirm their address when they signed up. */
const mailsTo = (address: string) =>
  pool('platform')
    .db.select()
    .from(mailOutbox)
    .where(and(eq(mailOutbox.toAddress, address), notLike(mailOutbox.text, '%/verify-email?token=%')));

async function audits(tenant: TestTenant) {
  const rows = await pool('platform').db.execute<{ action: string; after: Record<string, unknown> }>(
    sql`select action, after from audit_log where tenant_id = ${tenant.id} and action like 'tenant.%' order by id`,
  );
  return rows.slice(1);
}

const operator = { actor: { kind: 'system', name: 'operator' }, requestId: 'req_op' } as const;

describe('suspendTenant', () => {
  test('closes the API with a code of its own and meters nothing; reactivateTenant opens it again', async () => {
    const tenant = await makeTenant();
    expect((await send(tenant)).status).toBe(201);
    const meter = () =>
      pool('platform').db.execute(
        sql`select count(*)::int as n from usage_deltas where tenant_id = ${tenant.id}`,
      );
    const before = await meter();

    await suspendTenant(operator, { tenantId: tenant.id, reason: 'unpaid' });
    await heard(tenant, 'suspended');
    expect(readError(await send(tenant))).toMatchObject({ status: 403, code: 'tenant_suspended' });
    expect(await meter()).toEqual(before);
    from(tenant, tenant.admin.cookie);
    expect(await createApiKey({ name: 'x' })).toMatchObject({ error: { code: 'tenant_suspended' } });

    await reactivateTenant(operator, { tenantId: tenant.id, reason: 'paid' });
    await heard(tenant, 'active');
    expect((await send(tenant)).status).toBe(201);
    expect(await audits(tenant)).toMatchObject([
      { action: 'tenant.suspend', after: { status: 'suspended', reason: 'unpaid' } },
      { action: 'tenant.reactivate', after: { status: 'active', reason: 'paid' } },
    ]);
  });

  test('does nothing the second time', async () => {
    const tenant = await makeTenant();
    for (const reason of ['a', 'b']) await suspendTenant(operator, { tenantId: tenant.id, reason });
    expect(await audits(tenant)).toHaveLength(1);
  });

  test('is refused to everybody of a tenant, for nobody, and while a deletion is pending', async () => {
    const tenant = await makeTenant();
    const input = { tenantId: tenant.id, reason: 'x' };
    for (const { actor } of [tenant.admin.ctx, tenant.firstKey.ctx])
      for (const verb of [suspendTenant, reactivateTenant])
        await expect(verb({ actor, requestId: 'r' } as never, input)).rejects.toMatchObject({
          code: 'forbidden',
        });
    await expect(
      suspendTenant(operator, { ...input, tenantId: 'a0000000-0000-4000-8000-00000000dead' }),
    ).rejects.toMatchObject({ code: 'not_found' });
    await requestDeletion(tenant.admin.ctx, { slug: tenant.slug });
    for (const verb of [suspendTenant, reactivateTenant])
      await expect(verb(operator, input)).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('requestDeletion', () => {
  test('closes the workspace at once, for seven days by the database’s clock', async () => {
    const tenant = await makeTenant();
    const { deleteAfter } = await requestDeletion(tenant.admin.ctx, { slug: tenant.slug });
    const row = await readTenant(tenant.id);
    expect(row).toMatchObject({ status: 'deleting', deletionRequestedBy: tenant.admin.userId });
    expect(row.deleteAfter?.toISOString()).toBe(deleteAfter);
    expect(Number(row.deleteAfter) - Number(row.deletionRequestedAt)).toBe(7 * 24 * 3_600_000);
    await heard(tenant, 'deleting');
    expect(readError(await send(tenant))).toMatchObject({ status: 403, code: 'tenant_deleting' });
    expect(await listDueErasures()).not.toContain(tenant.id);
    expect(await audits(tenant)).toMatchObject([{ action: 'tenant.request_deletion' }]);
    expect(await getPendingDeletion(tenant.admin.ctx)).toEqual({
      requestedAt: row.deletionRequestedAt?.toISOString(),
      requestedBy: tenant.admin.email,
      deleteAfter,
      canCancel: true,
    });
  });

  test('tells every admin by mail, and nobody else', async () => {
    const tenant = await makeTenant();
    const [admin, analyst] = await Promise.all([makePerson(tenant, 'admin'), makePerson(tenant, 'analyst')]);
    await requestDeletion(tenant.admin.ctx, { slug: tenant.slug });
    for (const { email } of [admin, tenant.admin]) {
      const [mail] = await mailsTo(email);
      expect(mail?.text).toContain(`http://${tenant.host}/`);
      expect(mail?.text).toContain(tenant.admin.email);
    }
    expect(await mailsTo(analyst.email)).toHaveLength(0);
  });

  test('wants the workspace’s own address typed', async () => {
    const [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
    for (const slug of ['', 'x', other.slug, `${tenant.slug} `, tenant.name])
      await expect(requestDeletion(tenant.admin.ctx, { slug })).rejects.toMatchObject({
        code: 'invalid_input',
        issues: [{ path: 'slug' }],
      });
    expect((await readTenant(tenant.id)).status).toBe('active');
  });

  test('is for admins, and once', async () => {
    const tenant = await makeTenant();
    for (const role of ['analyst', 'viewer'] as const) {
      const { ctx } = await makePerson(tenant, role);
      await expect(requestDeletion(ctx, { slug: tenant.slug })).rejects.toMatchObject({ code: 'forbidden' });
      await expect(cancelDeletion(ctx)).rejects.toMatchObject({ code: 'forbidden' });
    }
    await expect(requestDeletion(tenant.firstKey.ctx, { slug: tenant.slug })).rejects.toMatchObject({
      code: 'forbidden',
    });
    const asked = await Promise.allSettled(
      [1, 2, 3].map(() => requestDeletion(tenant.admin.ctx, { slug: tenant.slug })),
    );
    expect(asked.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    expect(await mailsTo(tenant.admin.email)).toHaveLength(1);
  });
});

describe('cancelDeletion', () => {
  test('restores the workspace with its keys, from the page of the closed workspace', async () => {
    const tenant = await makeTenant();
    from(tenant, tenant.admin.cookie);
    expect(await actions.requestDeletion({ slug: ` ${tenant.slug.toUpperCase()} ` })).toMatchObject({
      ok: true,
    });
    await heard(tenant, 'deleting');
    expect(await createApiKey({ name: 'x' })).toMatchObject({ error: { code: 'tenant_deleting' } });
    expect(await actions.cancelDeletion({})).toEqual({ ok: true, data: { url: `http://${tenant.host}/` } });
    await heard(tenant, 'active');
    expect(await readTenant(tenant.id)).toMatchObject({
      status: 'active',
      deleteAfter: null,
      deletionRequestedAt: null,
      deletionRequestedBy: null,
    });
    expect((await send(tenant)).status).toBe(201);
    expect((await audits(tenant)).map((row) => row.action)).toEqual([
      'tenant.request_deletion',
      'tenant.cancel_deletion',
    ]);
    expect((await mailsTo(tenant.admin.email)).map((mail) => mail.subject)).toHaveLength(2);
  });

  test('works on no other workspace: active, suspended, or for people who are no admins of it', async () => {
    const [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
    from(tenant, tenant.admin.cookie);
    expect(await actions.cancelDeletion({})).toMatchObject({ error: { code: 'conflict' } });
    await suspendTenant(operator, { tenantId: tenant.id, reason: 'x' });
    await heard(tenant, 'suspended');
    expect(await actions.cancelDeletion({})).toMatchObject({ error: { code: 'tenant_suspended' } });
    await reactivateTenant(operator, { tenantId: tenant.id, reason: 'x' });
    await requestDeletion(tenant.admin.ctx, { slug: tenant.slug });
    await heard(tenant, 'deleting');
    const analyst = await makePerson(tenant, 'analyst');
    for (const cookie of [analyst.cookie, other.admin.cookie]) {
      from(tenant, cookie);
      expect(await actions.cancelDeletion({})).toMatchObject({ error: { code: 'forbidden' } });
    }
    from(tenant, '');
    expect(await actions.cancelDeletion({})).toMatchObject({ error: { code: 'unauthenticated' } });
    expect((await readTenant(tenant.id)).status).toBe('deleting');
  });

  test('comes too late once the days of grace are over', async () => {
    const tenant = await makeTenant();
    await requestDeletion(tenant.admin.ctx, { slug: tenant.slug });
    // Nothing erases in this database: the sweep does not run in tests.
    await withPlatform((db) =>
      db.update(tenants).set({ deleteAfter: sql`now()` }).where(eq(tenants.id, tenant.id)),
    );
    expect(await listDueErasures()).toContain(tenant.id);
    await expect(cancelDeletion(tenant.admin.ctx)).rejects.toMatchObject({ code: 'conflict' });
    expect(await getPendingDeletion(tenant.admin.ctx)).toMatchObject({ canCancel: false });
  });
});
