import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { feedback } from '@/db/schema/feedback';
import { traces } from '@/db/schema/traces';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import { newId } from '@/lib/ids';
import { keyIdOf, type TenantContext } from '@/lib/tenancy/context';
import { writeUsageDeltas } from '@/lib/usage/deltas';
import { type FeedbackInput, feedbackSize, mergeFeedback, toFeedbackInput } from './rules';
import type { FeedbackBody } from './schema';

/** What became of feedback: first stored now, or stored before and updated. */
export type FeedbackResult = { id: string; status: 'created' | 'updated' };

type Place = { traceId: string; id: string };

/**
 * Stores feedback on a trace, which may come later, with the bytes it adds, in one transaction. Sent again under its id,
 * it updates what is stored field by field. Throws AppError `forbidden`.
 */
export async function writeFeedback(
  ctx: TenantContext,
  { traceId, ...body }: FeedbackBody & { traceId: string },
): Promise<FeedbackResult> {
  authorize(ctx, 'feedback:write');
  const place = { traceId, id: body.id ?? newId() };
  const sent = toFeedbackInput(body);
  return withTenant(ctx, async (db) => {
    const created = await insertFeedback(db, ctx, place, sent);
    const storageBytes = created ? feedbackSize(place, sent) : await updateFeedback(db, ctx, place, sent);
    await writeUsageDeltas(db, ctx, [
      {
        project: await projectOf(db, ctx, traceId),
        traceCount: 0,
        tokensIn: 0,
        tokensOut: 0,
        storageBytes,
      },
    ]);
    return { id: place.id, status: created ? 'created' : 'updated' };
  });
}

async function insertFeedback(
  db: Db,
  ctx: TenantContext,
  place: Place,
  sent: FeedbackInput,
): Promise<boolean> {
  const keyId = keyIdOf(ctx);
  const inserted = await db
    .insert(feedback)
    .values({ ...place, ...sent, tenantId: ctx.tenant.id, keyId, byteSize: feedbackSize(place, sent) })
    .onConflictDoNothing()
    .returning({ id: feedback.id });
  return inserted.length > 0;
}

/** Merges what was sent into what is stored, under lock; answers the change of its size in bytes. */
async function updateFeedback(
  db: Db,
  ctx: TenantContext,
  place: Place,
  sent: FeedbackInput,
): Promise<number> {
  const own = and(
    eq(feedback.tenantId, ctx.tenant.id),
    eq(feedback.traceId, place.traceId),
    eq(feedback.id, place.id),
  );
  const [row] = await db.select().from(feedback).where(own).for('update');
  if (!row) throw new Error('feedback that was there a moment ago is gone');
  const stored: FeedbackInput = {
    thumbs: row.thumbs ?? undefined,
    score: row.score ?? undefined,
    comment: row.comment ?? undefined,
    userId: row.userId ?? undefined,
  };
  const merged = mergeFeedback(stored, sent);
  await db
    .update(feedback)
    .set({ ...merged, byteSize: feedbackSize(place, merged), updatedAt: sql`now()` })
    .where(own);
  return feedbackSize(place, merged) - row.byteSize;
}

/** The project that the bytes are metered for: the trace's, or the default one while there is no trace. */
async function projectOf(db: Db, ctx: TenantContext, traceId: string): Promise<string> {
  const [trace] = await db
    .select({ project: traces.project })
    .from(traces)
    .where(and(eq(traces.tenantId, ctx.tenant.id), eq(traces.traceId, traceId)));
  return trace?.project ?? 'default';
}
