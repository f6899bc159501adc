import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { traces } from '@/db/schema/traces';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import type { TenantContext } from '@/lib/tenancy/context';
import { type UsageDelta, writeUsageDeltas } from '@/lib/usage/deltas';
import { byteSize, mergeById, mergeTraces, type TraceInput } from './rules';

/** What became of a trace: first stored now, or stored before and updated. */
export type IngestResult = { traceId: string; status: 'created' | 'updated' };

/**
 * Stores traces, with the usage they add, in one transaction: when this returns, they are committed. A trace sent
 * again updates the stored one field by field and is not billed again. Throws AppError `forbidden`.
 */
export async function ingestTraces(ctx: TenantContext, sent: readonly TraceInput[]): Promise<IngestResult[]> {
  authorize(ctx, 'traces:write');
  const batch = mergeById(sent);
  return withTenant(ctx, async (db) => {
    const created = await insertNew(db, ctx, batch);
    const known = batch.filter((trace) => !created.has(trace.traceId));
    const updates = await updateKnown(db, ctx, known);
    const added = batch.filter((trace) => created.has(trace.traceId)).map(toDelta);
    await writeUsageDeltas(db, ctx, sumByProject([...added, ...updates]));
    return batch.map(({ traceId }) => ({ traceId, status: created.has(traceId) ? 'created' : 'updated' }));
  });
}

/** Inserts what is not there yet; answers the ids of the rows that were. `received_at` is the database's. */
async function insertNew(db: Db, ctx: TenantContext, batch: readonly TraceInput[]): Promise<Set<string>> {
  if (batch.length === 0) return new Set();
  const keyId = ctx.actor.kind === 'api-key' ? ctx.actor.keyId : null;
  const rows = batch.map((trace) => ({
    ...trace,
    tenantId: ctx.tenant.id,
    byteSize: byteSize(trace),
    keyId,
  }));
  const inserted = await db
    .insert(traces)
    .values(rows)
    .onConflictDoNothing()
    .returning({ traceId: traces.traceId });
  return new Set(inserted.map((row) => row.traceId));
}

/** Merges what was sent into what is stored, row by row under lock; answers the change of their size. */
async function updateKnown(db: Db, ctx: TenantContext, known: readonly TraceInput[]): Promise<UsageDelta[]> {
  if (known.length === 0) return [];
  const own = eq(traces.tenantId, ctx.tenant.id);
  const ids = known.map((trace) => trace.traceId);
  const stored = await db
    .select()
    .from(traces)
    .where(and(own, inArray(traces.traceId, ids)))
    .orderBy(traces.traceId)
    .for('update');
  const byId = new Map(stored.map((row) => [row.traceId, row]));
  const deltas: UsageDelta[] = [];
  for (const sent of known) {
    const row = byId.get(sent.traceId);
    if (!row) continue; // deleted between the two statements: nothing is left to update
    const merged = mergeTraces(toInput(row), sent);
    const size = byteSize(merged);
    const { traceId, ...fields } = merged;
    await db
      .update(traces)
      .set({ ...fields, byteSize: size, updatedAt: sql`now()` })
      .where(and(own, eq(traces.traceId, traceId)));
    deltas.push({
      project: merged.project ?? row.project,
      traceCount: 0,
      tokensIn: 0,
      tokensOut: 0,
      storageBytes: size - row.byteSize,
    });
  }
  return deltas;
}

/** The client's part of a stored row. */
function toInput(row: typeof traces.$inferSelect): TraceInput {
  const {
    tenantId,
    receivedAt,
    updatedAt,
    byteSize,
    keyId,
    groundingScore,
    helpfulnessScore,
    safetyScore,
    overallScore,
    trafficLight,
    ...sent
  } = row;
  return Object.fromEntries(
    Object.entries(sent).map(([name, value]) => [name, value ?? undefined]),
  ) as TraceInput;
}

function toDelta(trace: TraceInput): UsageDelta {
  return {
    project: trace.project ?? 'default',
    traceCount: 1,
    tokensIn: trace.tokensIn ?? 0,
    tokensOut: trace.tokensOut ?? 0,
    storageBytes: byteSize(trace),
  };
}

function sumByProject(deltas: readonly UsageDelta[]): UsageDelta[] {
  const sums = new Map<string, UsageDelta>();
  for (const delta of deltas) {
    const sum = sums.get(delta.project);
    if (!sum) {
      sums.set(delta.project, { ...delta });
      continue;
    }
    sum.traceCount += delta.traceCount;
    sum.tokensIn += delta.tokensIn;
    sum.tokensOut += delta.tokensOut;
    sum.storageBytes += delta.storageBytes;
  }
  return [...sums.values()];
}
