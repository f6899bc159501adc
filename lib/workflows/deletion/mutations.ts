import { and, eq, gt, sql } from 'drizzle-orm';
import { tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import { authorize } from '@/lib/auth/authorize';
import { AppError } from '@/lib/errors';
import { hostOf, urlOf } from '@/lib/gateway/hosts';
import { queueMail } from '@/lib/mail/outbox';
import { deletionCancelledMail, deletionRequestedMail } from '@/lib/mail/templates';
import type { TenantContext } from '@/lib/tenancy/context';
import { announceTenantChange } from '@/lib/tenancy/directory';
import { lockTenant } from '@/lib/tenants/mutations';
import { listAdminAddresses } from '@/lib/tenants/queries';
import { DELETION_GRACE_DAYS } from './rules';

/**
 * Asks for the workspace to be deleted: it is closed at once and erased after seven days, until when an admin can undo
 * it. All admins are told by mail. Throws AppError `forbidden`, `invalid_input` when the slug is not its own, `conflict`
 * when it is not active.
 */
export async function requestDeletion(
  ctx: TenantContext,
  input: { slug: string },
): Promise<{ deleteAfter: string }> {
  authorize(ctx, 'tenant:delete');
  return withPlatform(async (db) => {
    const tenant = await lockTenant(db, ctx.tenant.id);
    if (tenant.slug !== input.slug) {
      const message = 'That is not the workspace’s address.';
      throw new AppError('invalid_input', message, [{ path: 'slug', message }]);
    }
    if (tenant.status !== 'active') throw new AppError('conflict', `This workspace is ${tenant.status}.`);
    const [row] = await db
      .update(tenants)
      .set({
        status: 'deleting',
        deletionRequestedAt: sql`now()`,
        deletionRequestedBy: ctx.actor.kind === 'user' ? ctx.actor.userId : null,
        deleteAfter: sql`now() + make_interval(days => ${DELETION_GRACE_DAYS})`,
        updatedAt: sql`now()`,
      })
      .where(eq(tenants.id, tenant.id))
      .returning({ deleteAfter: tenants.deleteAfter });
    const deleteAfter = row?.deleteAfter?.toISOString() ?? '';
    await emit(db, ctx, {
      action: 'tenant.request_deletion',
      target: { kind: 'tenant', id: tenant.id },
      before: { status: tenant.status },
      after: { status: 'deleting', deleteAfter },
    });
    const facts = {
      name: tenant.name,
      host: hostOf(tenant),
      by: ctx.actor.kind === 'user' ? ctx.actor.email : null,
      deleteAfter,
      undoUrl: urlOf(tenant, '/'),
    };
    for (const address of await listAdminAddresses(db, tenant.id))
      await queueMail(db, deletionRequestedMail(address, facts));
    await announceTenantChange(db, { id: tenant.id, slugs: [tenant.slug] });
    return { deleteAfter };
  });
}

/**
 * Keeps a workspace whose deletion was asked for: all is as before. All admins are told by mail. Throws AppError
 * `forbidden`, `conflict` when no deletion is pending or the days of grace are over.
 */
export async function cancelDeletion(ctx: TenantContext): Promise<{ url: string }> {
  authorize(ctx, 'tenant:delete');
  return withPlatform(async (db) => {
    const tenant = await lockTenant(db, ctx.tenant.id);
    if (tenant.status !== 'deleting') throw new AppError('conflict', `This workspace is ${tenant.status}.`);
    // Asked after the lock: an erasure that held it has begun after the deadline, and then this is after it too.
    const [kept] = await db
      .update(tenants)
      .set({
        status: 'active',
        deletionRequestedAt: null,
        deletionRequestedBy: null,
        deleteAfter: null,
        updatedAt: sql`now()`,
      })
      .where(and(eq(tenants.id, tenant.id), gt(tenants.deleteAfter, sql`clock_timestamp()`)))
      .returning({ id: tenants.id });
    if (!kept) throw new AppError('conflict', 'The days of grace are over: the erasure has begun.');
    await emit(db, ctx, {
      action: 'tenant.cancel_deletion',
      target: { kind: 'tenant', id: tenant.id },
      before: { status: 'deleting' },
      after: { status: 'active' },
    });
    const facts = { name: tenant.name, by: ctx.actor.kind === 'user' ? ctx.actor.email : null };
    const url = urlOf(tenant, '/');
    for (const address of await listAdminAddresses(db, tenant.id))
      await queueMail(db, deletionCancelledMail(address, { ...facts, url }));
    await announceTenantChange(db, { id: tenant.id, slugs: [tenant.slug] });
    return { url };
  });
}
