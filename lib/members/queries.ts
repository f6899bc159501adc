import { asc, eq } from 'drizzle-orm';
import { pool } from '@/db/client';
import { memberships, tenants } from '@/db/schema/tenancy';
import type { Workspace } from '@/lib/auth/schema';
import { urlOf } from '@/lib/gateway/hosts';

/** The workspaces a person belongs to, by name. Reads across tenants, by the person's own id. */
export async function listWorkspaces(userId: string): Promise<Workspace[]> {
  const rows = await pool('platform')
    .db.select({ tenantId: tenants.id, slug: tenants.slug, name: tenants.name, role: memberships.role })
    .from(memberships)
    .innerJoin(tenants, eq(tenants.id, memberships.tenantId))
    .where(eq(memberships.userId, userId))
    .orderBy(asc(tenants.name));
  return rows.map((row) => ({ ...row, url: urlOf({ slug: row.slug }) }));
}
