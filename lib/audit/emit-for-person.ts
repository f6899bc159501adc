import { and, eq, gt, isNull, or, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { memberships, tenants } from '@/db/schema/tenancy';
import { currentRequestId } from '@/lib/log';
import type { AuditAction } from './actions';
import { type AuditEvent, emit } from './emit';

/** Who has changed something about themselves: as they were before the change. */
export type AuditedPerson = { userId: string; email: string; name: string };

/**
 * Writes an audit row about a person, by that person, into each tenant they belong to, inside the caller's transaction. A
 * tenant whose erasure is due gets none: its rows are counted, and go.
 */
export async function emitForPerson(
  db: Db,
  { userId, email, name }: AuditedPerson,
  event: Omit<AuditEvent, 'target' | 'action'> & { action: Extract<AuditAction, `user.${string}`> },
): Promise<void> {
  const rows = await db
    .select({
      tenant: { id: tenants.id, slug: tenants.slug, name: tenants.name, status: tenants.status },
      role: memberships.role,
    })
    .from(memberships)
    .innerJoin(tenants, eq(tenants.id, memberships.tenantId))
    .where(
      and(
        eq(memberships.userId, userId),
        or(isNull(tenants.deleteAfter), gt(tenants.deleteAfter, sql`now()`)),
      ),
    );
  for (const { tenant, role } of rows) {
    const actor = { kind: 'user', userId, email, name, role } as const;
    const ctx = { tenant, actor, requestId: currentRequestId() };
    await emit(db, ctx, { ...event, target: { kind: 'user', id: userId } });
  }
}
