import { and, desc, eq } from 'drizzle-orm';
import { feedback } from '@/db/schema/feedback';
import { traces } from '@/db/schema/traces';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import type { TenantContext } from '@/lib/tenancy/context';
import { type Feedback, MAX_FEEDBACK } from './schema';

/**
 * The feedback on a trace, newest first, at most 1,000; null where there is neither such a trace nor feedback on it,
 * another tenant's included. Throws AppError `forbidden`.
 */
export async function listFeedback(ctx: TenantContext, traceId: string): Promise<Feedback[] | null> {
  authorize(ctx, 'traces:read');
  if (traceId.includes('\u0000')) return null; // PostgreSQL has no such text
  return withTenant(ctx, async (db) => {
    const rows = await db
      .select()
      .from(feedback)
      .where(and(eq(feedback.tenantId, ctx.tenant.id), eq(feedback.traceId, traceId)))
      .orderBy(desc(feedback.createdAt), desc(feedback.id))
      .limit(MAX_FEEDBACK);
    if (rows.length > 0) return rows.map(toFeedback);
    const [trace] = await db
      .select({ id: traces.traceId })
      .from(traces)
      .where(and(eq(traces.tenantId, ctx.tenant.id), eq(traces.traceId, traceId)));
    return trace ? [] : null;
  });
}

function toFeedback(row: typeof feedback.$inferSelect): Feedback {
  return {
    id: row.id,
    thumbs: row.thumbs,
    score: row.score,
    comment: row.comment,
    userId: row.userId,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
