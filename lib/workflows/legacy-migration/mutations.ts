import { and, eq } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { evaluations } from '@/db/schema/evaluations';
import { type ImportCounts, legacyImports } from '@/db/schema/legacy-imports';
import { traces } from '@/db/schema/traces';
import { withTenant } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import { authorize } from '@/lib/auth/authorize';
import { type EvaluationInput, evaluationSize } from '@/lib/evaluations/rules';
import type { TenantContext } from '@/lib/tenancy/context';
import { noteChangedHours } from '@/lib/usage/changed-hours';
import { writeUsageDeltas } from '@/lib/usage/deltas';
import { noteWords } from '@/lib/words/mutations';
import type { LegacyRow, LegacySource, LegacyTable } from '../legacy-source/schema';
import { type Accepted, type Basis, findClock, findWinners, judgeEvaluations, judgeTraces } from './queries';
import { decideTrace, type EvaluationContent, type MappedTrace } from './rules';
import { CHUNK, type Listener } from './schema';

type State = typeof legacyImports.$inferSelect;
type Written = Pick<ImportCounts, 'created' | 'updated' | 'unchanged'>;

const NOTHING: ImportCounts = { read: 0, created: 0, updated: 0, unchanged: 0 };
/** SQLSTATE classes that say that a row is at fault: data, constraints, limits. Anything else ends the run. */
const ROW_AT_FAULT = /^(22|23|54)/;

/**
 * Brings the rows of a predecessor's database over into a tenant, in batches, each with how far the run is in one
 * transaction: cut off anywhere, the next run goes on from there. A run after a finished one looks at every row again
 * and writes those that are new or that only the source has changed. Historic traces are not billed; the bytes they
 * take are metered. Throws AppError `forbidden`, and what reading the source or the listener throws.
 */
export async function copyLegacy(
  ctx: TenantContext,
  source: LegacySource,
  listener: Listener = {},
): Promise<void> {
  authorize(ctx, 'traces:write');
  const states = await withTenant(ctx, (db) => beginImport(db, ctx, source));
  const basis = { winners: await findWinners(source), clock: await findClock(ctx) };
  for (const state of states) {
    if (!state.finishedAt) await copyTable(ctx, source, state, basis, listener);
  }
}

/** Where each table's copying begins: where the last run was cut off, otherwise at the first row. */
async function beginImport(db: Db, ctx: TenantContext, source: LegacySource): Promise<State[]> {
  const own = and(eq(legacyImports.tenantId, ctx.tenant.id), eq(legacyImports.source, source.id));
  const rows = source.tables.map((tableName) => ({
    ...{ tenantId: ctx.tenant.id, source: source.id, tableName },
    ...{ counts: NOTHING, rejected: {} },
  }));
  const added = await db.insert(legacyImports).values(rows).onConflictDoNothing().returning();
  if (added.length > 0) {
    await emit(db, ctx, {
      action: 'legacy-import.start',
      target: { kind: 'legacy-import', id: source.id },
      after: { tables: added.map(({ tableName }) => tableName) },
    });
  }
  const states = await db.select().from(legacyImports).where(own);
  const isFinished = states.every((state) => state.finishedAt !== null);
  const fresh = { lastKey: null, counts: NOTHING, rejected: {}, finishedAt: null };
  const result: State[] = [];
  for (const table of source.tables) {
    const state = states.find((one) => one.tableName === table);
    if (!state) continue;
    const isKept = !isFinished && (state.finishedAt !== null || source.keepsKeys(table));
    if (!isKept) {
      await db
        .update(legacyImports)
        .set(fresh)
        .where(and(own, eq(legacyImports.tableName, table)));
    }
    result.push(isKept ? state : { ...state, ...fresh });
  }
  return result;
}

async function copyTable(
  ctx: TenantContext,
  source: LegacySource,
  start: State,
  basis: Basis,
  listener: Listener,
): Promise<void> {
  const table = start.tableName as LegacyTable;
  const total = await source.count(table);
  for (let state = start; !state.finishedAt; ) {
    const rows = await source.read(table, state.lastKey, CHUNK);
    state = await copyChunk(ctx, state, rows, basis);
    listener.onProgress?.({ phase: 'copy', table, done: state.counts.read, total });
  }
}

/** Writes a chunk and how far the run is in one transaction. Where a row is at fault, the others are written alone. */
async function copyChunk(
  ctx: TenantContext,
  state: State,
  rows: readonly LegacyRow[],
  basis: Basis,
): Promise<State> {
  const table = state.tableName as LegacyTable;
  const position = {
    lastKey: rows.at(-1)?.key ?? state.lastKey,
    finishedAt: rows.length < CHUNK ? new Date() : null,
  };
  const advance = async (db: Db, written: Written, rejected: State['rejected']) => {
    const next = { ...position, rejected, counts: add(state.counts, { read: rows.length, ...written }) };
    await saveState(db, ctx, state, next);
    return { ...state, ...next };
  };
  try {
    return await withTenant(ctx, async (db) =>
      advance(db, await writeRows(db, ctx, table, rows, basis), state.rejected),
    );
  } catch (error) {
    if (reasonOf(error) === null) throw error;
  }
  let written: Written = { created: 0, updated: 0, unchanged: 0 };
  const rejected = { ...state.rejected };
  for (const row of rows) {
    try {
      const one = await withTenant(ctx, (db) => writeRows(db, ctx, table, [row], basis));
      written = add({ read: 0, ...written }, { read: 0, ...one });
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === null) throw error;
      rejected[row.key] = reason;
    }
  }
  return withTenant(ctx, (db) => advance(db, written, rejected));
}

/** Why the database refused a row, in its words without its values; null when it was not the row. */
function reasonOf(error: unknown): string | null {
  const cause = (error instanceof Error && error.cause ? error.cause : error) as {
    code?: string;
    message?: string;
  };
  return cause.code && ROW_AT_FAULT.test(cause.code) ? `${cause.message} (${cause.code})` : null;
}

async function saveState(
  db: Db,
  ctx: TenantContext,
  { source, tableName }: State,
  next: Pick<State, 'lastKey' | 'counts' | 'rejected' | 'finishedAt'>,
): Promise<void> {
  await db
    .update(legacyImports)
    .set(next)
    .where(
      and(
        eq(legacyImports.tenantId, ctx.tenant.id),
        eq(legacyImports.source, source),
        eq(legacyImports.tableName, tableName),
      ),
    );
}

async function writeRows(
  db: Db,
  ctx: TenantContext,
  table: LegacyTable,
  rows: readonly LegacyRow[],
  basis: Basis,
): Promise<Written> {
  if (table === 'traces')
    return writeTraces(db, ctx, (await judgeTraces(db, ctx, rows, basis)).accepted, basis);
  return writeEvaluations(db, ctx, (await judgeEvaluations(db, ctx, rows, basis)).accepted);
}

async function writeTraces(
  db: Db,
  ctx: TenantContext,
  accepted: readonly Accepted<MappedTrace>[],
  { clock }: Basis,
): Promise<Written> {
  const toRow = ({ content, receivedAt, updatedAt, byteSize }: MappedTrace) => ({
    ...content,
    ...{ tenantId: ctx.tenant.id, receivedAt, updatedAt, byteSize },
  });
  const mapped = accepted.filter(({ decision }) => decision === 'create').map((one) => one.mapped);
  const created =
    mapped.length > 0
      ? await db
          .insert(traces)
          .values(mapped.map(toRow))
          .onConflictDoNothing()
          .returning({ receivedAt: traces.receivedAt, byteSize: traces.byteSize })
      : [];
  let storageBytes = created.reduce((sum, row) => sum + row.byteSize, 0);
  const changed = created.map((row) => row.receivedAt);
  let updated = 0;
  for (const { mapped, decision } of accepted) {
    if (decision !== 'update') continue;
    const own = and(eq(traces.tenantId, ctx.tenant.id), eq(traces.traceId, mapped.content.traceId));
    const [stored] = await db.select().from(traces).where(own).for('update');
    // Looked at again under lock: the product may have changed it since.
    if (!stored || decideTrace(mapped, stored, clock) !== 'update') continue;
    const { traceId: _id, ...fields } = mapped.content;
    await db
      .update(traces)
      .set({ ...fields, updatedAt: mapped.updatedAt, byteSize: mapped.byteSize })
      .where(own);
    updated++;
    storageBytes += mapped.byteSize - stored.byteSize;
    changed.push(stored.receivedAt);
  }
  if (changed.length > 0) {
    const delta = { project: 'default', traceCount: 0, tokensIn: 0, tokensOut: 0, storageBytes };
    await writeUsageDeltas(db, ctx, [delta]);
    await noteChangedHours(db, ctx, changed);
    await noteWords(
      db,
      ctx.tenant.id,
      accepted.map(({ mapped }) => mapped.content.traceId),
    );
  }
  return {
    created: created.length,
    updated,
    unchanged: accepted.filter(({ decision }) => decision === 'unchanged').length,
  };
}

async function writeEvaluations(
  db: Db,
  ctx: TenantContext,
  accepted: readonly Accepted<EvaluationContent>[],
): Promise<Written> {
  const rows = accepted
    .filter(({ decision }) => decision === 'create')
    .map(({ mapped }) => ({ ...mapped, tenantId: ctx.tenant.id, byteSize: sizeOf(mapped) }));
  const created =
    rows.length > 0
      ? await db
          .insert(evaluations)
          .values(rows)
          .onConflictDoNothing()
          .returning({ byteSize: evaluations.byteSize })
      : [];
  if (created.length > 0) {
    const storageBytes = created.reduce((sum, row) => sum + row.byteSize, 0);
    const delta = { project: 'default', traceCount: 0, tokensIn: 0, tokensOut: 0, storageBytes };
    await writeUsageDeltas(db, ctx, [delta]);
  }
  const unchanged = accepted.filter(({ decision }) => decision === 'unchanged').length;
  return { created: created.length, updated: 0, unchanged };
}

/** An evaluation's size as the storage meter counts it: what it does not say does not count. */
function sizeOf({ createdAt: _, ...content }: EvaluationContent): number {
  const said = Object.entries(content).filter(([, value]) => value !== null);
  return evaluationSize(Object.fromEntries(said) as EvaluationInput);
}

function add(a: ImportCounts, b: ImportCounts): ImportCounts {
  return {
    read: a.read + b.read,
    created: a.created + b.created,
    updated: a.updated + b.updated,
    unchanged: a.unchanged + b.unchanged,
  };
}
