import { and, desc, eq, gt, gte, ilike, inArray, lt, or, type SQL, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { isoTime } from '@/db/iso-time';
import { billingCustomers, billingSubscriptions } from '@/db/schema/billing';
import { tenantConfirmations } from '@/db/schema/lifecycle';
import { requestHours } from '@/db/schema/limits';
import { usageMeters, usagePeriods } from '@/db/schema/metering';
import { users } from '@/db/schema/people';
import { quotaAlerts } from '@/db/schema/quotas';
import { memberships, tenants } from '@/db/schema/tenancy';
import { usageDeltas } from '@/db/schema/usage';
import { withPlatform } from '@/db/tenant';
import { pullStream } from '@/lib/archive/pull-stream';
import { authorizeOperator } from '@/lib/auth/authorize';
import { groupBy } from '@/lib/group-by';
import { isUuid, tenantSchemaName, toTenantId } from '@/lib/ids';
import type { OperatorContext } from '@/lib/tenancy/context';
import { csvHead, decodeTenantCursor, encodeTenantCursor, type Paying, payingOf, toCsvLine } from './rules';
import {
  TENANTS_PER_PAGE,
  type TenantFilter,
  type TenantFlag,
  type TenantListPage,
  type TenantListRow,
} from './schema';

/** Tenants that the download reads at a time. */
const CHUNK = 500;

/** A page of all tenants that fit, the newest first, by keyset: the last page costs what the first does. */
export async function listTenants(
  ctx: OperatorContext,
  { cursor, ...filter }: TenantFilter & { cursor?: string | undefined },
): Promise<TenantListPage> {
  authorizeOperator(ctx);
  return withPlatform(async (db) => {
    const { rows, nextCursor } = await readPage(db, filter, { cursor, size: TENANTS_PER_PAGE });
    return { tenants: rows, nextCursor, total: await countTenants(db, filter) };
  });
}

/** The same by number, for programs: `skip` are left out, `limit` answered. */
export async function listTenantsFrom(
  ctx: OperatorContext,
  { skip, limit, ...filter }: TenantFilter & { skip: number; limit: number },
): Promise<{ tenants: TenantListRow[]; total: number }> {
  authorizeOperator(ctx);
  return withPlatform(async (db) => {
    const { rows } = await readPage(db, filter, { skip, size: limit });
    return { tenants: rows, total: await countTenants(db, filter) };
  });
}

/** Every tenant that fits as CSV, made while it is read, a short transaction for each few hundred. */
export async function exportTenants(
  ctx: OperatorContext,
  filter: TenantFilter,
): Promise<{ filename: string; body: ReadableStream<Uint8Array> }> {
  authorizeOperator(ctx);
  const day = new Date().toISOString().slice(0, 10);
  return { filename: `tenants-${day}.csv`, body: pullStream(writeCsv(filter)) };
}

async function* writeCsv(filter: TenantFilter): AsyncGenerator<Uint8Array> {
  yield Buffer.from(csvHead);
  let cursor: string | undefined;
  do {
    const at = cursor;
    const page = await withPlatform((db) => readPage(db, filter, { cursor: at, size: CHUNK }));
    if (page.rows.length > 0) yield Buffer.from(page.rows.map(toCsvLine).join(''));
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
}

/** JavaScript's dates end at the millisecond: two tenants within one would be shown twice, or not at all. */
const exactTime = isoTime(tenants.createdAt, { exact: true });

async function readPage(
  db: Db,
  filter: TenantFilter,
  { cursor, skip = 0, size }: { cursor?: string | undefined; skip?: number; size: number },
): Promise<{ rows: TenantListRow[]; nextCursor: string | null }> {
  const place = decodeTenantCursor(cursor);
  const { id, slug, name, status, plan, createdAt } = tenants;
  const found = await db
    .select({ id, slug, name, status, plan, createdAt, at: exactTime })
    .from(tenants)
    .where(
      and(
        ...conditions(filter),
        place ? sql`(${createdAt}, ${id}) < (${place.at}::timestamptz, ${place.id}::uuid)` : undefined,
      ),
    )
    .orderBy(desc(createdAt), desc(id))
    .offset(skip)
    .limit(size + 1);
  const shown = found.slice(0, size);
  const told = await readFacts(
    db,
    shown.map((row) => row.id),
  );
  const last = found.length > size ? shown.at(-1) : undefined;
  return {
    rows: shown.map(({ at: _, createdAt: created, ...row }) => ({
      ...row,
      created_at: created.toISOString(),
      ...(told.get(row.id) ?? noFacts),
    })),
    nextCursor: last ? encodeTenantCursor({ at: last.at, id: last.id }) : null,
  };
}

async function countTenants(db: Db, filter: TenantFilter): Promise<number> {
  return db.$count(tenants, and(...conditions(filter)));
}

/** What each flag means, on a row of `tenants`. All of it is asked of control tables. */
const flags: Record<TenantFlag, () => SQL> = {
  // Told once for each amount of a period, by the sweep that mails the tenant.
  'over-quota': () => sql`exists (
    select from ${quotaAlerts} where ${quotaAlerts.tenantId} = ${tenants.id} and ${quotaAlerts.percent} >= 100
      and ${quotaAlerts.periodStart} = coalesce((
        select ${usagePeriods.periodStart} from ${usagePeriods}
        where ${usagePeriods.tenantId} = ${tenants.id} and ${usagePeriods.periodEnd} > now()
      ), date_trunc('month', now(), 'UTC')))`,
  'past-due': () => sql`exists (
    select from ${billingSubscriptions} where ${billingSubscriptions.tenantId} = ${tenants.id}
      and ${billingSubscriptions.status} in ('past_due', 'unpaid'))`,
  // An hour is due 65 minutes after it began: one more is late.
  'late-metering': () => sql`exists (
    select from ${usageMeters} where ${usageMeters.tenantId} = ${tenants.id}
      and (${usageMeters.failures} > 0 or ${usageMeters.closedUntil} < now() - interval '125 minutes'))`,
  limited: () => sql`exists (
    select from ${requestHours} where ${requestHours.tenantId} = ${tenants.id} and ${requestHours.limited} > 0
      and ${requestHours.hour} >= now() - interval '24 hours')`,
  unconfirmed: () =>
    sql`exists (select from ${tenantConfirmations} where ${tenantConfirmations.tenantId} = ${tenants.id})`,
  'no-support': () => sql`not ${tenants.allowsSupport}`,
  quiet: () => sql`not exists (
    select from ${usageDeltas} where ${usageDeltas.tenantId} = ${tenants.id} and ${usageDeltas.traceCount} > 0
      and ${usageDeltas.recordedAt} >= now() - interval '30 days')`,
};

function conditions({ q, plan, status, flag, from, to }: TenantFilter): (SQL | undefined)[] {
  const { createdAt } = tenants;
  return [
    q ? mentions(q) : undefined,
    plan ? eq(tenants.plan, plan) : undefined,
    status ? eq(tenants.status, status) : undefined,
    flag ? flags[flag]() : undefined,
    from ? gte(createdAt, sql`${from}::date at time zone 'UTC'`) : undefined,
    to ? lt(createdAt, sql`(${to}::date + 1) at time zone 'UTC'`) : undefined,
  ];
}

function mentions(text: string): SQL | undefined {
  if (isUuid(text.toLowerCase())) return eq(tenants.id, text.toLowerCase());
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  return or(
    ilike(tenants.slug, pattern),
    ilike(tenants.name, pattern),
    sql`${tenants.id} in (
      select ${memberships.tenantId} from ${memberships} join ${users} on ${users.id} = ${memberships.userId}
      where ${users.email} ilike ${pattern})`,
  );
}

type Facts = Omit<TenantListRow, 'id' | 'slug' | 'name' | 'status' | 'plan' | 'created_at'>;
type Counted = Exclude<keyof Facts, 'storage_bytes' | 'billing' | 'revenue_month'>;

const noFacts: Facts = {
  members: 0,
  traces_today: 0,
  traces_month: 0,
  rate_now: 0,
  limited_24h: 0,
  storage_bytes: 0,
  last_activity_at: null,
  billing: 'none',
  revenue_month: 0,
};

/** What the list tells of the tenants on a page, and of no others: each figure by an index that begins with the tenant. */
async function readFacts(db: Db, ids: readonly string[]): Promise<Map<string, Facts>> {
  if (ids.length === 0) return new Map();
  const rows = await db.execute<{ id: string } & Record<Counted, string | null>>(sql`
    select t.id,
      (select count(*) from memberships m where m.tenant_id = t.id)::text as members,
      coalesce(used.today, 0)::text as traces_today, coalesce(used.month, 0)::text as traces_month,
      (select coalesce(sum(s.admitted + s.limited), 0) / 60.0 from request_slots s
        where s.tenant_id = t.id and s.slot >= now() - interval '1 minute')::text as rate_now,
      (select coalesce(sum(h.limited), 0) from request_hours h
        where h.tenant_id = t.id and h.hour >= now() - interval '24 hours')::text as limited_24h,
      ${isoTime(sql`greatest(
        (select max(m.last_active_at) from memberships m where m.tenant_id = t.id),
        (select max(d.recorded_at) from usage_deltas d where d.tenant_id = t.id)
      )`)} as last_activity_at
    from tenants t left join lateral (
      select sum(d.trace_count) as month,
        sum(d.trace_count) filter (where d.recorded_at >= date_trunc('day', now(), 'UTC')) as today
      from usage_deltas d where d.tenant_id = t.id and d.recorded_at >= date_trunc('month', now(), 'UTC')
    ) used on true
    where t.id in ${ids}`);
  const storage = await readStorage(db, ids);
  const paying = await readPaying(db, ids);
  return new Map(
    rows.map((row) => [
      row.id,
      {
        members: Number(row.members),
        traces_today: Number(row.traces_today),
        traces_month: Number(row.traces_month),
        rate_now: Number(row.rate_now),
        limited_24h: Number(row.limited_24h),
        storage_bytes: storage.get(row.id) ?? 0,
        last_activity_at: row.last_activity_at,
        ...payingOf(paying.subscriptions.get(row.id) ?? [], paying.comped.has(row.id)),
      },
    ]),
  );
}

/** The subscriptions of tenants, and which of them were given a plan that has not ended. */
async function readPaying(
  db: Db,
  ids: readonly string[],
): Promise<{ subscriptions: Map<string, Paying[]>; comped: Set<string> }> {
  const { tenantId, status, startedAt, plan, interval, seats } = billingSubscriptions;
  const rows = await db
    .select({ tenantId, status, startedAt, plan, interval, seats })
    .from(billingSubscriptions)
    .where(inArray(tenantId, [...ids]));
  const given = await db
    .select({ tenantId: billingCustomers.tenantId })
    .from(billingCustomers)
    .where(and(inArray(billingCustomers.tenantId, [...ids]), gt(billingCustomers.compUntil, sql`now()`)));
  return {
    subscriptions: groupBy(rows, (row) => row.tenantId),
    comped: new Set(given.map((row) => row.tenantId)),
  };
}

/** What tenants' schemas take on disk, in bytes: read from the files' sizes, without a look at any row. */
export async function readStorage(db: Db, ids: readonly string[]): Promise<Map<string, number>> {
  const schemas = new Map(ids.map((id) => [tenantSchemaName(toTenantId(id)), id]));
  if (schemas.size === 0) return new Map();
  // By the names of the tables, so that the catalogue is asked by its index and not read whole.
  const rows = await db.execute<{ schema: string; bytes: string }>(sql`
    select n.nspname as schema, sum(pg_total_relation_size(c.oid))::text as bytes
    from pg_namespace n join pg_class c on c.relnamespace = n.oid and c.relname in (
      select p.relname from pg_class p where p.relnamespace = 'all_tenants'::regnamespace and p.relkind = 'p')
    where n.nspname in ${[...schemas.keys()]} and c.relkind = 'r'
    group by n.nspname`);
  return new Map(rows.map(({ schema, bytes }) => [schemas.get(schema) ?? '', Number(bytes)]));
}

/** The tenants of some ids with their addresses, for pages that name them. For verbs that have asked who it is. */
export async function nameTenants(
  db: Db,
  ids: readonly string[],
): Promise<Map<string, { slug: string; name: string }>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .select({ id: tenants.id, slug: tenants.slug, name: tenants.name })
    .from(tenants)
    .where(inArray(tenants.id, [...ids]));
  return new Map(rows.map(({ id, ...row }) => [id, row]));
}
