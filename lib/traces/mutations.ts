import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { traces } from '@/db/schema/traces';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import type { TenantContext } from '@/lib/tenancy/context';
import { noteChangedHours } from '@/lib/usage/changed-hours';
import { sumDeltas, type UsageDelta, writeUsageDeltas } from '@/lib/usage/deltas';
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
    const { updates, gone } = await updateKnown(db, ctx, known);
    for (const traceId of await insertNew(db, ctx, gone)) created.add(traceId);
    const added = batch.filter((trace) => created.has(trace.traceId)).map((trace) => toDelta(ctx, trace));
    await writeUsageDeltas(db, ctx, sumDeltas([...added, ...updates.map((update) => update.delta)]));
    const changed = [
      ...updates.map((update) => update.receivedAt),
      ...added.map((delta) => delta.recordedAt),
    ];
    await noteChangedHours(
      db,
      ctx,
      changed.filter((at) => at !== undefined),
    );
    return batch.map(({ traceId }) => ({ traceId, status: created.has(traceId) ? 'created' : 'updated' }));
  });
}

/** Inserts what is not there yet; answers the ids of the rows that were. `received_at` is the database's. */
async function insertNew(db: Db, ctx: TenantContext, batch: readonly TraceInput[]): Promise<Set<string>> {
  if (batch.length === 0) return new Set();
  const keyId = ctx.actor.kind === 'api-key' ? ctx.actor.keyId : null;
  const rows = batch.map((trace) => ({
    ...trace,
    receivedAt: receivedAtOf(ctx, trace),
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

/** When a trace of the past was received, which the system alone may say; undefined is now, by the database's clock. */
function receivedAtOf(ctx: TenantContext, trace: TraceInput): Date | undefined {
  return ctx.actor.kind === 'system' ? trace.receivedAt : undefined;
}

/** What updating a stored trace changed: its size, and the hour that it counts in. */
type Update = { delta: UsageDelta; receivedAt: Date };

/** Merges what was sent into what is stored, row by row under lock; answers the change of their size. */
async function updateKnown(
  db: Db,
  ctx: TenantContext,
  known: readonly TraceInput[],
): Promise<{ updates: Update[]; gone: TraceInput[] }> {
  if (known.length === 0) return { updates: [], gone: [] };
  const own = eq(traces.tenantId, ctx.tenant.id);
  const ids = known.map((trace) => trace.traceId);
  const stored = await db
    .select()
    .from(traces)
    .where(and(own, inArray(traces.traceId, ids)))
    .orderBy(traces.traceId)
    .for('update');
  const byId = new Map(stored.map((row) => [row.traceId, row]));
  const updates: Update[] = [];
  for (const sent of known) {
    const row = byId.get(sent.traceId);
    if (!row) continue;
    const merged = mergeTraces(toInput(row), sent);
    const size = byteSize(merged);
    const { traceId, receivedAt: _received, ...fields } = merged;
    await db
      .update(traces)
      .set({ ...fields, isPosted: true, byteSize: size, updatedAt: sql`now()` })
      .where(and(own, eq(traces.traceId, traceId)));
    const delta = {
      project: merged.project ?? row.project,
      traceCount: 0,
      tokensIn: 0,
      tokensOut: 0,
      storageBytes: size - row.byteSize,
    };
    updates.push({ delta, receivedAt: row.receivedAt });
  }
  // What was deleted between the two statements is new after all.
  return { updates, gone: known.filter((trace) => !byId.has(trace.traceId)) };
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
    spanCount,
    isPosted,
    ...sent
  } = row;
  return Object.fromEntries(
    Object.entries(sent).map(([name, value]) => [name, value ?? undefined]),
  ) as TraceInput;
}

function toDelta(ctx: TenantContext, trace: TraceInput): UsageDelta {
  return {
    recordedAt: receivedAtOf(ctx, trace),
    project: trace.project ?? 'default',
    traceCount: 1,
    tokensIn: trace.tokensIn ?? 0,
    tokensOut: trace.tokensOut ?? 0,
    storageBytes: byteSize(trace),
  };
}
