import { and, asc, desc, eq, gt, isNull, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { invitations } from '@/db/schema/invitations';
import { users } from '@/db/schema/people';
import { memberships } from '@/db/schema/tenancy';
import { authorize } from '@/lib/auth/authorize';
import { isUuid } from '@/lib/ids';
import { listMembers } from '@/lib/members/queries';
import type { TenantContext } from '@/lib/tenancy/context';
import { getEntitlements } from '@/lib/tenants/queries';
import type { InvitationRow, InvitingState, Seats, WireTenantUser } from './schema';

/** Open invitations, the newest first, with the seats that the workspace has. Throws AppError `forbidden`. */
export async function getInvitingState(ctx: TenantContext): Promise<InvitingState> {
  authorize(ctx, 'members:read');
  const { db } = pool('platform');
  const [open, seats, isVerified] = await Promise.all([
    listInvitations(db, ctx.tenant.id),
    getSeats(db, ctx.tenant.id),
    isVerifiedInviter(db, ctx),
  ]);
  return { invitations: open, seats, isVerified };
}

/** Everybody of the workspace as the API tells it: members, then those whose invitation is open. Throws AppError `forbidden`. */
export async function listTenantUsers(ctx: TenantContext): Promise<WireTenantUser[]> {
  authorize(ctx, 'members:read');
  const [members, open] = await Promise.all([
    listMembers(ctx),
    listInvitations(pool('platform').db, ctx.tenant.id),
  ]);
  return [
    ...members.map(({ userId, email, name, role, joinedAt, lastActiveAt }) => ({
      id: userId,
      email,
      name,
      role,
      status: 'active' as const,
      created_at: joinedAt,
      last_active_at: lastActiveAt,
    })),
    ...open.filter(({ expired }) => !expired).map(toWireUser),
  ];
}

/** An invitation as the API tells it: somebody who is not there yet. */
export function toWireUser({
  id,
  email,
  role,
  sentAt,
}: Pick<InvitationRow, 'id' | 'email' | 'role' | 'sentAt'>): WireTenantUser {
  return { id, email, name: null, role, status: 'invited', created_at: sentAt, last_active_at: null };
}

/** The seats of a tenant: those that are taken and those that its plan has. Throws AppError `not_found`. */
export async function getSeats(db: Db, tenantId: string): Promise<Seats> {
  const { planName, seats } = await getEntitlements(db, tenantId);
  const members = await db.$count(memberships, eq(memberships.tenantId, tenantId));
  const invited = await db.$count(invitations, and(isOpen(tenantId), gt(invitations.expiresAt, sql`now()`)));
  return { members, invited, used: members + invited, planName, ...seats };
}

/**
 * Whether mails may be sent in the actor's name: the person, or who made the key, has confirmed their address. What no
 * person is named for (the system, a key of the installation) needs none.
 */
export async function isVerifiedInviter(db: Db, { tenant, actor }: TenantContext): Promise<boolean> {
  if (actor.kind === 'system' || actor.kind === 'operator') return true;
  if (actor.kind === 'user') {
    const [person] = await db
      .select({ verifiedAt: users.emailVerifiedAt })
      .from(users)
      .where(eq(users.id, actor.userId));
    return person?.verifiedAt != null;
  }
  if (!isUuid(actor.keyId)) return true;
  const [maker] = await db
    .select({ verifiedAt: users.emailVerifiedAt })
    .from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.createdBy))
    .where(and(eq(apiKeys.tenantId, tenant.id), eq(apiKeys.id, actor.keyId)));
  return maker === undefined || maker.verifiedAt !== null;
}

async function listInvitations(db: Db, tenantId: string): Promise<InvitationRow[]> {
  const { id, email, role, sentAt, expiresAt } = invitations;
  const rows = await db
    .select({
      id,
      email,
      role,
      invitedBy: users.name,
      sentAt,
      expiresAt,
      expired: sql<boolean>`${expiresAt} <= now()`,
    })
    .from(invitations)
    .leftJoin(users, eq(users.id, invitations.invitedBy))
    .where(isOpen(tenantId))
    .orderBy(desc(invitations.createdAt), asc(email));
  return rows.map((row) => ({
    ...row,
    sentAt: row.sentAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
  }));
}

/** Neither accepted nor taken back; it may have expired. */
function isOpen(tenantId: string) {
  return and(
    eq(invitations.tenantId, tenantId),
    isNull(invitations.acceptedAt),
    isNull(invitations.revokedAt),
  );
}
