import { asc, eq, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { users } from '@/db/schema/people';
import { memberships, tenants } from '@/db/schema/tenancy';
import { authorize } from '@/lib/auth/authorize';
import type { Workspace } from '@/lib/auth/schema';
import { urlOf } from '@/lib/gateway/hosts';
import type { TenantContext } from '@/lib/tenancy/context';
import type { MemberRow } from './schema';

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

/** The workspace's members, by name. Throws AppError `forbidden`. */
export async function listMembers(ctx: TenantContext): Promise<MemberRow[]> {
  authorize(ctx, 'members:read');
  const rows = await pool('platform')
    .db.select({
      userId: users.id,
      name: users.name,
      email: users.email,
      role: memberships.role,
      joinedAt: memberships.createdAt,
      lastActiveAt: memberships.lastActiveAt,
    })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(eq(memberships.tenantId, ctx.tenant.id))
    .orderBy(asc(sql`lower(${users.name})`), asc(users.email));
  return rows.map((row) => ({
    ...row,
    joinedAt: row.joinedAt.toISOString(),
    lastActiveAt: row.lastActiveAt?.toISOString() ?? null,
  }));
}
