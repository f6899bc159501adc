import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import { AppError } from '@/lib/errors';
import { type Clock, readOpenHours, readState, recountHours } from '@/lib/metering/queries';
import { HOUR_MS, type Span, toHour } from '@/lib/metering/rules';
import { type ExplainQuery, type MetricId, metrics, type UsageExplanation } from '@/lib/metering/schema';
import type { TenantContext } from '@/lib/tenancy/context';

const COMMITS_TOLD = 1_000;
/** Keys, and projects, of an hour: whoever sends names projects as they like. */
const PARTS_TOLD = 1_000;
const TRACES_TOLD = 20;

/**
 * What an hour's number is made of: commits, keys, projects, members, sample traces, and what was reported. A commit names the
 * traces that it stored, by its time, which is theirs, and its key. Throws AppError `forbidden`, and `not_found` for an
 * hour that has not begun.
 */
export async function explainUsage(
  ctx: TenantContext,
  { metric, hour: within }: ExplainQuery,
  { now }: Clock = {},
): Promise<UsageExplanation> {
  authorize(ctx, 'usage:read');
  const tenantId = ctx.tenant.id;
  const hour = toHour(within);
  const until = new Date(hour.getTime() + HOUR_MS);
  return withTenant(ctx, async (db) => {
    const state = await readState(db, tenantId, now);
    if (hour > state.now) throw new AppError('not_found', 'This hour has not begun.');
    const isOpen = state.closedUntil === null || hour >= state.closedUntil;
    const span = { start: hour, end: until };
    const said = isOpen
      ? (await readOpenHours(db, tenantId, state)).find((one) => one.metric === metric && +one.hour === +hour)
      : (await recountHours(db, tenantId, span)).find((one) => one.metric === metric);
    const [record] = isOpen ? [] : await readRecord(db, tenantId, metric, hour);
    const { parts, total } = await readParts(db, ctx, metric, span);
    return {
      metric,
      hour: hour.toISOString(),
      value: said?.value ?? 0,
      recorded: isOpen ? null : (record?.value ?? 0),
      revision: record?.revision ?? 0,
      is_open: isOpen,
      before: await levelBefore(db, tenantId, metric, { hour, value: said?.value ?? 0, added: total }),
      ...parts,
      members: metric === 'seat.count' ? await readMembers(db, tenantId, span) : [],
      sample_trace_ids: metric === 'seat.count' ? [] : await readTraceIds(db, tenantId, span),
      revisions: await readReports(db, tenantId, metric, hour),
    };
  });
}

async function readRecord(db: Db, tenantId: string, metric: MetricId, hour: Date) {
  const rows = await db.execute<{ value: string; revision: number }>(sql`
    select value::text, revision from usage_records
      where tenant_id = ${tenantId} and metric = ${metric} and hour = ${hour.toISOString()}::timestamptz`);
  return rows.map((row) => ({ ...row, value: Number(row.value) }));
}

type Parts = Pick<UsageExplanation, 'keys' | 'projects' | 'commits' | 'commits_total'>;
/** The parts that are told, and what all of them come to. */
type PartsOfHour = { parts: Parts; total: number };

/** The deltas that a number is the sum of, and the same by key and by project. */
async function readParts(
  db: Db,
  ctx: TenantContext,
  metric: MetricId,
  { start, end }: Span,
): Promise<PartsOfHour> {
  const { column } = metrics[metric];
  if (column === null) return { parts: { keys: [], projects: [], commits: [], commits_total: 0 }, total: 0 };
  const tenantId = ctx.tenant.id;
  const value = sql.raw(`d.${column}`);
  const own = sql`from usage_deltas d where d.tenant_id = ${tenantId} and d.recorded_at >= ${start.toISOString()}::timestamptz
    and d.recorded_at < ${end.toISOString()}::timestamptz and ${value} <> 0`;
  const keys = await db.execute<{ key_id: string | null; name: string | null; value: string }>(sql`
    select s.key_id, k.name, s.value::text from (select d.key_id, sum(${value}) as value ${own} group by 1) as s
      left join api_keys k on k.tenant_id = ${tenantId} and k.id = s.key_id order by s.value desc, s.key_id
      limit ${PARTS_TOLD}`);
  const projects = await db.execute<{ project: string; value: string; total: string; commits: string }>(sql`
    select d.project, sum(${value})::text as value, (sum(sum(${value})) over ())::text as total,
        (sum(sum(d.commits)) over ())::text as commits ${own} group by 1
      order by sum(${value}) desc, 1 limit ${PARTS_TOLD}`);
  const [all] = projects;
  const commits = await db.execute<{
    id: string;
    at: string;
    key_id: string | null;
    project: string;
    value: string;
    commits: number;
    trace_ids: string[];
  }>(sql`
    select c.id::text, c.recorded_at::text as at, c.key_id, c.project, c.value::text, c.commits, array(
        select t.trace_id from traces t where t.tenant_id = ${tenantId} and t.received_at = c.recorded_at
          and t.key_id is not distinct from c.key_id and t.project = c.project and c.trace_count > 0 and c.commits = 1
          order by t.trace_id limit ${TRACES_TOLD}) as trace_ids
      from (select d.*, ${value} as value ${own} order by d.recorded_at, d.id limit ${COMMITS_TOLD}) as c
      order by c.recorded_at, c.id`);
  const parts = {
    keys: keys.map((row) => ({ ...row, value: Number(row.value) })),
    projects: projects.map((row) => ({ project: row.project, value: Number(row.value) })),
    commits: commits.map(({ at, ...row }) => ({
      ...row,
      at: new Date(at).toISOString(),
      value: Number(row.value),
    })),
    commits_total: Number(all?.commits ?? 0),
  };
  return { parts, total: Number(all?.total ?? 0) };
}

/** Where a gauge stood when the hour began; null for a counter. */
async function levelBefore(
  db: Db,
  tenantId: string,
  metric: MetricId,
  { hour, value, added }: { hour: Date; value: number; added: number },
): Promise<number | null> {
  if (metric === 'storage.bytes') return value - added;
  if (metric !== 'seat.count') return null;
  const [row] = await db.execute<{ n: number }>(sql`
    select count(*)::int as n from membership_intervals where tenant_id = ${tenantId}
      and began_at <= ${hour.toISOString()}::timestamptz and (ended_at is null or ended_at > ${hour.toISOString()}::timestamptz)`);
  return row?.n ?? 0;
}

async function readMembers(
  db: Db,
  tenantId: string,
  { start, end }: Span,
): Promise<UsageExplanation['members']> {
  const rows = await db.execute<{ user_id: string; from: string; to: string | null }>(sql`
    select user_id, began_at::text as from, ended_at::text as to from membership_intervals where tenant_id = ${tenantId}
      and began_at < ${end.toISOString()}::timestamptz and (ended_at is null or ended_at > ${start.toISOString()}::timestamptz)
      and ended_at is distinct from began_at order by began_at, user_id`);
  return rows.map(({ from, to, ...row }) => ({
    ...row,
    from: new Date(from).toISOString(),
    to: to ? new Date(to).toISOString() : null,
  }));
}

async function readTraceIds(db: Db, tenantId: string, { start, end }: Span): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select trace_id as id from traces where tenant_id = ${tenantId} and received_at >= ${start.toISOString()}::timestamptz
      and received_at < ${end.toISOString()}::timestamptz order by received_at desc, trace_id desc limit ${TRACES_TOLD}`);
  return rows.map((row) => row.id);
}

async function readReports(
  db: Db,
  tenantId: string,
  metric: MetricId,
  hour: Date,
): Promise<UsageExplanation['revisions']> {
  const rows = await db.execute<{
    revision: number;
    delta: string;
    at: string;
    identifier: string;
    delivered: string | null;
  }>(sql`
    select revision, delta::text, created_at::text as at, identifier, delivered_at::text as delivered from usage_outbox
      where tenant_id = ${tenantId} and metric = ${metric} and hour = ${hour.toISOString()}::timestamptz order by revision`);
  return rows.map(({ revision, delta, at, identifier, delivered }) => ({
    ...{ revision, identifier, delta: Number(delta) },
    at: new Date(at).toISOString(),
    delivered_at: delivered ? new Date(delivered).toISOString() : null,
  }));
}
