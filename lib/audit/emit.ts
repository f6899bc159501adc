import type { Db } from '@/db/client';
import { auditLog } from '@/db/schema/audit';
import { currentClient } from '@/lib/log';
import type { Actor, TenantContext } from '@/lib/tenancy/context';
import type { AuditAction } from './actions';

/** What happened to what. `before` and `after` hold the fields that changed, never a secret. */
export type AuditEvent = {
  action: AuditAction;
  target: { kind: string; id: string };
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
};

/** The name by which the system acts when an operator has told it to, from a shell. */
export const OPERATOR = 'operator';

/** Writes an audit row inside the caller's transaction: no change without its row, no row without its change. */
export async function emit(
  db: Db,
  ctx: Pick<TenantContext, 'tenant' | 'actor' | 'requestId'>,
  event: AuditEvent,
): Promise<void> {
  const { actor } = ctx;
  const { ip, userAgent } = currentClient();
  await db.insert(auditLog).values({
    tenantId: ctx.tenant.id,
    actorKind: isOperator(actor) ? 'operator' : actor.kind,
    actorId: actor.kind === 'user' ? actor.userId : actor.kind === 'api-key' ? actor.keyId : actor.name,
    actorEmail: actor.kind === 'user' ? actor.email : null,
    action: event.action,
    targetKind: event.target.kind,
    targetId: event.target.id,
    before: event.before ?? null,
    after: event.after ?? null,
    ip,
    userAgent,
    requestId: ctx.requestId,
  });
}

/** Whether it is an operator who acts, and not the system by itself. */
export function isOperator(actor: Actor): boolean {
  return actor.kind === 'system' && actor.name === OPERATOR;
}
