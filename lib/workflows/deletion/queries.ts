import { and, eq, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { users } from '@/db/schema/people';
import { tenants } from '@/db/schema/tenancy';
import { authorize } from '@/lib/auth/authorize';
import type { TenantContext } from '@/lib/tenancy/context';
import type { PendingDeletion } from './schema';

/** The deletion that has been asked for, or null when there is none. Throws AppError `forbidden`. */
export async function getPendingDeletion(ctx: TenantContext): Promise<PendingDeletion | null> {
  authorize(ctx, 'tenant:delete');
  const [row] = await pool('platform')
    .db.select({
      requestedAt: tenants.deletionRequestedAt,
      requestedBy: users.email,
      deleteAfter: tenants.deleteAfter,
      canCancel: sql<boolean>`${tenants.deleteAfter} > now()`,
    })
    .from(tenants)
    .leftJoin(users, eq(users.id, tenants.deletionRequestedBy))
    .where(and(eq(tenants.id, ctx.tenant.id), eq(tenants.status, 'deleting')));
  if (!row?.deleteAfter) return null;
  return {
    requestedAt: row.requestedAt?.toISOString() ?? null,
    requestedBy: row.requestedBy,
    deleteAfter: row.deleteAfter.toISOString(),
    canCancel: row.canCancel,
  };
}
