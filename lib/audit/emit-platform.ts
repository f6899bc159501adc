import type { Db } from '@/db/client';
import { platformAudit } from '@/db/schema/operator';
import { currentClient } from '@/lib/log';
import type { OperatorContext } from '@/lib/tenancy/context';
import type { PlatformAction } from './actions';

/** What an operator has done to the platform, and why. `before` and `after` hold the fields that changed, never a secret. */
export type PlatformEvent = {
  action: PlatformAction;
  target: { kind: string; id: string };
  reason?: string | null;
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
};

/**
 * Writes a row of the platform's own log inside the caller's transaction of the platform login: for what concerns no
 * single tenant. What an operator does to a tenant is written to that tenant's log, by `emit`.
 */
export async function emitPlatform(
  db: Db,
  { operator, requestId }: OperatorContext,
  event: PlatformEvent,
): Promise<void> {
  const { ip, userAgent } = currentClient();
  await db.insert(platformAudit).values({
    actorKind: operator.kind,
    actorId: operator.id,
    actorName: operator.kind === 'user' ? operator.email : operator.name,
    action: event.action,
    targetKind: event.target.kind,
    targetId: event.target.id,
    reason: event.reason ?? null,
    before: event.before ?? null,
    after: event.after ?? null,
    ip,
    userAgent,
    requestId,
  });
}
