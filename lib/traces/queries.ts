import { and, asc, type Column, desc, eq, inArray, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import type { StoredChunk } from '@/db/schema/traces';
import { traces } from '@/db/schema/traces';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import { AppError } from '@/lib/errors';
import type { TenantContext } from '@/lib/tenancy/context';
import { closedRows, readRolledUp } from '@/lib/usage/rolled-up';
import { decodeCursor, encodeCursor, filterToSelection, type TraceCursor, toSelection } from './rules';
import {
  type Chunk,
  COUNTED,
  type RangeName,
  rangeNames,
  TRACES_PER_PAGE,
  type TraceDetail,
  type TraceFilter,
  type TraceListQuery,
  type TracePage,
  type TraceSelection,
  type TraceSort,
  type TraceSummary,
} from './schema';

const summaryColumns = {
  traceId: traces.traceId,
  receivedAt: traces.receivedAt,
  project: traces.project,
  question: sql<string | null>`left(${traces.question}, 300)`,
  model: traces.model,
  latencyMs: traces.latencyMs,
  tokensIn: traces.tokensIn,
  tokensOut: traces.tokensOut,
  chunkCount: sql<number>`coalesce(jsonb_array_length(${traces.chunks}), 0)`,
  error: sql<string | null>`left(${traces.error}, 300)`,
  trafficLight: traces.trafficLight,
};

/** A page of the tenant's traces, newest first, by keyset: page 1,000 costs what page 1 does. Long texts are cut at 300. */
export async function listTraces(ctx: TenantContext, filter: TraceFilter): Promise<TracePage> {
  authorize(ctx, 'traces:read');
  const selection = filterToSelection(filter);
  const { sort = 'newest' } = filter;
  const place = decodeCursor(filter.cursor, sort);
  return withTenant(ctx, async (db) => {
    const { condition } = await selectPage(db, ctx.tenant.id, selection, {
      ...{ sort, place, offset: 0 },
      limit: TRACES_PER_PAGE + 1,
    });
    const rows = await db
      .select({ ...summaryColumns, groundingScore: traces.groundingScore })
      .from(traces)
      .where(condition)
      .orderBy(...orderOf(sort));
    const shown = rows.slice(0, TRACES_PER_PAGE);
    const last = rows.length > TRACES_PER_PAGE ? shown.at(-1) : undefined;
    return {
      traces: shown.map(
        ({ groundingScore: _, receivedAt, ...row }) =>
          ({ ...row, receivedAt: receivedAt.toISOString() }) satisfies TraceSummary,
      ),
      nextCursor: last ? encodeCursor({ sort, value: sortValue(last, sort), traceId: last.traceId }) : null,
    };
  });
}

/** The models that the tenant's traces name, in alphabetical order, at most 100: one index probe each, never a scan. */
export async function listModels(ctx: TenantContext): Promise<string[]> {
  authorize(ctx, 'traces:read');
  const rows = await withTenant(ctx, (db) =>
    db.execute<{ model: string }>(sql`
      with recursive found as (
        (select model from traces where tenant_id = ${ctx.tenant.id} and model is not null order by model limit 1)
        union all
        select (select t.model from traces t where t.tenant_id = ${ctx.tenant.id} and t.model > found.model order by t.model limit 1)
        from found where found.model is not null
      )
      select model from found where model is not null limit 100`),
  );
  return rows.map((row) => row.model);
}

/** Whether the tenant has any trace at all: decides between the list and the first steps. */
export async function hasTraces(ctx: TenantContext): Promise<boolean> {
  authorize(ctx, 'traces:read');
  const rows = await withTenant(ctx, (db) =>
    db.select({ id: traces.traceId }).from(traces).where(eq(traces.tenantId, ctx.tenant.id)).limit(1),
  );
  return rows.length > 0;
}

/** The trace received last, its question cut at 300 characters; null when there is none. */
export async function findLatestTrace(
  ctx: TenantContext,
): Promise<Pick<TraceSummary, 'traceId' | 'receivedAt' | 'question'> | null> {
  authorize(ctx, 'traces:read');
  const { traceId, receivedAt, question } = summaryColumns;
  const [row] = await withTenant(ctx, (db) =>
    db
      .select({ traceId, receivedAt, question })
      .from(traces)
      .where(eq(traces.tenantId, ctx.tenant.id))
      .orderBy(desc(traces.receivedAt), desc(traces.traceId))
      .limit(1),
  );
  return row ? { ...row, receivedAt: row.receivedAt.toISOString() } : null;
}

/** One whole trace, or null for an unknown id, another tenant's included. */
export async function findTrace(ctx: TenantContext, traceId: string): Promise<TraceDetail | null> {
  authorize(ctx, 'traces:read');
  if (traceId.includes('\u0000')) return null; // PostgreSQL has no such text
  const [row] = await withTenant(ctx, (db) =>
    db
      .select()
      .from(traces)
      .where(and(eq(traces.tenantId, ctx.tenant.id), eq(traces.traceId, traceId))),
  );
  return row ? toDetail(row) : null;
}

/**
 * A page in the asked order, by number or from a cursor on, with how many there are: the contract of the 0.3 clients, and more.
 * Throws AppError `forbidden`, and `invalid_input` for a cursor that is none of this order's.
 */
export async function listTracePage(
  ctx: TenantContext,
  query: TraceListQuery,
): Promise<{ traces: TraceDetail[]; total: number; isExact: boolean; nextCursor: string | null }> {
  authorize(ctx, 'traces:read');
  const { sort, size } = query;
  const selection = toSelection(query);
  const place = decodeCursor(query.cursor, sort);
  if (query.cursor !== undefined && !place)
    throw new AppError('invalid_input', undefined, [
      { path: 'cursor', message: 'expected next_cursor of a page in the same order' },
    ]);
  return withTenant(ctx, async (db) => {
    const page = { sort, place, offset: (query.page - 1) * size, limit: size + 1 };
    const { condition, total } = await selectPage(db, ctx.tenant.id, selection, page);
    const rows = await db
      .select()
      .from(traces)
      .where(condition)
      .orderBy(...orderOf(sort));
    const shown = rows.slice(0, size);
    const last = rows.length > size ? shown.at(-1) : undefined;
    const nextCursor = last
      ? encodeCursor({ sort, value: sortValue(last, sort), traceId: last.traceId })
      : null;
    const counted = total ?? (await countSelected(db, ctx.tenant.id, selection, sort));
    return { traces: shown.map(toDetail), ...counted, nextCursor };
  });
}

type Page = { sort: TraceSort; place: TraceCursor | null; offset: number; limit: number };

const tokens = sql`(coalesce(${traces.tokensIn}, 0) + coalesce(${traces.tokensOut}, 0))`;

/** What a list is sorted by, which way, and which traces have it. search_traces() says the same. */
const sorts: Record<TraceSort, { by: SQL; descending: boolean; only?: SQL }> = {
  newest: { by: sql`${traces.receivedAt}`, descending: true },
  oldest: { by: sql`${traces.receivedAt}`, descending: false },
  latency: { by: sql`${traces.latencyMs}`, descending: true, only: isNotNull(traces.latencyMs) },
  tokens: {
    by: tokens,
    descending: true,
    only: sql`(${traces.tokensIn} is not null or ${traces.tokensOut} is not null)`,
  },
  grounding: { by: sql`${traces.groundingScore}`, descending: false, only: isNotNull(traces.groundingScore) },
};

function orderOf(sort: TraceSort): SQL[] {
  const { by, descending } = sorts[sort];
  return descending ? [desc(by), desc(traces.traceId)] : [asc(by), asc(traces.traceId)];
}

type Sorted = Pick<
  typeof traces.$inferSelect,
  'latencyMs' | 'tokensIn' | 'tokensOut' | 'groundingScore' | 'receivedAt'
>;

function sortValue(row: Sorted, sort: TraceSort): number {
  if (sort === 'latency') return row.latencyMs ?? 0;
  if (sort === 'tokens') return (row.tokensIn ?? 0) + (row.tokensOut ?? 0);
  return sort === 'grounding' ? (row.groundingScore ?? 0) : row.receivedAt.getTime();
}

type Total = { total: number; isExact: boolean };

/**
 * The condition that the rows of a page fulfil, and no others. Their ids come first and from an index alone where it can tell
 * them, so that a row is read only if it is shown. Words and tags are looked up by search_traces(), because row-level security
 * keeps their indexes from being used; of the first pages it tells the total as well.
 */
async function selectPage(
  db: Db,
  tenantId: string,
  selection: TraceSelection,
  { sort, place, offset, limit }: Page,
): Promise<{ condition: SQL | undefined; total?: Total }> {
  const own = eq(traces.tenantId, tenantId);
  if (!isSearch(selection)) {
    const { by, descending, only } = sorts[sort];
    const value = place && (isByTime(sort) ? sql`${toTime(place)}::timestamptz` : sql`${place.value}`);
    const after =
      place &&
      sql`(${by}, ${traces.traceId}) ${sql.raw(descending ? '<' : '>')} (${value}, ${place.traceId})`;
    const condition = and(own, only, after ?? undefined, ...conditionsOf(selection));
    if (await isNarrow(db, tenantId, selection)) {
      const way = sql.raw(descending ? 'desc' : 'asc');
      const ids = sql`(select id from (
        select ${traces.traceId} as id, ${by} as value from ${traces} where ${condition} offset 0) as found
        order by value ${way}, id ${way} limit ${limit} offset ${offset})`;
      return { condition: and(own, sql`${traces.traceId} in ${ids}`) };
    }
    const ids = db
      .select({ id: traces.traceId })
      .from(traces)
      .where(condition)
      .orderBy(...orderOf(sort))
      .limit(limit)
      .offset(offset);
    return { condition: and(own, inArray(traces.traceId, ids)) };
  }
  const at = place && (isByTime(sort) ? toTime(place) : String(place.value));
  const most = place ? limit + offset : Math.max(limit + offset, COUNTED + 1);
  const found = await db.execute<{ trace_id: string }>(sql`
    select trace_id from search_traces(${JSON.stringify(selection)}::text::jsonb, ${sort}, ${at}, ${place?.traceId ?? null}, ${most})`);
  const ids = found.slice(offset, offset + limit).map((row) => row.trace_id);
  return {
    condition: and(own, inArray(traces.traceId, ids)),
    ...(place ? {} : { total: toTotal(found.length) }),
  };
}

/** So many traces are found by when they started, and then sorted, sooner than the list is walked through until they come. */
const NARROW = 50_000;

/**
 * Whether a selection names a time in which few traces started. PostgreSQL takes them for spread over the whole list, and would
 * read the list from its beginning to that time.
 */
async function isNarrow(db: Db, tenantId: string, selection: TraceSelection): Promise<boolean> {
  const { started_from, started_to } = selection;
  if (started_from === undefined && started_to === undefined) return false;
  const time = conditionsOf({
    ...(started_from !== undefined && { started_from }),
    ...(started_to !== undefined && { started_to }),
  });
  const [row] = await db.execute<{ count: number }>(sql`
    select count(*)::int as count from (
      select from ${traces} where ${and(eq(traces.tenantId, tenantId), ...time)} limit ${NARROW + 1}) as counted`);
  return (row?.count ?? 0) <= NARROW;
}

/** Of what was counted, up to one more than is told exactly. */
const toTotal = (counted: number): Total => ({
  total: Math.min(counted, COUNTED),
  isExact: counted <= COUNTED,
});

const isByTime = (sort: TraceSort) => sort === 'newest' || sort === 'oldest';
const toTime = ({ value }: TraceCursor) => new Date(value).toISOString();
const isSearch = ({ q, tags }: TraceSelection) => q !== undefined || tags !== undefined;

const ranges = {
  grounding: traces.groundingScore,
  helpfulness: traces.helpfulnessScore,
  safety: traces.safetyScore,
  overall: traces.overallScore,
  latency_ms: traces.latencyMs,
  tokens_in: traces.tokensIn,
  tokens_out: traces.tokensOut,
} satisfies Record<RangeName, Column>;

/** A bound of whole numbers is one itself: an index of integers does not answer for a fraction. */
function boundOf(column: Column, bound: number, side: 'min' | 'max'): SQL {
  if (column.columnType !== 'PgInteger') return sql`${bound}::float8`;
  const whole = side === 'min' ? Math.ceil(bound) : Math.floor(bound);
  return sql`${Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, whole))}::bigint`;
}

function conditionsOf(selection: TraceSelection): (SQL | undefined)[] {
  const same = (column: Column, value: string | undefined) =>
    value === undefined ? undefined : eq(column, value);
  const time = (column: Column, operator: string, value: string | undefined) =>
    value === undefined ? undefined : sql`${column} ${sql.raw(operator)} ${value}::timestamptz`;
  const { has_error } = selection;
  return [
    same(traces.model, selection.model),
    same(traces.project, selection.project),
    same(traces.userId, selection.user_id),
    same(traces.sessionId, selection.session_id),
    same(traces.trafficLight, selection.traffic_light),
    has_error === undefined ? undefined : has_error ? isNotNull(traces.error) : isNull(traces.error),
    time(traces.startedAt, '>=', selection.started_from),
    time(traces.startedAt, '<=', selection.started_to),
    time(traces.receivedAt, '>=', selection.received_from),
    time(traces.receivedAt, '<', selection.received_to),
    ...rangeNames.flatMap((name) => {
      const [min, max] = [selection[`min_${name}`], selection[`max_${name}`]];
      return [
        min === undefined ? undefined : sql`${ranges[name]} >= ${boundOf(ranges[name], min, 'min')}`,
        max === undefined ? undefined : sql`${ranges[name]} <= ${boundOf(ranges[name], max, 'max')}`,
      ];
    }),
  ];
}

/** How many traces there are: of all exactly, by the rollups; of a selection up to a bound, so that counting costs no more than the page. */
async function countSelected(
  db: Db,
  tenantId: string,
  selection: TraceSelection,
  sort: TraceSort,
): Promise<Total> {
  const most = COUNTED + 1;
  const { only } = sorts[sort];
  if (Object.keys(selection).length === 0 && !only) {
    // Asked for first: of a time that it knows, PostgreSQL sees that hardly any trace is later.
    const rolledUp = await readRolledUp(db, tenantId);
    const closed = closedRows(tenantId, {
      columns: sql`trace_count`,
      from: sql`'-infinity'::timestamptz`,
      rolledUp,
      by: 'day',
    });
    const [row] = await db.execute<{ total: number }>(sql`
      select ((select coalesce(sum(trace_count), 0) from (${closed}) as closed)
          + (select count(*) from traces where tenant_id = ${tenantId} and received_at >= ${rolledUp.hours}))::float8 as total`);
    return { total: row?.total ?? 0, isExact: true };
  }
  const rows = isSearch(selection)
    ? sql`select from search_traces(${JSON.stringify(selection)}::text::jsonb, ${sort}, null, null, ${most})`
    : sql`select from ${traces} where ${and(eq(traces.tenantId, tenantId), only, ...conditionsOf(selection))} limit ${most}`;
  const [row] = await db.execute<{ total: number }>(
    sql`select count(*)::int as total from (${rows}) as counted`,
  );
  return toTotal(row?.total ?? 0);
}

function toDetail(row: typeof traces.$inferSelect): TraceDetail {
  return {
    traceId: row.traceId,
    receivedAt: row.receivedAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    startedAt: row.startedAt.toISOString(),
    project: row.project,
    question: row.question,
    answer: row.answer,
    model: row.model,
    latencyMs: row.latencyMs,
    tokensIn: row.tokensIn,
    tokensOut: row.tokensOut,
    chunkCount: row.chunks?.length ?? 0,
    error: row.error,
    trafficLight: row.trafficLight,
    chunks: (row.chunks ?? []).map(toChunk),
    prompts: row.prompts ?? [],
    userId: row.userId,
    sessionId: row.sessionId,
    metadata: row.metadata ?? {},
    name: row.name,
    tags: row.tags ?? [],
    tokensCached: row.tokensCached,
    tokensReasoning: row.tokensReasoning,
    costUsd: row.costUsd,
    flags: row.flags ?? [],
    spanCount: row.spanCount,
    scores: {
      grounding: row.groundingScore,
      helpfulness: row.helpfulnessScore,
      safety: row.safetyScore,
      overall: row.overallScore,
    },
  };
}

function toChunk({ text, source, score, metadata, scoreKind, before }: StoredChunk): Chunk {
  return {
    text,
    source: source ?? null,
    score: score ?? null,
    metadata: metadata ?? null,
    scoreKind: scoreKind ?? null,
    before: before
      ? { rank: before.rank, score: before.score ?? null, scoreKind: before.scoreKind ?? null }
      : null,
  };
}
