import { asc, eq, sql } from 'drizzle-orm';
import { describe, expect, test, vi } from 'vitest';
import { pool } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { auditLog } from '@/db/schema/audit';
import { isolationChecks } from '@/db/schema/isolation';
import { tenantConfirmations } from '@/db/schema/lifecycle';
import { memberships, tenants } from '@/db/schema/tenancy';
import { withOwner, withPlatform } from '@/db/tenant';
import { tenantsCommand } from '@/db/tenants-cli';
import { createApiKey, revokeApiKey } from '@/lib/api-keys/mutations';
import type { AuditAction } from '@/lib/audit/actions';
import * as audit from '@/lib/audit/emit';
import { runRequest } from '@/lib/log';
import { addMember } from '@/lib/members/mutations';
import {
  changePlan,
  changeSlug,
  reactivateTenant,
  renameTenant,
  suspendTenant,
} from '@/lib/tenants/mutations';
import { expireUnconfirmedTenants, signUpThroughApi } from '@/lib/workflows/api-sign-up/mutations';
import { exportAuditLog } from '@/lib/workflows/audit-log/mutations';
import { cancelDeletion, requestDeletion } from '@/lib/workflows/deletion/mutations';
import { exportTenant } from '@/lib/workflows/export/mutations';
import { runIsolationCheck } from '@/lib/workflows/isolation-canary/mutations';
import { makePerson, makeTenant, signUpData, type TestTenant, unique } from '@/tests/support/factories';

const db = () => pool('platform').db;
const operator = { actor: { kind: 'system', name: audit.OPERATOR }, requestId: 'req_operator' } as const;

/** A tenant's log in the order of writing, with the transaction that wrote each row. */
async function logOf(tenantId: string) {
  return db()
    .select({
      id: auditLog.id,
      action: auditLog.action,
      actorKind: auditLog.actorKind,
      actorId: auditLog.actorId,
      actorEmail: auditLog.actorEmail,
      targetKind: auditLog.targetKind,
      targetId: auditLog.targetId,
      before: auditLog.before,
      after: auditLog.after,
      ip: auditLog.ip,
      userAgent: auditLog.userAgent,
      requestId: auditLog.requestId,
      transaction: sql<string>`${auditLog}.xmin::text`,
    })
    .from(auditLog)
    .where(eq(auditLog.tenantId, tenantId))
    .orderBy(asc(auditLog.id));
}

/** The transactions that wrote the rows of a tenant as they are now. */
const writersOf = {
  tenants: (id: string) =>
    db().select({ by: sql<string>`xmin::text` }).from(tenants).where(eq(tenants.id, id)),
  memberships: (id: string) =>
    db().select({ by: sql<string>`xmin::text` }).from(memberships).where(eq(memberships.tenantId, id)),
  apiKeys: (id: string) =>
    db().select({ by: sql<string>`xmin::text` }).from(apiKeys).where(eq(apiKeys.tenantId, id)),
  isolationChecks: (id: string) =>
    db()
      .select({ by: sql<string>`xmin::text` })
      .from(isolationChecks)
      .where(eq(isolationChecks.tenantId, id)),
};

async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  for await (const _ of stream as unknown as AsyncIterable<Uint8Array>);
}

type Case = {
  action: AuditAction;
  /** What happens first, whose rows do not matter. */
  given?: (tenant: TestTenant) => Promise<unknown>;
  run: (tenant: TestTenant) => Promise<unknown>;
  /** The table whose row was written by the same transaction; none where nothing but the log was written. */
  table?: keyof typeof writersOf;
  by?: 'user' | 'operator' | 'system';
  changes?: { before?: object; after?: object };
};

const slug = () => `moved-${unique()}`;

const cases: Case[] = [
  {
    action: 'tenant.rename',
    run: ({ admin }) => renameTenant(admin.ctx, { name: 'Renamed' }),
    table: 'tenants',
    changes: { before: { name: expect.stringMatching(/^Team/) }, after: { name: 'Renamed' } },
  },
  {
    action: 'tenant.change_slug',
    run: ({ admin }) => changeSlug(admin.ctx, { slug: slug() }),
    table: 'tenants',
    changes: {
      before: { slug: expect.stringMatching(/^team-/) },
      after: { slug: expect.stringMatching(/^moved-/) },
    },
  },
  {
    action: 'tenant.suspend',
    run: ({ id }) => suspendTenant(operator, { tenantId: id, reason: 'not paid' }),
    table: 'tenants',
    by: 'operator',
    changes: { before: { status: 'active' }, after: { status: 'suspended', reason: 'not paid' } },
  },
  {
    action: 'tenant.suspend',
    run: async ({ slug: own }) => tenantsCommand(['suspend', own, '--reason', 'from a shell']),
    table: 'tenants',
    by: 'operator',
    changes: { before: { status: 'active' }, after: { status: 'suspended', reason: 'from a shell' } },
  },
  {
    action: 'tenant.reactivate',
    given: ({ id }) => suspendTenant(operator, { tenantId: id, reason: 'x' }),
    run: ({ id }) => reactivateTenant(operator, { tenantId: id, reason: 'paid' }),
    table: 'tenants',
    by: 'operator',
    changes: { before: { status: 'suspended' }, after: { status: 'active', reason: 'paid' } },
  },
  {
    action: 'tenant.change_plan',
    run: ({ id }) => changePlan(operator, { tenantId: id, plan: 'pro', reason: 'paid by invoice' }),
    table: 'tenants',
    by: 'operator',
    changes: { before: { plan: 'starter' }, after: { plan: 'pro', reason: 'paid by invoice' } },
  },
  {
    action: 'tenant.change_plan',
    run: ({ slug: own }) => tenantsCommand(['plan', own, '--plan', 'pro', '--reason', 'from a shell']),
    table: 'tenants',
    by: 'operator',
    changes: { before: { plan: 'starter' }, after: { plan: 'pro', reason: 'from a shell' } },
  },
  {
    action: 'tenant.request_deletion',
    run: ({ admin, slug: own }) => requestDeletion(admin.ctx, { slug: own }),
    table: 'tenants',
    changes: { before: { status: 'active' }, after: { status: 'deleting', deleteAfter: expect.any(String) } },
  },
  {
    action: 'tenant.cancel_deletion',
    given: ({ admin, slug: own }) => requestDeletion(admin.ctx, { slug: own }),
    run: ({ admin }) => cancelDeletion(admin.ctx),
    table: 'tenants',
    changes: { before: { status: 'deleting' }, after: { status: 'active' } },
  },
  {
    action: 'tenant.export',
    run: async ({ admin }) => (await exportTenant(admin.ctx)).body.cancel(),
  },
  {
    action: 'tenant.export_finish',
    given: async () => {},
    run: async ({ admin }) => drain((await exportTenant(admin.ctx)).body),
    changes: { after: { rows: expect.any(Number), bytes: expect.any(Number) } },
  },
  {
    action: 'audit.export',
    run: async ({ admin }) =>
      drain((await exportAuditLog(admin.ctx, { format: 'csv', action: 'tenant' })).body),
    changes: { after: { format: 'csv', action: 'tenant' } },
  },
  {
    action: 'member.add',
    run: async (tenant) => {
      const stranger = await makePerson(tenant, null);
      const { ctx } = tenant.admin;
      await withPlatform((tx) => addMember(tx, ctx, { userId: stranger.userId, role: 'viewer' }));
    },
    table: 'memberships',
    changes: { after: { role: 'viewer' } },
  },
  {
    action: 'api_key.create',
    run: ({ admin }) => createApiKey(admin.ctx, { name: 'New key' }),
    table: 'apiKeys',
    changes: { after: { name: 'New key' } },
  },
  {
    action: 'api_key.revoke',
    run: ({ admin, firstKey }) => revokeApiKey(admin.ctx, { id: firstKey.keyId }),
    table: 'apiKeys',
    changes: { before: { name: 'First key' } },
  },
  {
    action: 'isolation.check',
    run: ({ admin }) => runIsolationCheck(admin.ctx),
    table: 'isolationChecks',
    changes: { after: { passed: true } },
  },
  {
    action: 'isolation.check',
    run: ({ slug: own }) => tenantsCommand(['check', own]),
    table: 'isolationChecks',
    by: 'operator',
    changes: { after: { passed: true } },
  },
];

const client = { ip: '192.0.2.7', userAgent: 'Test/1.0' };
const asRequest = <T>(run: () => T) =>
  runRequest({ requestId: 'req_x', method: 'POST', host: 'x', path: '/' }, run, client);

describe('the audit log', () => {
  test.each(cases)('has $action in the transaction of the change', async (one) => {
    const tenant = await makeTenant();
    await one.given?.(tenant);
    const known = new Set((await logOf(tenant.id)).map(({ id }) => id));
    await asRequest(() => one.run(tenant));

    const rows = (await logOf(tenant.id)).filter(({ id }) => !known.has(id));
    const found = rows.filter(({ action }) => action === one.action);
    expect(found).toHaveLength(1);
    const [row] = found;
    const { by = 'user' } = one;
    expect(row).toMatchObject({
      actorKind: by,
      actorEmail: by === 'user' ? tenant.admin.email : null,
      ...client,
      ...(by === 'user' ? { actorId: tenant.admin.userId } : {}),
    });
    expect(row?.requestId).toBeTruthy();
    expect(row?.targetId).toBeTruthy();
    for (const side of ['before', 'after'] as const)
      if (one.changes?.[side]) expect(row?.[side]).toMatchObject(one.changes[side]);
    if (one.table) {
      const writers = (await writersOf[one.table](tenant.id)).map(({ by: writer }) => writer);
      expect(writers).toContain(row?.transaction);
    }
  });

  test('has a sign-up’s rows in the transaction that made the workspace', async () => {
    const tenant = await makeTenant();
    const [made, ...rest] = await logOf(tenant.id);
    expect(made).toMatchObject({ action: 'tenant.create', actorId: tenant.admin.userId });
    expect(rest.map(({ action }) => action)).toEqual(['member.add', 'api_key.create']);
    const [writer] = await writersOf.tenants(tenant.id);
    expect([made, ...rest].map((row) => row?.transaction)).toEqual(Array(3).fill(writer?.by));
  });

  test('has the closing of a workspace that nobody confirmed', async () => {
    const { slug: own, email } = signUpData();
    const { id } = await signUpThroughApi({ slug: own, name: 'Unconfirmed', admin_email: email }, 'req_api');
    await withOwner((tx) =>
      tx
        .update(tenantConfirmations)
        .set({ expiresAt: sql`now() - interval '1 second'` })
        .where(eq(tenantConfirmations.tenantId, id)),
    );
    await expireUnconfirmedTenants();
    const [row] = (await logOf(id)).filter(({ action }) => action === 'tenant.expire');
    expect(row).toMatchObject({ actorKind: 'system', after: { status: 'deleting' } });
    expect(row?.transaction).toBe((await writersOf.tenants(id))[0]?.by);
  });

  test('says nothing of the checks that run by themselves', async () => {
    const tenant = await makeTenant();
    await runIsolationCheck({ ...tenant.ctx, actor: { kind: 'system', name: 'canary' } });
    expect((await logOf(tenant.id)).some(({ action }) => action === 'isolation.check')).toBe(false);
  });

  test.each(cases.filter(({ table }) => table))('without $action there is no change', async (one) => {
    const tenant = await makeTenant();
    await one.given?.(tenant);
    const state = async () => JSON.stringify(await (one.table ? writersOf[one.table](tenant.id) : []));
    const before = await state();
    const failing = vi.spyOn(audit, 'emit').mockRejectedValue(new Error('the log cannot be written'));
    try {
      await expect(one.run(tenant)).rejects.toThrow('the log cannot be written');
    } finally {
      failing.mockRestore();
    }
    expect(await state()).toBe(before);
  });

  test('has no secret in it: neither the key nor a password nor its hash', async () => {
    const tenant = await makeTenant();
    const { key } = await createApiKey(tenant.admin.ctx, { name: 'Secret' });
    await revokeApiKey(tenant.admin.ctx, { id: tenant.firstKey.keyId });
    const text = JSON.stringify(await logOf(tenant.id), (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    for (const secret of [key, tenant.firstKey.key, 'correct horse battery', '$argon2'])
      expect(text).not.toContain(secret);
  });
});
