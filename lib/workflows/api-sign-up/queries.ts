import { and, eq, gt, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { tenantConfirmations } from '@/db/schema/lifecycle';
import { tenants } from '@/db/schema/tenancy';
import { isUuid } from '@/lib/ids';
import type { TenantEntry } from '@/lib/tenancy/directory';

/** The workspace that this person has been asked to confirm, or null: also when it is somebody else's to confirm. */
export async function findUnconfirmedTenant(
  userId: string,
  tenantId: string,
): Promise<Pick<TenantEntry, 'id' | 'slug' | 'name'> | null> {
  if (!isUuid(tenantId)) return null;
  const [row] = await pool('platform')
    .db.select({ id: tenants.id, slug: tenants.slug, name: tenants.name })
    .from(tenantConfirmations)
    .innerJoin(tenants, eq(tenants.id, tenantConfirmations.tenantId))
    .where(
      and(
        eq(tenantConfirmations.tenantId, tenantId),
        eq(tenantConfirmations.userId, userId),
        gt(tenantConfirmations.expiresAt, sql`now()`),
        eq(tenants.status, 'active'),
      ),
    );
  return row ?? null;
}
