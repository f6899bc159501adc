import { AppError } from '@/lib/errors';
import type { Actor, TenantContext } from '@/lib/tenancy/context';
import { type Permission, permissions, roleCan } from './permissions';

/** Whether an actor holds a permission: a person by role, a key by scope, the system always. */
export function can(actor: Actor, permission: Permission): boolean {
  if (actor.kind === 'user') return roleCan(actor.role, permission);
  if (actor.kind === 'api-key') return actor.scopes.includes(permission);
  return true;
}

/** Begins every verb: throws AppError `forbidden`, saying what is missing, unless the actor holds the permission. */
export function authorize(ctx: TenantContext, permission: Permission): void {
  if (can(ctx.actor, permission)) return;
  const who =
    ctx.actor.kind === 'api-key'
      ? `This key lacks the scope "${permission}"`
      : 'Your role does not allow this';
  throw new AppError('forbidden', `${who}: ${permissions[permission].description.toLowerCase()}.`);
}
