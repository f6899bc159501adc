import { and, asc, desc, eq } from 'drizzle-orm';
import { evaluations } from '@/db/schema/evaluations';
import { traces } from '@/db/schema/traces';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import type { TenantContext } from '@/lib/tenancy/context';
import { type Evaluation, MAX_EVALUATIONS } from './schema';

/**
 * The evaluations of a trace, oldest first, at most 1,000, or so many of the `newest`, newest first; null where there is no
 * such trace, another tenant's included. Throws AppError `forbidden`.
 */
export async function listEvaluations(
  ctx: TenantContext,
  traceId: string,
  { newest }: { newest?: number } = {},
): Promise<Evaluation[] | null> {
  authorize(ctx, 'traces:read');
  if (traceId.includes('\u0000')) return null; // PostgreSQL has no such text
  return withTenant(ctx, async (db) => {
    const [trace] = await db
      .select({ id: traces.traceId })
      .from(traces)
      .where(and(eq(traces.tenantId, ctx.tenant.id), eq(traces.traceId, traceId)));
    if (!trace) return null;
    const way = newest === undefined ? asc : desc;
    const rows = await db
      .select()
      .from(evaluations)
      .where(and(eq(evaluations.tenantId, ctx.tenant.id), eq(evaluations.traceId, traceId)))
      .orderBy(way(evaluations.createdAt), way(evaluations.id))
      .limit(newest ?? MAX_EVALUATIONS);
    return rows.map(toEvaluation);
  });
}

function toEvaluation(row: typeof evaluations.$inferSelect): Evaluation {
  return {
    id: row.id,
    scoreType: row.scoreType,
    score: row.score,
    confidence: row.confidence,
    explanation: row.explanation,
    metadata: row.metadata ?? {},
    evaluatorId: row.evaluatorId,
    evaluatorVersion: row.evaluatorVersion,
    createdAt: row.createdAt.toISOString(),
  };
}
