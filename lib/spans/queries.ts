import { and, asc, count, eq } from 'drizzle-orm';
import { spans } from '@/db/schema/spans';
import { traces } from '@/db/schema/traces';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import type { TenantContext } from '@/lib/tenancy/context';
import { toMs } from './rules';
import { MAX_LISTED_SPANS, type SpanList, type WireSpanDetail } from './schema';

const summaryColumns = {
  spanId: spans.spanId,
  parentId: spans.parentId,
  name: spans.name,
  kind: spans.kind,
  startedNs: spans.startedNs,
  endedNs: spans.endedNs,
  status: spans.status,
  statusMessage: spans.statusMessage,
  model: spans.model,
  tokensIn: spans.tokensIn,
  tokensOut: spans.tokensOut,
  costUsd: spans.costUsd,
  flags: spans.flags,
};

/**
 * The spans of a trace in the order of their beginning, without what they carry; none for a trace that came whole. Null where
 * there is no such trace, another tenant's included. Throws AppError `forbidden`.
 */
export async function listSpans(ctx: TenantContext, traceId: string): Promise<SpanList | null> {
  authorize(ctx, 'traces:read');
  if (traceId.includes('\u0000')) return null; // PostgreSQL has no such text
  return withTenant(ctx, async (db) => {
    const own = and(eq(spans.tenantId, ctx.tenant.id), eq(spans.traceId, traceId));
    const [trace] = await db
      .select({ id: traces.traceId })
      .from(traces)
      .where(and(eq(traces.tenantId, ctx.tenant.id), eq(traces.traceId, traceId)));
    if (!trace) return null;
    const rows = await db
      .select(summaryColumns)
      .from(spans)
      .where(own)
      .orderBy(asc(spans.startedNs), asc(spans.endedNs), asc(spans.spanId))
      .limit(MAX_LISTED_SPANS);
    const [{ total } = { total: 0 }] =
      rows.length < MAX_LISTED_SPANS
        ? [{ total: rows.length }]
        : await db.select({ total: count() }).from(spans).where(own);
    const first = rows[0]?.startedNs ?? 0n;
    return {
      total,
      spans: rows.map(({ startedNs, endedNs, flags, ...row }) => ({
        ...row,
        offsetMs: toMs(startedNs - first),
        durationMs: endedNs === null || endedNs < startedNs ? null : toMs(endedNs - startedNs),
        flags: flags ?? [],
      })),
    };
  });
}

/** One span with all that it carries, or null for an unknown one, another tenant's included. Throws AppError `forbidden`. */
export async function findSpan(
  ctx: TenantContext,
  { traceId, spanId }: { traceId: string; spanId: string },
): Promise<WireSpanDetail | null> {
  authorize(ctx, 'traces:read');
  if (`${traceId}${spanId}`.includes('\u0000')) return null; // PostgreSQL has no such text
  const [row] = await withTenant(ctx, (db) =>
    db
      .select()
      .from(spans)
      .where(and(eq(spans.tenantId, ctx.tenant.id), eq(spans.traceId, traceId), eq(spans.spanId, spanId))),
  );
  if (!row) return null;
  return {
    trace_id: row.traceId,
    span_id: row.spanId,
    parent_id: row.parentId,
    name: row.name,
    kind: row.kind,
    span_kind: row.spanKind,
    start_time_unix_nano: String(row.startedNs),
    end_time_unix_nano: row.endedNs === null ? null : String(row.endedNs),
    status: row.status,
    status_message: row.statusMessage,
    attributes: row.attributes,
    events: row.events ?? [],
    links: row.links ?? [],
    resource: row.resource ?? {},
    scope: row.scope,
    flags: row.flags ?? [],
    rewrites: row.rewrites,
  };
}
