import { AppError } from '@/lib/errors';
import type { Actor, TenantContext } from '@/lib/tenancy/context';
import { type Permission, permissions, roleCan } from './permissions';
import { scopesCan } from './scopes';

/** Whether an actor holds a permission: a person by role, a key by its scopes and its creator's role, the system always. */
export function can(actor: Actor, permission: Permission): boolean {
  if (actor.kind === 'user') return roleCan(actor.role, permission);
  if (actor.kind === 'api-key') return scopesCan(actor.scopes, actor.creatorRole, permission);
  return true;
}

/** Begins every verb: throws AppError `forbidden`, saying what is missing, unless the actor holds the permission. */
export function authorize(ctx: TenantContext, permission: Permission): void {
  if (can(ctx.actor, permission)) return;
  throw new AppError(
    'forbidden',
    `${whatForbids(ctx.actor, permission)}: ${permissions[permission].description.toLowerCase()}.`,
  );
}

function whatForbids(actor: Actor, permission: Permission): string {
  if (actor.kind !== 'api-key') return 'Your role does not allow this';
  return scopesCan(actor.scopes, null, permission)
    ? `The role of this key’s creator does not allow "${permission}"`
    : `This key’s scopes do not allow "${permission}"`;
}
