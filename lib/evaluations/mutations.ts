import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { traces } from '@/db/schema/traces';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import { newId } from '@/lib/ids';
import type { OtlpSpan } from '@/lib/otlp/span';
import type { TenantContext } from '@/lib/tenancy/context';
import { applyScores, DELETED, findDeleted, lockNewTraces } from '@/lib/traces/mutations';
import { noteChangedHours } from '@/lib/usage/changed-hours';
import { writeUsageDeltas } from '@/lib/usage/deltas';
import { type EvaluationInput, mergeEvaluations, readEvaluations, toldBySpan, toldIdPrefix } from './rules';
import type { EvaluationsReceipt } from './schema';

/** Rows of one statement. */
const ROWS_AT_ONCE = 5_000;

/**
 * Stores evaluations as a client sent them, each checked for itself, all that can be stored in one transaction with the scores
 * of their traces. One sent again under its id updates the fields that came. A trace may come later, and then takes its
 * scores from what is here; one that was deleted in the last two days takes none. Throws AppError `forbidden`.
 */
export async function writeEvaluations(
  ctx: TenantContext,
  sent: readonly unknown[],
): Promise<EvaluationsReceipt> {
  authorize(ctx, 'evaluations:write');
  const { valid, rejected } = readEvaluations(sent, newId);
  const evaluations = mergeEvaluations(valid.map(({ evaluation }) => evaluation));
  const deleted = evaluations.length > 0 ? await store(ctx, evaluations) : new Set<string>();
  const isStored = ({ evaluation }: (typeof valid)[number]) => !deleted.has(evaluation.traceId);
  const late = valid.flatMap(({ index, evaluation: { traceId } }) =>
    deleted.has(traceId)
      ? [{ index, trace_id: traceId, issues: [{ path: 'trace_id', message: DELETED }] }]
      : [],
  );
  return {
    accepted: valid
      .filter(isStored)
      .map(({ evaluation }) => ({ trace_id: evaluation.traceId, id: evaluation.id })),
    rejected: [...rejected, ...late].sort((a, b) => a.index - b.index),
    request_id: ctx.requestId,
  };
}

/**
 * Part of a verb that has written spans and holds the lock of their traces: stores what their events tell as evaluations,
 * with the scores of the traces. A span that came again tells its whole: what it told before and does not now goes, though
 * a score that came of it stays until another does.
 */
export async function writeToldEvaluations(
  db: Db,
  ctx: Pick<TenantContext, 'tenant'>,
  { spans, rewritten }: { spans: readonly OtlpSpan[]; rewritten: ReadonlySet<string> },
): Promise<void> {
  const told = mergeEvaluations(spans.flatMap(toldBySpan));
  const again = spans.filter(({ traceId }) => rewritten.has(traceId));
  if (again.length > 0) await removeUntold(db, ctx.tenant.id, { spans: again, told });
  for (let from = 0; from < told.length; from += ROWS_AT_ONCE)
    await upsert(db, ctx.tenant.id, told.slice(from, from + ROWS_AT_ONCE));
  const scored = await applyScores(db, ctx.tenant.id, [...new Set(told.map(({ traceId }) => traceId))]);
  await noteChangedHours(db, ctx, scored);
}

async function removeUntold(
  db: Db,
  tenantId: string,
  { spans, told }: { spans: readonly OtlpSpan[]; told: readonly EvaluationInput[] },
): Promise<void> {
  const prefixes = spans.map(({ traceId, spanId }) => ({ traceId, prefix: toldIdPrefix(spanId) }));
  await db.execute(sql`
    delete from evaluations e
      using json_to_recordset(${JSON.stringify(prefixes)}::text::json) as sent("traceId" text, prefix text)
      where e.tenant_id = ${tenantId}::uuid and e.trace_id = sent."traceId" and starts_with(e.id, sent.prefix)
        and e.id not in (select json_array_elements_text(${JSON.stringify(told.map(({ id }) => id))}::text::json))`);
}

/** One transaction: the rows, the scores, the request in the meters. Answers the traces that were deleted. */
async function store(ctx: TenantContext, evaluations: readonly EvaluationInput[]): Promise<Set<string>> {
  const tenantId = ctx.tenant.id;
  const traceIds = [...new Set(evaluations.map(({ traceId }) => traceId))];
  return withTenant(ctx, async (db) => {
    await lockTraces(db, tenantId, traceIds);
    const deleted = await findDeleted(db, tenantId, traceIds);
    const kept = evaluations.filter(({ traceId }) => !deleted.has(traceId));
    await upsert(db, tenantId, kept);
    const scored = await applyScores(
      db,
      tenantId,
      kept.map(({ traceId }) => traceId),
    );
    await noteChangedHours(db, ctx, scored);
    await writeUsageDeltas(db, ctx, [
      { project: 'default', traceCount: 0, tokensIn: 0, tokensOut: 0, storageBytes: 0 },
    ]);
    return deleted;
  });
}

/**
 * Locks the traces before their evaluations, as a deletion does. While one of them is not there, no new trace is made either:
 * one that was being made when we looked is committed and seen, one that is made later sees our evaluations.
 */
async function lockTraces(db: Db, tenantId: string, traceIds: readonly string[]): Promise<void> {
  const named = and(eq(traces.tenantId, tenantId), inArray(traces.traceId, [...traceIds]));
  const known = await db.select({ id: traces.traceId }).from(traces).where(named);
  if (known.length < traceIds.length) await lockNewTraces(db, tenantId, 'hold back');
  await db.select({ id: traces.traceId }).from(traces).where(named).orderBy(traces.traceId).for('update');
}

async function upsert(db: Db, tenantId: string, evaluations: readonly EvaluationInput[]): Promise<void> {
  if (evaluations.length === 0) return;
  const keep = (column: string) => sql.raw(`coalesce(excluded.${column}, evaluations.${column})`);
  await db.execute(sql`
    insert into evaluations (tenant_id, trace_id, id, score_type, score, confidence, explanation, metadata, evaluator_id,
        evaluator_version)
      select ${tenantId}::uuid, "traceId", id, "scoreType", score, confidence, explanation, metadata, "evaluatorId",
        "evaluatorVersion"
      from json_to_recordset(${JSON.stringify(evaluations)}::text::json) as sent("traceId" text, id text, "scoreType" text,
        score float8, confidence float8, explanation text, metadata jsonb, "evaluatorId" text, "evaluatorVersion" text)
    on conflict (tenant_id, trace_id, id) do update set score_type = excluded.score_type, score = excluded.score,
      confidence = ${keep('confidence')}, explanation = ${keep('explanation')}, metadata = ${keep('metadata')},
      evaluator_id = ${keep('evaluator_id')}, evaluator_version = ${keep('evaluator_version')}`);
}
