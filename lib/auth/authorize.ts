import { AppError } from '@/lib/errors';
import type { Actor, OperatorContext, PlatformActor, TenantContext } from '@/lib/tenancy/context';
import {
  isRefusedWhileReadOnly,
  type Permission,
  permissions,
  roleCan,
  supportMayNever,
} from './permissions';
import { scopesCan } from './scopes';

/** What is told to whoever wants to add something to a workspace that has not paid. */
export const READ_ONLY =
  'This workspace is read-only, because an invoice has not been paid. An admin can pay it at Settings → Billing.';

/** Whether an actor holds a permission: a person by role, a key by its scopes and its creator's role, the system always. */
export function can(actor: Actor, permission: Permission): boolean {
  if (actor.kind === 'user')
    return roleCan(actor.role, permission) && !(actor.support && supportMayNever(permission));
  if (actor.kind === 'api-key') return scopesCan(actor.scopes, actor.creatorRole, permission);
  return true;
}

/** Begins every verb: throws AppError `forbidden`, saying what is missing, unless the actor holds the permission. */
export function authorize(ctx: TenantContext, permission: Permission): void {
  if (can(ctx.actor, permission)) {
    assertWritable(ctx, permission);
    return;
  }
  throw new AppError(
    'forbidden',
    `${whatForbids(ctx.actor, permission)}: ${permissions[permission].description.toLowerCase()}.`,
  );
}

/** In a workspace that has not paid for a while people and keys add nothing; operators and the system may. */
function assertWritable({ tenant, actor }: TenantContext, permission: Permission): void {
  if (!tenant.readOnlySince || !isRefusedWhileReadOnly(permission)) return;
  if (actor.kind === 'user' || actor.kind === 'api-key') throw new AppError('limit_exceeded', READ_ONLY);
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
