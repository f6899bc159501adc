import { AppError } from '@/lib/errors';
import type { Actor, OperatorContext, PlatformActor, TenantContext } from '@/lib/tenancy/context';
import { type Permission, permissions, roleCan, supportMayNever } from './permissions';
import { scopesCan } from './scopes';

/** Whether an actor holds a permission: a person by role, a key by its scopes and its creator's role, the system always. */
export function can(actor: Actor, permission: Permission): boolean {
  if (actor.kind === 'user')
    return roleCan(actor.role, permission) && !(actor.support && supportMayNever(permission));
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

/** Begins every verb of the platform: throws AppError `forbidden` for whoever is of a tenant. */
export function authorizePlatform(by: { actor: Actor }): asserts by is PlatformActor {
  if (by.actor.kind !== 'system' && by.actor.kind !== 'operator') throw new AppError('forbidden');
}

/** Begins every verb of the operator's console: throws AppError `forbidden` for whoever is no operator. */
export function authorizeOperator(ctx: OperatorContext): void {
  // Contexts of operators are made from their credentials alone; a tenant's that got here has no operator.
  if (!ctx.operator) throw new AppError('forbidden');
}

function whatForbids(actor: Actor, permission: Permission): string {
  if (actor.kind === 'user' && actor.support)
    return actor.support.writeUntil ? 'Support may never do this' : 'Support looks in read-only';
  if (actor.kind !== 'api-key') return 'Your role does not allow this';
  return scopesCan(actor.scopes, null, permission)
    ? `The role of this key’s creator does not allow "${permission}"`
    : `This key’s scopes do not allow "${permission}"`;
}
