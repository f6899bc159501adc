import { withPlatform } from '@/db/tenant';
import { revokeKeysOf } from '@/lib/api-keys/mutations';
import { authorize } from '@/lib/auth/authorize';
import { AppError } from '@/lib/errors';
import { hostOf, urlOf } from '@/lib/gateway/hosts';
import { queueMail } from '@/lib/mail/outbox';
import { removedMail } from '@/lib/mail/templates';
import { deleteMember, isSelf, nameOf } from '@/lib/members/mutations';
import type { TenantContext } from '@/lib/tenancy/context';

/**
 * Takes a person out of the workspace: from the next request on their sessions are worth nothing here, and the keys that
 * they made are revoked. Service keys stay. They are told by mail. Removing oneself is leaving. Throws AppError
 * `forbidden`, `not_found` for who is no member, `conflict` for the last admin.
 */
export async function removeMember(
  ctx: TenantContext,
  input: { userId: string },
): Promise<{ userId: string }> {
  authorize(ctx, 'members:remove');
  await endMembership(ctx, input.userId);
  return { userId: input.userId };
}

/** Takes the signed-in person out of the workspace, with the keys that they made. Throws AppError `conflict` for the last admin. */
export async function leaveWorkspace(ctx: TenantContext): Promise<{ url: string }> {
  authorize(ctx, 'members:read');
  if (ctx.actor.kind !== 'user') throw new AppError('forbidden', 'Only a person can leave.');
  await endMembership(ctx, ctx.actor.userId);
  return { url: urlOf('cloud') };
}

async function endMembership(ctx: TenantContext, userId: string): Promise<void> {
  await withPlatform(async (db) => {
    const member = await deleteMember(db, ctx, { userId });
    await revokeKeysOf(db, ctx, { userId });
    if (isSelf(ctx, userId)) return;
    const facts = { name: ctx.tenant.name, host: hostOf(ctx.tenant), by: nameOf(ctx) };
    await queueMail(db, removedMail(member.email, facts));
  });
}
