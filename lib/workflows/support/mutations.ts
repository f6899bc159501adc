import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { supportSessions } from '@/db/schema/operator';
import { memberships, tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import { authorize, authorizeOperator } from '@/lib/auth/authorize';
import { AppError } from '@/lib/errors';
import { urlOf } from '@/lib/gateway/hosts';
import { newId } from '@/lib/ids';
import { actAs, type Operator, type OperatorContext, type TenantContext } from '@/lib/tenancy/context';
import type { TenantEntry } from '@/lib/tenancy/directory';
import { lockTenant } from '@/lib/tenants/mutations';
import { SUPPORT_MINUTES, WRITE_MINUTES } from './rules';

type OnTenant = { tenantId: string; reason: string };
type Person = Extract<Operator, { kind: 'user' }>;

/**
 * Lets an operator look into a tenant's console for half an hour, by the session they are signed in with and read-only. The
 * tenant's log says who, and why, before the console opens. Entering again begins anew. Throws AppError `forbidden` for an
 * operator key, and where the tenant's admins do not want it; `not_found`; `conflict` for a tenant that is closed, and for
 * its own members.
 */
export async function enterAsSupport(
  ctx: OperatorContext,
  { tenantId, reason }: OnTenant,
): Promise<{ url: string; expiresAt: string }> {
  authorizeOperator(ctx);
  const operator = assertPerson(ctx);
  return withPlatform(async (db) => {
    const tenant = await lockTenant(db, tenantId);
    if (tenant.status !== 'active') throw new AppError('conflict', `This tenant is ${tenant.status}.`);
    const [setting] = await db
      .select({ allowed: tenants.allowsSupport })
      .from(tenants)
      .where(eq(tenants.id, tenantId));
    if (!setting?.allowed)
      throw new AppError('forbidden', 'The admins of this tenant do not let support in.');
    const own = and(eq(memberships.tenantId, tenantId), eq(memberships.userId, operator.id));
    if ((await db.$count(memberships, own)) > 0)
      throw new AppError('conflict', 'You belong to this tenant: open it as yourself.');
    await endStays(db, tenantId, operator.sessionId);
    const id = newId();
    const [stay] = await db
      .insert(supportSessions)
      .values({
        ...{ tenantId, id, reason },
        userId: operator.id,
        sessionId: operator.sessionId,
        expiresAt: sql`now() + make_interval(mins => ${SUPPORT_MINUTES})`,
      })
      .returning({ expiresAt: supportSessions.expiresAt });
    const expiresAt = stay?.expiresAt.toISOString() ?? '';
    await emit(
      db,
      { tenant, ...actAs(ctx, reason) },
      { action: 'support.enter', target: { kind: 'support', id }, after: { until: expiresAt } },
    );
    return { url: urlOf(tenant, '/traces'), expiresAt };
  });
}

/**
 * The second step: lets an operator who is looking in change things for ten minutes, as an admin would, but for what
 * `supportMayNever` names. It has a reason and a row of its own. Throws AppError `conflict` when no stay is open.
 */
export async function allowSupportWriting(
  ctx: OperatorContext,
  { tenantId, reason }: OnTenant,
): Promise<{ writeUntil: string }> {
  authorizeOperator(ctx);
  const operator = assertPerson(ctx);
  return withPlatform(async (db) => {
    const tenant = await lockTenant(db, tenantId);
    const [stay] = await db
      .update(supportSessions)
      .set({
        writeReason: reason,
        writeUntil: sql`least(${supportSessions.expiresAt}, now() + make_interval(mins => ${WRITE_MINUTES}))`,
      })
      .where(and(isOpen(tenantId, operator.sessionId), gt(supportSessions.expiresAt, sql`now()`)))
      .returning({ id: supportSessions.id, writeUntil: supportSessions.writeUntil });
    if (!stay?.writeUntil)
      throw new AppError('conflict', 'Enter the console first: no stay of yours is open.');
    const writeUntil = stay.writeUntil.toISOString();
    await emit(
      db,
      { tenant, ...actAs(ctx, reason) },
      {
        action: 'support.allow_writing',
        target: { kind: 'support', id: stay.id },
        after: { until: writeUntil },
      },
    );
    return { writeUntil };
  });
}

/** Ends the operator's stay from within the console: the next request is a stranger's. Does nothing for anybody else. */
export async function leaveSupport(ctx: TenantContext): Promise<{ url: string }> {
  authorize(ctx, 'tenant:read');
  const { actor, tenant } = ctx;
  const url = urlOf('cloud', `/admin/tenants/${tenant.id}`);
  const support = actor.kind === 'user' ? actor.support : undefined;
  if (!support) throw new AppError('conflict', 'You are here as yourself.');
  await withPlatform(async (db) => {
    const [ended] = await db
      .update(supportSessions)
      .set({ endedAt: sql`now()` })
      .where(
        and(
          eq(supportSessions.tenantId, tenant.id),
          eq(supportSessions.id, support.id),
          isNull(supportSessions.endedAt),
        ),
      )
      .returning({ id: supportSessions.id });
    if (ended) await emit(db, ctx, { action: 'support.leave', target: { kind: 'support', id: support.id } });
  });
  return { url };
}

/**
 * Says whether operators may look into the workspace's console. Forbidding it ends the stays that are open. Throws AppError
 * `forbidden`.
 */
export async function setSupport(
  ctx: TenantContext,
  { allowed }: { allowed: boolean },
): Promise<{ allowed: boolean }> {
  authorize(ctx, 'tenant:update');
  return withPlatform(async (db) => {
    const tenant: TenantEntry = await lockTenant(db, ctx.tenant.id);
    const [changed] = await db
      .update(tenants)
      .set({ allowsSupport: allowed, updatedAt: sql`now()` })
      .where(and(eq(tenants.id, tenant.id), eq(tenants.allowsSupport, !allowed)))
      .returning({ id: tenants.id });
    if (!changed) return { allowed };
    const sessionsEnded = allowed ? 0 : await endStays(db, tenant.id);
    await emit(db, ctx, {
      action: allowed ? 'tenant.allow_support' : 'tenant.forbid_support',
      target: { kind: 'tenant', id: tenant.id },
      ...(sessionsEnded > 0 ? { after: { sessionsEnded } } : {}),
    });
    return { allowed };
  });
}

/** Ends the open stays at a tenant, those of one session or all, inside the caller's transaction; answers how many. */
async function endStays(db: Db, tenantId: string, sessionId?: string): Promise<number> {
  const ended = await db
    .update(supportSessions)
    .set({ endedAt: sql`now()` })
    .where(and(isOpen(tenantId, sessionId), gt(supportSessions.expiresAt, sql`now()`)))
    .returning({ id: supportSessions.id });
  return ended.length;
}

function isOpen(tenantId: string, sessionId?: string) {
  return and(
    eq(supportSessions.tenantId, tenantId),
    sessionId ? eq(supportSessions.sessionId, sessionId) : undefined,
    isNull(supportSessions.endedAt),
  );
}

/** A key has no browser that could look in. */
function assertPerson({ operator }: OperatorContext): Person {
  if (operator.kind !== 'user')
    throw new AppError('forbidden', 'Only a person enters a console: sign in at cloud.');
  return operator;
}
