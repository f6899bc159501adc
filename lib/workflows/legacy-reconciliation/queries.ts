import type { Db } from '@/db/client';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import type { TenantContext } from '@/lib/tenancy/context';
import {
  type Basis,
  findClock,
  findState,
  findWinners,
  type Judgement,
  judgeEvaluations,
  judgeTraces,
  toIssue,
} from '../legacy-migration/queries';
import { Checksum, type EvaluationContent, type MappedTrace } from '../legacy-migration/rules';
import {
  CHUNK,
  type Issue,
  type Listener,
  type MigrationReport,
  type TableReport,
} from '../legacy-migration/schema';
import type { LegacyRow, LegacySource, LegacyTable } from '../legacy-source/schema';

/** How the check is done: without writing anything before, and whether the tenant is there at all. */
export type CheckOptions = { dryRun: boolean; exists: boolean };

/**
 * Reads the whole source anew and compares it, row by row, with what is stored: the reconciliation, and the whole of a
 * dry run. Writes nothing. Throws AppError `forbidden`, and what reading the source throws.
 */
export async function checkLegacy(
  ctx: TenantContext,
  source: LegacySource,
  options: CheckOptions & Listener,
): Promise<MigrationReport> {
  authorize(ctx, 'traces:read');
  const now = new Date();
  const clock = options.exists ? await findClock(ctx) : { start: now, now };
  const basis = { winners: await findWinners(source), clock };
  const report: MigrationReport = {
    tables: {},
    issues: { 'row refused': 0, 'row merged': 0, 'field refused': 0, 'field altered': 0 },
  };
  const onIssue = (issue: Issue) => {
    report.issues[issue.outcome]++;
    options.onIssue?.(issue);
  };
  for (const table of source.tables)
    report.tables[table] = await checkTable(ctx, source, table, basis, { ...options, onIssue });
  return report;
}

async function checkTable(
  ctx: TenantContext,
  source: LegacySource,
  table: LegacyTable,
  basis: Basis,
  options: CheckOptions & Listener,
): Promise<TableReport> {
  const state = options.exists ? await findState(ctx, source, table) : undefined;
  const counts = { read: 0, created: 0, updated: 0, unchanged: 0 };
  const sums = { source: new Checksum(), target: new Checksum() };
  const report = { source: 0, target: 0, merged: 0, refused: 0, missing: 0 };
  const total = await source.count(table);
  for (let after: string | null = null, rows: LegacyRow[]; ; after = rows.at(-1)?.key ?? null) {
    rows = await source.read(table, after, CHUNK);
    const { accepted, issues } = await judge(ctx, source, table, rows, basis, options);
    for (const issue of issues) {
      if (issue.outcome === 'row merged') report.merged++;
      if (issue.outcome === 'row refused') report.refused++;
      options.onIssue?.(issue);
    }
    for (const { key, content, stored, decision } of accepted) {
      const reason = options.dryRun ? undefined : state?.rejected[key];
      if (decision === 'create' && reason !== undefined) {
        report.refused++;
        const row = rows.find((one) => one.key === key) ?? { key, values: {} };
        options.onIssue?.(toIssue(table, row, 'row refused', null, `the database refused it: ${reason}`));
        continue;
      }
      sums.source.add(content);
      if (stored) sums.target.add(stored);
      if (decision === 'unchanged') report.target++;
      else report.missing++;
      counts[decision === 'create' ? 'created' : decision === 'update' ? 'updated' : 'unchanged']++;
    }
    report.source += rows.length;
    counts.read += rows.length;
    options.onProgress?.({ phase: 'check', table, done: report.source, total });
    if (rows.length < CHUNK) break;
  }
  // What the source counts and did not give us to read is missing too.
  report.missing += Math.max(0, total - report.source);
  report.source = Math.max(total, report.source);
  return {
    ...report,
    sourceChecksum: String(sums.source),
    targetChecksum: String(sums.target),
    counts: options.dryRun ? counts : (state?.counts ?? counts),
  };
}

async function judge(
  ctx: TenantContext,
  source: LegacySource,
  table: LegacyTable,
  rows: readonly LegacyRow[],
  basis: Basis,
  { dryRun, exists }: CheckOptions,
): Promise<Judgement<MappedTrace | EvaluationContent>> {
  // A dry run has not stored the traces: those of the source will be there.
  const ids = rows.map(({ values }) => String(values.trace_id ?? ''));
  const known = dryRun && table === 'evaluations' ? await source.findTraceIds(ids) : undefined;
  const work = async (db: Db | null): Promise<Judgement<MappedTrace | EvaluationContent>> =>
    table === 'traces' ? judgeTraces(db, ctx, rows, basis) : judgeEvaluations(db, ctx, rows, basis, known);
  return exists ? withTenant(ctx, work) : work(null);
}
