import { and, asc, eq } from 'drizzle-orm';
import { evaluations } from '@/db/schema/evaluations';
import { traces } from '@/db/schema/traces';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import type { TenantContext } from '@/lib/tenancy/context';
import { type Evaluation, MAX_EVALUATIONS } from './schema';

/**
 * The evaluations of a trace, oldest first, at most 1,000; null where there is no such trace, another tenant's
 * included. Throws AppError `forbidden`.
 */
export async function listEvaluations(ctx: TenantContext, traceId: string): Promise<Evaluation[] | null> {
  authorize(ctx, 'traces:read');
  if (traceId.includes('\u0000')) return null; // PostgreSQL has no such text
  return withTenant(ctx, async (db) => {
    const [trace] = await db
      .select({ id: traces.traceId })
      .from(traces)
      .where(and(eq(traces.tenantId, ctx.tenant.id), eq(traces.traceId, traceId)));
    if (!trace) return null;
    const rows = await db
      .select()
      .from(evaluations)
      .where(and(eq(evaluations.tenantId, ctx.tenant.id), eq(evaluations.traceId, traceId)))
      .orderBy(asc(evaluations.createdAt), asc(evaluations.id))
      .limit(MAX_EVALUATIONS);
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
