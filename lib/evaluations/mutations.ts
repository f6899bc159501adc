import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { traces } from '@/db/schema/traces';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import { newId } from '@/lib/ids';
import type { OtlpSpan } from '@/lib/otlp/span';
import { keyIdOf, type TenantContext } from '@/lib/tenancy/context';
import { applyScores, findDeleted, lockNewTraces } from '@/lib/traces/mutations';
import { DELETED } from '@/lib/traces/rules';
import { noteChangedHours } from '@/lib/usage/changed-hours';
import { writeKeyUsageDeltas, writeUsageDeltas } from '@/lib/usage/deltas';
import { sumDeltas, type UsageDelta } from '@/lib/usage/sum-deltas';
import {
  type EvaluationInput,
  evaluationSize,
  mergeEvaluation,
  mergeEvaluations,
  readEvaluations,
  toldBySpan,
  toldIdPrefix,
} from './rules';
import type { EvaluationsReceipt } from './schema';

/** Rows of one statement. */
const ROWS_AT_ONCE = 5_000;

/** What evaluations never add to the meters. */
const NOTHING = { traceCount: 0, tokensIn: 0, tokensOut: 0 };

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
  ctx: Pick<TenantContext, 'tenant' | 'actor'>,
  { spans, rewritten }: { spans: readonly OtlpSpan[]; rewritten: ReadonlySet<string> },
): Promise<void> {
  const told = mergeEvaluations(spans.flatMap(toldBySpan));
  const again = spans.filter(({ traceId }) => rewritten.has(traceId));
  const written = again.length > 0 ? await removeUntold(db, ctx.tenant.id, { spans: again, told }) : [];
  for (let from = 0; from < told.length; from += ROWS_AT_ONCE)
    written.push(...(await upsert(db, ctx.tenant.id, told.slice(from, from + ROWS_AT_ONCE))));
  await meterTold(db, ctx, written);
  const scored = await applyScores(db, ctx.tenant.id, [...new Set(told.map(({ traceId }) => traceId))]);
  await noteChangedHours(db, ctx, scored);
}

async function removeUntold(
  db: Db,
  tenantId: string,
  { spans, told }: { spans: readonly OtlpSpan[]; told: readonly EvaluationInput[] },
): Promise<Written[]> {
  const prefixes = spans.map(({ traceId, spanId }) => ({ traceId, prefix: toldIdPrefix(spanId) }));
  const gone = await db.execute<{ traceId: string; bytes: number }>(sql`
    delete from evaluations e
      using json_to_recordset(${JSON.stringify(prefixes)}::text::json) as sent("traceId" text, prefix text)
      where e.tenant_id = ${tenantId}::uuid and e.trace_id = sent."traceId" and starts_with(e.id, sent.prefix)
        and e.id not in (select json_array_elements_text(${JSON.stringify(told.map(({ id }) => id))}::text::json))
      returning e.trace_id as "traceId", e.byte_size as bytes`);
  return gone.map(({ traceId, bytes }) => ({ traceId, isNew: false, bytes: -bytes }));
}

/** What told evaluations add to the meters, for the key that sent the spans; the request is counted with the spans. */
async function meterTold(
  db: Db,
  { tenant, actor }: Pick<TenantContext, 'tenant' | 'actor'>,
  written: readonly Written[],
): Promise<void> {
  if (written.length === 0) return;
  const ids = [...new Set(written.map(({ traceId }) => traceId))];
  const rows = await db
    .select({ id: traces.traceId, project: traces.project })
    .from(traces)
    .where(and(eq(traces.tenantId, tenant.id), inArray(traces.traceId, ids)));
  const projects = new Map(rows.map(({ id, project }) => [id, project]));
  const keyId = keyIdOf({ actor });
  const deltas = deltasOf(written, projects).map((delta) => ({ ...delta, keyId, apiRequests: 0 }));
  await writeKeyUsageDeltas(db, tenant.id, sumDeltas(deltas));
}

function deltasOf(written: readonly Written[], projects: ReadonlyMap<string, string>): UsageDelta[] {
  return written.map(({ traceId, isNew, bytes }) => ({
    ...{ ...NOTHING, project: projects.get(traceId) ?? 'default', storageBytes: bytes },
    evaluationCount: isNew ? 1 : 0,
  }));
}

/** One transaction: the rows, the scores, what they add to the meters. Answers the traces that were deleted. */
async function store(ctx: TenantContext, evaluations: readonly EvaluationInput[]): Promise<Set<string>> {
  const tenantId = ctx.tenant.id;
  const traceIds = [...new Set(evaluations.map(({ traceId }) => traceId))];
  return withTenant(ctx, async (db) => {
    const projects = await lockTraces(db, tenantId, traceIds);
    const deleted = await findDeleted(db, tenantId, traceIds);
    const kept = evaluations.filter(({ traceId }) => !deleted.has(traceId));
    const written = await upsert(db, tenantId, kept);
    const scored = await applyScores(
      db,
      tenantId,
      kept.map(({ traceId }) => traceId),
    );
    await noteChangedHours(db, ctx, scored);
    const deltas = deltasOf(written, projects);
    const none = [{ ...NOTHING, project: 'default', storageBytes: 0 }];
    await writeUsageDeltas(db, ctx, deltas.length > 0 ? sumDeltas(deltas) : none);
    return deleted;
  });
}

/**
 * Locks the traces before their evaluations, as a deletion does. While one of them is not there, no new trace is made either:
 * one that was being made when we looked is committed and seen, one that is made later sees our evaluations. So writers of the
 * same evaluation wait for each other. Answers the projects of those that are there.
 */
async function lockTraces(
  db: Db,
  tenantId: string,
  traceIds: readonly string[],
): Promise<Map<string, string>> {
  const named = and(eq(traces.tenantId, tenantId), inArray(traces.traceId, [...traceIds]));
  const known = await db.select({ id: traces.traceId }).from(traces).where(named);
  if (known.length < traceIds.length) await lockNewTraces(db, tenantId, 'hold back');
  const locked = await db
    .select({ id: traces.traceId, project: traces.project })
    .from(traces)
    .where(named)
    .orderBy(traces.traceId)
    .for('update');
  return new Map(locked.map(({ id, project }) => [id, project]));
}

/** What writing an evaluation came to: whether it is new, and by how many bytes the stored one has grown. */
type Written = { traceId: string; isNew: boolean; bytes: number };

/** Writes each over what is stored of it, which nobody else changes meanwhile: `lockTraces` comes first. */
async function upsert(db: Db, tenantId: string, sent: readonly EvaluationInput[]): Promise<Written[]> {
  if (sent.length === 0) return [];
  const placeOf = ({ traceId, id }: { traceId: string; id: string }) => JSON.stringify([traceId, id]);
  const stored = await db.execute<EvaluationInput & { byteSize: number }>(sql`
    select e.trace_id as "traceId", e.id, e.score_type as "scoreType", e.score, e.confidence, e.explanation, e.metadata,
        e.evaluator_id as "evaluatorId", e.evaluator_version as "evaluatorVersion", e.byte_size as "byteSize"
      from evaluations e join json_to_recordset(${JSON.stringify(sent)}::text::json) as sent("traceId" text, id text)
        on e.tenant_id = ${tenantId} and e.trace_id = sent."traceId" and e.id = sent.id`);
  const before = new Map(stored.map((row) => [placeOf(row), row]));
  const rows = sent.map((evaluation) => {
    const known = before.get(placeOf(evaluation));
    const merged = mergeEvaluation(known && toInput(known), evaluation);
    const byteSize = evaluationSize(merged);
    return { merged: { ...merged, byteSize }, isNew: !known, bytes: byteSize - (known?.byteSize ?? 0) };
  });
  await db.execute(sql`
    insert into evaluations (tenant_id, trace_id, id, score_type, score, confidence, explanation, metadata, evaluator_id,
        evaluator_version, byte_size)
      select ${tenantId}::uuid, "traceId", id, "scoreType", score, confidence, explanation, metadata, "evaluatorId",
        "evaluatorVersion", "byteSize"
      from json_to_recordset(${JSON.stringify(rows.map(({ merged }) => merged))}::text::json) as sent("traceId" text, id text,
        "scoreType" text, score float8, confidence float8, explanation text, metadata jsonb, "evaluatorId" text,
        "evaluatorVersion" text, "byteSize" int)
    on conflict (tenant_id, trace_id, id) do update set score_type = excluded.score_type, score = excluded.score,
      confidence = excluded.confidence, explanation = excluded.explanation, metadata = excluded.metadata,
      evaluator_id = excluded.evaluator_id, evaluator_version = excluded.evaluator_version, byte_size = excluded.byte_size`);
  return rows.map(({ merged, isNew, bytes }) => ({ traceId: merged.traceId, isNew, bytes }));
}

/** A stored evaluation as one that is sent: what it does not say is left out. */
function toInput({ byteSize: _, ...row }: EvaluationInput & { byteSize: number }): EvaluationInput {
  const said = Object.entries(row).filter(([, value]) => value !== null);
  return Object.fromEntries(said) as EvaluationInput;
}
