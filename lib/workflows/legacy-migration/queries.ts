import { and, eq, inArray, min } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { evaluations } from '@/db/schema/evaluations';
import { legacyImports } from '@/db/schema/legacy-imports';
import { traces } from '@/db/schema/traces';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import type { TenantContext } from '@/lib/tenancy/context';
import type { LegacyRow, LegacySource, LegacyTable } from '../legacy-source/schema';
import {
  type Clock,
  chooseWinners,
  type Decision,
  decideEvaluation,
  decideTrace,
  differences,
  type EvaluationContent,
  type Mapped,
  type MappedTrace,
  mapEvaluation,
  mapTrace,
  toEvaluationContent,
  toTraceContent,
} from './rules';
import type { Issue } from './schema';

/** A row that can come over: what it becomes, what is stored in its place, and what to do. */
export type Accepted<T> = {
  key: string;
  mapped: T;
  content: object;
  stored: object | undefined;
  decision: Decision;
};
/** What is found about the rows of a chunk. `issues` are those of the rows that are refused and of single fields. */
export type Judgement<T> = { accepted: Accepted<T>[]; issues: Issue[] };

/** What rows are judged by: which of several with one trace_id comes over, and the run's clock. */
export type Basis = { winners: ReadonlyMap<string, string>; clock: Clock };

/** The clock of a tenant's migrations: the first one's start, now where there was none. */
export async function findClock(ctx: TenantContext): Promise<Clock> {
  authorize(ctx, 'traces:read');
  const now = new Date();
  const [row] = await withTenant(ctx, (db) =>
    db
      .select({ start: min(legacyImports.startedAt) })
      .from(legacyImports)
      .where(eq(legacyImports.tenantId, ctx.tenant.id)),
  );
  return { start: row?.start ?? now, now };
}

/** Which row comes over where several have one trace_id. Throws what reading the source throws. */
export async function findWinners(source: LegacySource): Promise<Map<string, string>> {
  return chooseWinners(await source.readDuplicates());
}

/** Judges traces of the source against what is stored; `db` null where the tenant has nothing yet. */
export async function judgeTraces(
  db: Db | null,
  ctx: TenantContext,
  rows: readonly LegacyRow[],
  { winners, clock }: Basis,
): Promise<Judgement<MappedTrace>> {
  const issues: Issue[] = [];
  const mapped = rows.flatMap((row) => {
    const winner = winners.get(String(row.values.trace_id));
    if (winner !== undefined && winner !== row.key) {
      issues.push(toIssue('traces', row, 'row merged', 'trace_id', `the trace is in row ${winner} too`));
      return [];
    }
    return accept('traces', row, mapTrace(row, clock), issues);
  });
  const stored = new Map(
    db && mapped.length > 0
      ? (
          await db
            .select()
            .from(traces)
            .where(
              and(
                eq(traces.tenantId, ctx.tenant.id),
                inArray(
                  traces.traceId,
                  mapped.map(({ mapped: { content } }) => content.traceId),
                ),
              ),
            )
        ).map((row) => [row.traceId, row])
      : [],
  );
  const accepted = mapped.map(({ row, mapped }) => {
    const there = stored.get(mapped.content.traceId);
    return {
      key: row.key,
      mapped,
      content: mapped.content,
      stored: there && toTraceContent(there),
      decision: decideTrace(mapped, there, clock),
      row,
    };
  });
  return withoutConflicts('traces', accepted, issues);
}

/**
 * Judges evaluations of the source against what is stored. They need their trace in the tenant or among `known`, which
 * a dry run names.
 */
export async function judgeEvaluations(
  db: Db | null,
  ctx: TenantContext,
  rows: readonly LegacyRow[],
  { clock }: Basis,
  known: ReadonlySet<string> = new Set(),
): Promise<Judgement<EvaluationContent>> {
  const issues: Issue[] = [];
  const mapped = rows.flatMap((row) => accept('evaluations', row, mapEvaluation(row, clock), issues));
  const traceIds = [...new Set(mapped.map(({ mapped: { traceId } }) => traceId))];
  const own = { traces: new Set<string>(), evaluations: new Map<string, EvaluationContent>() };
  if (db && traceIds.length > 0) {
    const found = await db
      .select({ id: traces.traceId })
      .from(traces)
      .where(and(eq(traces.tenantId, ctx.tenant.id), inArray(traces.traceId, traceIds)));
    own.traces = new Set(found.map(({ id }) => id));
    const stored = await db
      .select()
      .from(evaluations)
      .where(and(eq(evaluations.tenantId, ctx.tenant.id), inArray(evaluations.traceId, traceIds)));
    own.evaluations = new Map(stored.map((row) => [placeOf(row), toEvaluationContent(row)]));
  }
  const accepted = mapped.flatMap(({ row, mapped }) => {
    if (!own.traces.has(mapped.traceId) && !known.has(mapped.traceId)) {
      issues.push(toIssue('evaluations', row, 'row refused', 'trace_id', 'there is no trace of this id'));
      return [];
    }
    const stored = own.evaluations.get(placeOf(mapped));
    return [
      { key: row.key, mapped, content: mapped, stored, decision: decideEvaluation(mapped, stored), row },
    ];
  });
  return withoutConflicts('evaluations', accepted, issues);
}

function placeOf({ traceId, id }: EvaluationContent): string {
  return JSON.stringify([traceId, id]);
}

function accept<T>(table: LegacyTable, row: LegacyRow, result: Mapped<T>, issues: Issue[]) {
  if ('refused' in result) {
    issues.push(toIssue(table, row, 'row refused', result.refused.field, result.refused.reason));
    return [];
  }
  for (const note of result.notes) issues.push(toIssue(table, row, note.outcome, note.field, note.reason));
  return [{ row, mapped: result.row }];
}

function withoutConflicts<T>(
  table: LegacyTable,
  rows: (Accepted<T> & { row: LegacyRow })[],
  issues: Issue[],
): Judgement<T> {
  const accepted: Accepted<T>[] = [];
  for (const { row, ...one } of rows) {
    if (one.decision !== 'conflict') {
      accepted.push(one);
      continue;
    }
    const fields = differences(one.content, one.stored ?? {}).join(', ');
    const reason = `the workspace has it already with another ${fields || 'content'}; that was left as it is`;
    issues.push(toIssue(table, row, 'row refused', null, reason));
  }
  return { accepted, issues };
}

/** One line of the file of refused rows. */
export function toIssue(
  table: LegacyTable,
  { key, values }: LegacyRow,
  outcome: Issue['outcome'],
  field: string | null,
  reason: string,
): Issue {
  const traceId = values.trace_id ?? null;
  return {
    table,
    id: String(values.id ?? key).slice(0, 200),
    trace_id: traceId === null ? null : String(traceId).slice(0, 200),
    outcome,
    field,
    reason,
  };
}

/** How far the migration of a table from a source has come; undefined before the first run. */
export async function findState(ctx: TenantContext, source: LegacySource, table: LegacyTable) {
  authorize(ctx, 'traces:read');
  const [row] = await withTenant(ctx, (db) =>
    db
      .select()
      .from(legacyImports)
      .where(
        and(
          eq(legacyImports.tenantId, ctx.tenant.id),
          eq(legacyImports.source, source.id),
          eq(legacyImports.tableName, table),
        ),
      ),
  );
  return row;
}
