import { and, asc, desc, eq, gte, ilike, inArray, lt, or, type SQL, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { isoTime } from '@/db/iso-time';
import { apiKeys } from '@/db/schema/api-keys';
import { auditLog } from '@/db/schema/audit';
import { invitations } from '@/db/schema/invitations';
import { users } from '@/db/schema/people';
import { memberships } from '@/db/schema/tenancy';
import { withPlatform, withTenant } from '@/db/tenant';
import { auditActions, auditResources, titleOfAction } from '@/lib/audit/actions';
import { authorize } from '@/lib/auth/authorize';
import { isUuid } from '@/lib/ids';
import type { TenantContext } from '@/lib/tenancy/context';
import { parseTimestamp } from '@/lib/traces/schema';
import { decodeCursor, diff, encodeCursor, nameInRow } from './rules';
import {
  AUDIT_PER_PAGE,
  type AuditChoices,
  type AuditEntry,
  type AuditFilter,
  type AuditPage,
  actorKinds,
} from './schema';

/** A page of the tenant's audit log, newest first, by keyset: page 1,000 costs what page 1 does. */
export async function listAuditEntries(ctx: TenantContext, filter: AuditFilter): Promise<AuditPage> {
  authorize(ctx, 'audit:read');
  return readAuditPage(ctx, filter, AUDIT_PER_PAGE);
}

/** What the filters of the log offer. */
export async function listAuditChoices(ctx: TenantContext): Promise<AuditChoices> {
  authorize(ctx, 'audit:read');
  const actions = Object.entries(auditActions).map(([action, title]) => ({ action, title }));
  const people = await withPlatform((db) => selectPeople(db, ctx).orderBy(asc(users.email)).limit(500));
  return {
    resources: Object.entries(auditResources).map(([resource, title]) => ({
      resource,
      title,
      actions: actions.filter(({ action }) => action.startsWith(`${resource}.`)),
    })),
    people: people.map(({ id, email }) => ({ id, email })),
  };
}

/** Up to `size` rows after the filter's cursor, with what their targets are called. For verbs that have asked for permission. */
export async function readAuditPage(
  ctx: Pick<TenantContext, 'tenant'>,
  filter: AuditFilter,
  size: number,
): Promise<AuditPage> {
  const people = filter.q ? await findPeople(ctx, filter.q) : [];
  const { rows, keys, invited } = await withTenant(ctx, async (db) => {
    const found = await db
      .select({ row: auditLog, at: exactTime })
      .from(auditLog)
      .where(and(eq(auditLog.tenantId, ctx.tenant.id), ...conditions(ctx, filter, people)))
      .orderBy(desc(auditLog.at), desc(auditLog.id))
      .limit(size + 1);
    const ids = (kind: string) => targetsOf(found, kind);
    const actors = found.map(({ row }) => (row.actorKind === 'api-key' ? (row.actorId ?? '') : ''));
    return {
      rows: found,
      keys: await nameKeys(db, ctx, [...ids('api_key'), ...actors.filter(isUuid)]),
      invited: await nameInvitations(db, ctx, ids('invitation')),
    };
  });
  const shown = rows.slice(0, size);
  const members = await namePeople(ctx, [...targetsOf(shown, 'user'), ...targetsOf(shown, 'member')]);
  const names: Record<string, Map<string, string>> = {
    api_key: keys,
    invitation: invited,
    user: members,
    member: members,
    tenant: new Map([[ctx.tenant.id, ctx.tenant.name]]),
  };
  const last = rows.length > size ? shown.at(-1) : undefined;
  return {
    entries: shown.map(({ row }) => toEntry(row, names)),
    nextCursor: last ? encodeCursor({ at: last.at, id: String(last.row.id) }) : null,
  };
}

type Row = typeof auditLog.$inferSelect;

/** JavaScript's dates end at the millisecond: two rows within one would be shown twice, or not at all. */
const exactTime = isoTime(auditLog.at, { exact: true });

function conditions(
  ctx: Pick<TenantContext, 'tenant'>,
  { actor, action, q, from, to, cursor }: AuditFilter,
  people: readonly string[],
): (SQL | undefined)[] {
  const place = decodeCursor(cursor);
  const kind = actorKinds.find((one) => one === actor);
  const since = from ? parseTimestamp(from) : null;
  const until = to ? parseTimestamp(to) : null;
  return [
    kind ? eq(auditLog.actorKind, kind) : actor ? eq(auditLog.actorId, actor) : undefined,
    action
      ? or(eq(auditLog.action, action), sql`starts_with(${auditLog.action}, ${`${action}.`})`)
      : undefined,
    since ? gte(auditLog.at, since) : undefined,
    until ? lt(auditLog.at, until) : undefined,
    place
      ? sql`(${auditLog.at}, ${auditLog.id}) < (${place.at}::timestamptz, ${place.id}::bigint)`
      : undefined,
    q ? mentions(ctx, q, people) : undefined,
  ];
}

/** Rows whose actor's address or whose target's id or name holds a text, in any case. `people` are those it has found. */
function mentions(
  ctx: Pick<TenantContext, 'tenant'>,
  text: string,
  people: readonly string[],
): SQL | undefined {
  const pattern = toPattern(text);
  const id = ctx.tenant.id;
  return or(
    ilike(auditLog.actorEmail, pattern),
    ilike(auditLog.targetId, pattern),
    sql`concat_ws(' ', ${auditLog.before} ->> 'name', ${auditLog.after} ->> 'name', ${auditLog.before} ->> 'email', ${auditLog.after} ->> 'email') ilike ${pattern}`,
    people.length > 0 ? inArray(auditLog.targetId, [...people]) : undefined,
    sql`${auditLog.targetId} in (select k.id::text from api_keys k where k.tenant_id = ${id} and k.name ilike ${pattern})`,
    sql`${auditLog.targetId} in (select i.id::text from invitations i where i.tenant_id = ${id} and i.email ilike ${pattern})`,
  );
}

function toPattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

function targetsOf(rows: readonly { row: Row }[], kind: string): string[] {
  const ids = rows.filter(({ row }) => row.targetKind === kind).map(({ row }) => row.targetId);
  return [...new Set(ids)].filter(isUuid);
}

async function nameKeys(db: Db, ctx: Pick<TenantContext, 'tenant'>, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, string>();
  const rows = await db
    .select({ id: apiKeys.id, name: apiKeys.name })
    .from(apiKeys)
    .where(and(eq(apiKeys.tenantId, ctx.tenant.id), inArray(apiKeys.id, [...ids])));
  return new Map(rows.map(({ id, name }) => [id, name]));
}

async function nameInvitations(db: Db, ctx: Pick<TenantContext, 'tenant'>, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, string>();
  const rows = await db
    .select({ id: invitations.id, email: invitations.email })
    .from(invitations)
    .where(and(eq(invitations.tenantId, ctx.tenant.id), inArray(invitations.id, [...ids])));
  return new Map(rows.map(({ id, email }) => [id, email]));
}

/** The tenant's members, and nobody else: people stand in a table of all tenants. */
function selectPeople(db: Db, ctx: Pick<TenantContext, 'tenant'>, ...where: (SQL | undefined)[]) {
  return db
    .select({ id: users.id, email: users.email })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(and(eq(memberships.tenantId, ctx.tenant.id), ...where))
    .$dynamic();
}

async function namePeople(ctx: Pick<TenantContext, 'tenant'>, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, string>();
  const rows = await withPlatform((db) => selectPeople(db, ctx, inArray(users.id, [...ids])));
  return new Map(rows.map(({ id, email }) => [id, email]));
}

async function findPeople(ctx: Pick<TenantContext, 'tenant'>, text: string): Promise<string[]> {
  const pattern = toPattern(text);
  const matches = or(ilike(users.email, pattern), ilike(users.name, pattern));
  const rows = await withPlatform((db) => selectPeople(db, ctx, matches).limit(500));
  return rows.map(({ id }) => id);
}

function toEntry(row: Row, names: Record<string, Map<string, string>>): AuditEntry {
  const named = names[row.targetKind]?.get(row.targetId);
  return {
    id: String(row.id),
    at: row.at.toISOString(),
    action: row.action,
    title: titleOfAction(row.action),
    actor: { kind: row.actorKind, id: row.actorId, name: toActorName(row, names.api_key) },
    target: {
      kind: row.targetKind,
      id: row.targetId,
      name: named ?? nameInRow(row.before, row.after),
    },
    changes: diff(row.before, row.after),
    ip: row.ip,
    userAgent: row.userAgent,
    requestId: row.requestId,
  };
}

function toActorName(row: Row, keys: Map<string, string> | undefined): string {
  if (row.actorKind === 'user') return row.actorEmail ?? 'Somebody';
  if (row.actorKind === 'operator') return row.actorEmail ? `${row.actorEmail} (operator)` : 'Operator';
  if (row.actorKind === 'api-key') return keys?.get(row.actorId ?? '') ?? 'API key';
  return 'System';
}
