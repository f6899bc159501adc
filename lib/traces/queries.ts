import { and, count, desc, eq, gte, isNotNull, isNull, lt, lte, or, type SQL, sql } from 'drizzle-orm';
import type { StoredChunk } from '@/db/schema/traces';
import { traces } from '@/db/schema/traces';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import type { TenantContext } from '@/lib/tenancy/context';
import { decodeCursor, encodeCursor } from './rules';
import {
  type Chunk,
  TRACES_PER_PAGE,
  type TraceDetail,
  type TraceFilter,
  type TraceListQuery,
  type TracePage,
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
  const cursor = decodeCursor(filter.cursor);
  const rows = await withTenant(ctx, (db) =>
    db
      .select(summaryColumns)
      .from(traces)
      .where(
        and(
          eq(traces.tenantId, ctx.tenant.id),
          filter.model ? eq(traces.model, filter.model) : undefined,
          errorFilter(filter.error && filter.error === 'only'),
          filter.from ? gte(traces.receivedAt, new Date(filter.from)) : undefined,
          filter.to ? lt(traces.receivedAt, new Date(filter.to)) : undefined,
          filter.slower === undefined ? undefined : gte(traces.latencyMs, filter.slower),
          cursor
            ? or(
                lt(traces.receivedAt, cursor.receivedAt),
                and(eq(traces.receivedAt, cursor.receivedAt), lt(traces.traceId, cursor.traceId)),
              )
            : undefined,
        ),
      )
      .orderBy(desc(traces.receivedAt), desc(traces.traceId))
      .limit(TRACES_PER_PAGE + 1),
  );
  const shown = rows.slice(0, TRACES_PER_PAGE);
  const last = rows.length > TRACES_PER_PAGE ? shown.at(-1) : undefined;
  return {
    traces: shown.map((row) => ({ ...row, receivedAt: row.receivedAt.toISOString() }) satisfies TraceSummary),
    nextCursor: last ? encodeCursor(last) : null,
  };
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

/** A numbered page, newest first, with the total: the contract of the 0.3 clients. */
export async function listTracePage(
  ctx: TenantContext,
  query: TraceListQuery,
): Promise<{ traces: TraceDetail[]; total: number }> {
  authorize(ctx, 'traces:read');
  const where = and(
    eq(traces.tenantId, ctx.tenant.id),
    query.model_name ? eq(traces.model, query.model_name) : undefined,
    query.traffic_light ? eq(traces.trafficLight, query.traffic_light) : undefined,
    query.start_date ? gte(traces.startedAt, query.start_date) : undefined,
    query.end_date ? lte(traces.startedAt, query.end_date) : undefined,
    errorFilter(query.has_error),
  );
  return withTenant(ctx, async (db) => {
    const rows = await db
      .select()
      .from(traces)
      .where(where)
      .orderBy(desc(traces.receivedAt), desc(traces.traceId))
      .limit(query.size)
      .offset((query.page - 1) * query.size);
    const [{ total } = { total: 0 }] = await db.select({ total: count() }).from(traces).where(where);
    return { traces: rows.map(toDetail), total };
  });
}

function errorFilter(hasError: boolean | undefined): SQL | undefined {
  if (hasError === undefined) return undefined;
  return hasError ? isNotNull(traces.error) : isNull(traces.error);
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
