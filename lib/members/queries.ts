import { and, asc, eq, gt, isNotNull, isNull, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { invitations } from '@/db/schema/invitations';
import { users } from '@/db/schema/people';
import { memberships, tenants } from '@/db/schema/tenancy';
import { authorize } from '@/lib/auth/authorize';
import type { WaitingInvitation, Workspace } from '@/lib/auth/schema';
import { urlOf } from '@/lib/gateway/hosts';
import type { TenantContext } from '@/lib/tenancy/context';
import type { MemberRow } from './schema';

/** The workspaces a person belongs to, the last visited first. Reads across tenants, by the person's own id. */
export async function listWorkspaces(userId: string): Promise<Workspace[]> {
  const rows = await pool('platform')
    .db.select({
      tenantId: tenants.id,
      slug: tenants.slug,
      name: tenants.name,
      role: memberships.role,
      lastActiveAt: memberships.lastActiveAt,
    })
    .from(memberships)
    .innerJoin(tenants, eq(tenants.id, memberships.tenantId))
    .where(eq(memberships.userId, userId))
    .orderBy(sql`${memberships.lastActiveAt} desc nulls last`, asc(tenants.name));
  return rows.map(({ lastActiveAt, ...row }) => ({
    ...row,
    url: urlOf({ slug: row.slug }),
    lastVisit: lastActiveAt?.toISOString() ?? null,
  }));
}

/**
 * The invitations that wait for a person: open, not expired, to their own address once they have proved that it is theirs,
 * of active workspaces they do not belong to. Reads across tenants, by the person's own id.
 */
export async function listWaitingInvitations(userId: string): Promise<WaitingInvitation[]> {
  const rows = await pool('platform')
    .db.select({
      id: invitations.id,
      tenantName: tenants.name,
      role: invitations.role,
      expiresAt: invitations.expiresAt,
    })
    .from(users)
    .innerJoin(invitations, eq(invitations.email, users.email))
    .innerJoin(tenants, eq(tenants.id, invitations.tenantId))
    .leftJoin(
      memberships,
      and(eq(memberships.tenantId, invitations.tenantId), eq(memberships.userId, users.id)),
    )
    .where(
      and(
        eq(users.id, userId),
        isNotNull(users.emailVerifiedAt),
        isNull(invitations.acceptedAt),
        isNull(invitations.revokedAt),
        gt(invitations.expiresAt, sql`now()`),
        eq(tenants.status, 'active'),
        isNull(memberships.userId),
      ),
    )
    .orderBy(asc(tenants.name));
  return rows.map((row) => ({ ...row, expiresAt: row.expiresAt.toISOString() }));
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
