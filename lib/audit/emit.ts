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
  const reason = actor.kind === 'operator' && actor.reason !== null ? { reason: actor.reason } : null;
  await db.insert(auditLog).values({
    tenantId: ctx.tenant.id,
    ...describeActor(actor),
    action: event.action,
    targetKind: event.target.kind,
    targetId: event.target.id,
    before: event.before ?? null,
    after: event.after || reason ? { ...event.after, ...reason } : null,
    ip,
    userAgent,
    requestId: ctx.requestId,
  });
}

type Described = Pick<typeof auditLog.$inferInsert, 'actorKind' | 'actorId' | 'actorEmail'>;

function describeActor(actor: Actor): Described {
  const actorKind = isOperator(actor) ? 'operator' : actor.kind;
  if (actor.kind === 'user') return { actorKind, actorId: actor.userId, actorEmail: actor.email };
  if (actor.kind === 'api-key') return { actorKind, actorId: actor.keyId, actorEmail: null };
  if (actor.kind === 'system') return { actorKind, actorId: actor.name, actorEmail: null };
  const { operator } = actor;
  return { actorKind, actorId: operator.id, actorEmail: operator.kind === 'user' ? operator.email : null };
}

/** Whether it is an operator who acts: from the console, from within a tenant's, or from a shell. */
export function isOperator(actor: Actor): boolean {
  if (actor.kind === 'user') return actor.support !== undefined;
  return actor.kind === 'operator' || (actor.kind === 'system' && actor.name === OPERATOR);
}
