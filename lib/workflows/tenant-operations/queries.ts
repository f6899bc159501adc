import { and, desc, eq, gt, isNull, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { deliveryRefusals } from '@/db/schema/deliveries';
import { tenantConfirmations } from '@/db/schema/lifecycle';
import { tenantRateLimits } from '@/db/schema/limits';
import { supportSessions } from '@/db/schema/operator';
import { users } from '@/db/schema/people';
import { tenantAmounts } from '@/db/schema/quotas';
import { memberships, tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { authorizeOperator } from '@/lib/auth/authorize';
import { AppError } from '@/lib/errors';
import { urlOf } from '@/lib/gateway/hosts';
import { isUuid, tenantSchemaName, toTenantId } from '@/lib/ids';
import { limitOf } from '@/lib/rate-limit/policies';
import { actAs, type OperatorContext, type TenantContext } from '@/lib/tenancy/context';
import { findTenantRate } from '@/lib/tenancy/limits';
import { listAuditEntries } from '@/lib/workflows/audit-log/queries';
import type { AuditPage } from '@/lib/workflows/audit-log/schema';
import { findLastIsolationCheck } from '@/lib/workflows/isolation-canary/queries';
import { getRateUsage } from '@/lib/workflows/limits/queries';
import type { RateUsage } from '@/lib/workflows/limits/schema';
import type { TenantDetail } from './schema';

/** Days of usage that the page shows. */
const DAYS = 30;
/** Refused deliveries that the page shows. */
const ERRORS = 20;

/** A tenant as an operator acts on it, for a reason. Past every cache. Throws AppError `not_found`. */
export async function onTenant(
  ctx: OperatorContext,
  tenantId: string,
  reason: string | null = null,
): Promise<TenantContext> {
  authorizeOperator(ctx);
  const { id, slug, name, status } = tenants;
  const [tenant] = isUuid(tenantId)
    ? await withPlatform((db) => db.select({ id, slug, name, status }).from(tenants).where(eq(id, tenantId)))
    : [];
  if (!tenant) throw new AppError('not_found', 'There is no such tenant.');
  return { tenant, ...actAs(ctx, reason) };
}

/** The newest of a tenant's own audit log, as its admins read it. Throws AppError `not_found`. */
export async function listTenantAudit(ctx: OperatorContext, tenantId: string): Promise<AuditPage> {
  authorizeOperator(ctx);
  return listAuditEntries(await onTenant(ctx, tenantId), {});
}

/** A tenant's rate as it is now, as its own page shows it. Throws AppError `not_found`. */
export async function getTenantRate(ctx: OperatorContext, tenantId: string): Promise<RateUsage> {
  authorizeOperator(ctx);
  return getRateUsage(await onTenant(ctx, tenantId));
}

/** Everything that an operator is shown of one tenant; no secret, and nothing that its clients have sent. Throws AppError `not_found`. */
export async function getTenantDetail(ctx: OperatorContext, tenantId: string): Promise<TenantDetail> {
  authorizeOperator(ctx);
  const own = await onTenant(ctx, tenantId);
  const { id } = own.tenant;
  const [isolation, rate, read] = await Promise.all([
    findLastIsolationCheck(own),
    findTenantRate(id),
    withPlatform(async (db) => ({
      row: await readTenant(db, id),
      members: await readMembers(db, id),
      keys: await readKeys(db, id),
      usage: await readUsage(db, id),
      override: await readOverride(db, id),
      amounts: await readAmounts(db, id),
      schema: await readSchema(db, id),
      errors: await readErrors(db, id),
      support: await readSupport(db, id),
    })),
  ]);
  const policy = limitOf('tenant');
  const standard = {
    perSecond: (policy.limit * 1_000) / policy.windowMs,
    burst: policy.burst,
    from: 'policy',
  } as const;
  const { perSecond, burst, from } = rate ?? standard;
  const { row, override, ...rest } = read;
  return {
    ...row,
    ...rest,
    url: urlOf({ slug: row.slug }),
    isolation,
    rate: {
      per_second: perSecond,
      burst,
      from,
      until: from === 'operator' ? (override?.expiresAt.toISOString() ?? null) : null,
      reason: from === 'operator' ? (override?.reason ?? null) : null,
    },
  };
}

async function readTenant(db: Db, tenantId: string) {
  const { id, slug, name, status, plan, createdAt, allowsSupport } = tenants;
  const [row] = await db
    .select({
      ...{ id, slug, name, status, plan, createdAt, allowsSupport },
      requestedAt: tenants.deletionRequestedAt,
      deleteAfter: tenants.deleteAfter,
      canKeep: sql<boolean>`coalesce(${tenants.deleteAfter} > now(), false)`,
      unconfirmedUntil: tenantConfirmations.expiresAt,
    })
    .from(tenants)
    .leftJoin(tenantConfirmations, eq(tenantConfirmations.tenantId, tenants.id))
    .where(eq(id, tenantId));
  if (!row) throw new AppError('not_found', 'There is no such tenant.');
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    status: row.status,
    plan: row.plan,
    created_at: row.createdAt.toISOString(),
    allows_support: row.allowsSupport,
    unconfirmed_until: row.unconfirmedUntil?.toISOString() ?? null,
    deletion: row.deleteAfter && {
      requested_at: row.requestedAt?.toISOString() ?? null,
      delete_after: row.deleteAfter.toISOString(),
      can_keep: row.canKeep,
    },
  };
}

async function readAmounts(db: Db, tenantId: string): Promise<TenantDetail['amounts']> {
  const [agreed] = await db.select().from(tenantAmounts).where(eq(tenantAmounts.tenantId, tenantId));
  if (!agreed) return null;
  const { traces, per1000Traces, seats, reason, setAt } = agreed;
  return { traces, per_1000_traces: per1000Traces, seats, reason, set_at: setAt.toISOString() };
}

async function readMembers(db: Db, tenantId: string): Promise<TenantDetail['members']> {
  const rows = await db
    .select({
      user_id: users.id,
      name: users.name,
      email: users.email,
      role: memberships.role,
      is_disabled: sql<boolean>`${users.disabledAt} is not null`,
      lastActiveAt: memberships.lastActiveAt,
    })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(eq(memberships.tenantId, tenantId))
    .orderBy(memberships.role, users.email);
  return rows.map(({ lastActiveAt, ...row }) => ({
    ...row,
    last_active_at: lastActiveAt?.toISOString() ?? null,
  }));
}

async function readKeys(db: Db, tenantId: string): Promise<TenantDetail['keys']> {
  const rows = await db
    .select({
      id: apiKeys.id,
      name: apiKeys.name,
      kind: apiKeys.kind,
      scopes: apiKeys.scopes,
      is_service: apiKeys.isService,
      created_by: users.email,
      lastUsedAt: apiKeys.lastUsedAt,
      state: sql<'live' | 'expired' | 'revoked'>`case when ${apiKeys.revokedAt} is not null then 'revoked'
        when ${apiKeys.expiresAt} <= now() then 'expired' else 'live' end`,
    })
    .from(apiKeys)
    .leftJoin(users, eq(users.id, apiKeys.createdBy))
    .where(eq(apiKeys.tenantId, tenantId))
    .orderBy(desc(apiKeys.createdAt));
  return rows.map(({ lastUsedAt, ...row }) => ({ ...row, last_used_at: lastUsedAt?.toISOString() ?? null }));
}

/** Every day of the last thirty, also those on which nothing came. */
async function readUsage(db: Db, tenantId: string): Promise<TenantDetail['usage']> {
  const rows = await db.execute<{ day: string; traces: string; tokens_in: string; tokens_out: string }>(sql`
    select to_char(day, 'YYYY-MM-DD') as day, coalesce(sum(d.trace_count), 0)::text as traces,
      coalesce(sum(d.tokens_in), 0)::text as tokens_in, coalesce(sum(d.tokens_out), 0)::text as tokens_out
    from generate_series((now() at time zone 'UTC')::date - ${DAYS - 1}::int, (now() at time zone 'UTC')::date, '1 day') day
      left join usage_deltas d on d.tenant_id = ${tenantId}
        and d.recorded_at >= day at time zone 'UTC' and d.recorded_at < (day + interval '1 day') at time zone 'UTC'
    group by 1 order by 1`);
  return rows.map((row) => ({
    day: row.day,
    traces: Number(row.traces),
    tokens_in: Number(row.tokens_in),
    tokens_out: Number(row.tokens_out),
  }));
}

async function readOverride(db: Db, tenantId: string) {
  const { expiresAt, reason } = tenantRateLimits;
  const [row] = await db
    .select({ expiresAt, reason })
    .from(tenantRateLimits)
    .where(eq(tenantRateLimits.tenantId, tenantId));
  return row ?? null;
}

/** Sizes are the files'; rows are the planner's estimates, which cost nothing, and are not there for a table that is new. */
async function readSchema(db: Db, tenantId: string): Promise<TenantDetail['schema']> {
  const name = tenantSchemaName(toTenantId(tenantId));
  const rows = await db.execute<{ name: string; bytes: string; rows: string | null }>(sql`
    select c.relname as name, pg_total_relation_size(c.oid)::text as bytes, nullif(c.reltuples, -1)::bigint::text as rows
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${name} and c.relkind = 'r' order by pg_total_relation_size(c.oid) desc, 1`);
  const tables = rows.map((row) => ({
    name: row.name,
    bytes: Number(row.bytes),
    rows: row.rows === null ? null : Number(row.rows),
  }));
  return { name, bytes: tables.reduce((sum, { bytes }) => sum + bytes, 0), tables };
}

/** The last refused deliveries: what is expected, never what was sent. */
async function readErrors(db: Db, tenantId: string): Promise<TenantDetail['errors']> {
  const { at, code, requestId, issues } = deliveryRefusals;
  const rows = await db
    .select({ at, code, requestId, issues, key: apiKeys.name })
    .from(deliveryRefusals)
    .leftJoin(
      apiKeys,
      and(eq(apiKeys.tenantId, deliveryRefusals.tenantId), eq(apiKeys.id, deliveryRefusals.keyId)),
    )
    .where(eq(deliveryRefusals.tenantId, tenantId))
    .orderBy(desc(deliveryRefusals.id))
    .limit(ERRORS);
  return rows.map((row) => ({
    at: row.at.toISOString(),
    code: row.code,
    key: row.key,
    request_id: row.requestId,
    detail: row.issues.map(({ path, message }) => `${path}: ${message}`).join('; '),
  }));
}

async function readSupport(db: Db, tenantId: string): Promise<TenantDetail['support']> {
  const rows = await db
    .select({ stay: supportSessions, by: users.email })
    .from(supportSessions)
    .leftJoin(users, eq(users.id, supportSessions.userId))
    .where(eq(supportSessions.tenantId, tenantId))
    .orderBy(desc(supportSessions.startedAt))
    .limit(10);
  const now = Date.now();
  return rows.map(({ stay, by }) => ({
    id: stay.id,
    by: by ?? 'somebody who is gone',
    reason: stay.reason,
    started_at: stay.startedAt.toISOString(),
    ended_at: (stay.endedAt ?? stay.expiresAt).toISOString(),
    is_open: stay.endedAt === null && stay.expiresAt.getTime() > now,
    write_reason: stay.writeReason,
  }));
}

/** The operator's own open stay at a tenant, or null. */
export async function findOwnStay(
  ctx: OperatorContext,
  tenantId: string,
): Promise<{ id: string; expiresAt: string; writeUntil: string | null } | null> {
  authorizeOperator(ctx);
  const { operator } = ctx;
  if (operator.kind !== 'user') return null;
  const { id, expiresAt, writeUntil } = supportSessions;
  const [row] = await withPlatform((db) =>
    db
      .select({ id, expiresAt, writeUntil })
      .from(supportSessions)
      .where(
        and(
          eq(supportSessions.tenantId, tenantId),
          eq(supportSessions.sessionId, operator.sessionId),
          isNull(supportSessions.endedAt),
          gt(expiresAt, sql`now()`),
        ),
      ),
  );
  return row
    ? {
        id: row.id,
        expiresAt: row.expiresAt.toISOString(),
        writeUntil: row.writeUntil?.toISOString() ?? null,
      }
    : null;
}
