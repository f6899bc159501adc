import { and, asc, eq } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { users } from '@/db/schema/people';
import { memberships } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import { announceKeysOf } from '@/lib/auth/api-key';
import { authorize } from '@/lib/auth/authorize';
import type { Role } from '@/lib/auth/schema';
import { AppError } from '@/lib/errors';
import { hostOf, urlOf } from '@/lib/gateway/hosts';
import { queueMail } from '@/lib/mail/outbox';
import { roleChangedMail } from '@/lib/mail/templates';
import type { TenantContext } from '@/lib/tenancy/context';
import { closeSeat, openSeats } from '@/lib/usage/seats';
import { LAST_ADMIN } from './rules';

/** A member as they were found, locked until the caller's transaction ends. */
export type LockedMember = { userId: string; email: string; role: Role };

/**
 * Makes a person a member of the tenant, inside the caller's transaction. `how` is what the audit log calls it. Throws
 * the unique violation when they are one.
 */
export async function addMember(
  db: Db,
  ctx: TenantContext,
  member: { userId: string; role: Role },
  how: 'member.add' | 'member.accept' = 'member.add',
): Promise<void> {
  await db.insert(memberships).values({ tenantId: ctx.tenant.id, ...member });
  await openSeats(db, ctx.tenant.id, [member.userId]);
  await emit(db, ctx, {
    action: how,
    target: { kind: 'user', id: member.userId },
    after: { role: member.role },
  });
}

/**
 * Gives a member another role; it holds from their next request on, for their keys too, and they are told by mail.
 * Throws AppError `forbidden`, `not_found` for who is no member, `conflict` for the last admin.
 */
export async function changeRole(
  ctx: TenantContext,
  input: { userId: string; role: Role },
): Promise<{ userId: string; role: Role }> {
  authorize(ctx, 'members:update');
  return withPlatform(async (db) => {
    const member = await lockMember(db, ctx, input.userId);
    if (member.role === input.role) return input;
    if (member.role === 'admin' && member.isLastAdmin) throw new AppError('conflict', LAST_ADMIN);
    await db
      .update(memberships)
      .set({ role: input.role })
      .where(and(eq(memberships.tenantId, ctx.tenant.id), eq(memberships.userId, input.userId)));
    await emit(db, ctx, {
      action: 'member.change_role',
      target: { kind: 'user', id: input.userId },
      before: { role: member.role },
      after: { role: input.role },
    });
    await announceKeysOf(db, { tenantId: ctx.tenant.id, userId: input.userId });
    if (!isSelf(ctx, input.userId)) {
      const facts = { name: ctx.tenant.name, host: hostOf(ctx.tenant), by: nameOf(ctx), role: input.role };
      await queueMail(db, roleChangedMail(member.email, { ...facts, url: urlOf(ctx.tenant, '/') }));
    }
    return input;
  });
}

/**
 * Ends a membership, inside the caller's transaction, and says whose it was. Throws AppError `not_found`, `conflict` for
 * the last admin, `forbidden` when the actor has just lost the right to do it.
 */
export async function deleteMember(
  db: Db,
  ctx: TenantContext,
  input: { userId: string },
): Promise<LockedMember> {
  const { isLastAdmin, ...member } = await lockMember(db, ctx, input.userId);
  if (isLastAdmin) throw new AppError('conflict', LAST_ADMIN);
  await db
    .delete(memberships)
    .where(and(eq(memberships.tenantId, ctx.tenant.id), eq(memberships.userId, input.userId)));
  await closeSeat(db, ctx.tenant.id, input.userId);
  await emit(db, ctx, {
    action: isSelf(ctx, input.userId) ? 'member.leave' : 'member.remove',
    target: { kind: 'user', id: input.userId },
    before: { role: member.role, email: member.email },
  });
  return member;
}

/**
 * A member, with all admins of the tenant locked beside them, in one order: of two admins who demote or remove each other
 * at once the second finds the first's work done. That one's own right is asked again: it may have gone while they waited.
 */
async function lockMember(
  db: Db,
  ctx: TenantContext,
  userId: string,
): Promise<LockedMember & { isLastAdmin: boolean }> {
  const admins = await db
    .select({ userId: memberships.userId })
    .from(memberships)
    .where(and(eq(memberships.tenantId, ctx.tenant.id), eq(memberships.role, 'admin')))
    .orderBy(asc(memberships.userId))
    .for('update');
  const isAdmin = (id: string) => admins.some((admin) => admin.userId === id);
  const { actor } = ctx;
  if (actor.kind === 'user' && actor.userId !== userId && !isAdmin(actor.userId))
    throw new AppError('forbidden', 'You are no admin of this workspace any more.');
  const [member] = await db
    .select({ userId: memberships.userId, email: users.email, role: memberships.role })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(and(eq(memberships.tenantId, ctx.tenant.id), eq(memberships.userId, userId)))
    .for('update', { of: memberships });
  if (!member) throw new AppError('not_found', 'There is no such member.');
  return { ...member, isLastAdmin: isAdmin(userId) && admins.length === 1 };
}

/** Whether a change is one of the actor to themselves. */
export function isSelf({ actor }: TenantContext, userId: string): boolean {
  return actor.kind === 'user' && actor.userId === userId;
}

/** The actor as a mail names them; null for a key or the system. */
export function nameOf({ actor }: TenantContext): string | null {
  return actor.kind === 'user' ? `${actor.name} (${actor.email})` : null;
}
