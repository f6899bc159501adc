import type { MigrationReport, TableReport } from '../legacy-migration/schema';

/** Whether every row of the source is in the target, unchanged, or named with the reason why it is not. */
export function isAccountedFor({ tables }: MigrationReport): boolean {
  return Object.values(tables).every(
    (table) =>
      table.missing === 0 &&
      table.sourceChecksum === table.targetChecksum &&
      table.source === table.target + table.merged + table.refused,
  );
}

/** 0: all of it came over; 2: rows or values were refused or merged, see the file; 1: something is missing. */
export function exitCode(report: MigrationReport, { dryRun }: { dryRun: boolean }): 0 | 1 | 2 {
  if (!dryRun && !isAccountedFor(report)) return 1;
  const { 'row refused': refused, 'row merged': merged, 'field refused': fields } = report.issues;
  return refused + merged + fields > 0 ? 2 : 0;
}

/** The reconciliation as lines of text. */
export function toSummary(report: MigrationReport, { dryRun }: { dryRun: boolean }): string[] {
  const lines = Object.entries(report.tables).flatMap(([name, table]) => [
    name,
    ...toRows(table, dryRun).map(([label, value]) => `  ${label.padEnd(21)}${value}`),
  ]);
  const { 'field refused': refused, 'field altered': altered } = report.issues;
  if (refused > 0) lines.push(`${count(refused)} values could not be taken and were left out of their rows`);
  if (altered > 0) lines.push(`${count(altered)} values were kept with something in them replaced`);
  if (dryRun) return [...lines, 'dry run: nothing was written'];
  if (isAccountedFor(report)) return [...lines, 'every row of the source is accounted for'];
  return [
    ...lines,
    'NOT every row is accounted for: rows came or changed while this ran, or could not be stored. Run it again.',
  ];
}

function toRows(table: TableReport, dryRun: boolean): [string, string][] {
  const { counts } = table;
  const would = dryRun ? 'would be ' : '';
  return [
    ['rows in the source', count(table.source)],
    ['rows in the target', count(table.target)],
    ['merged duplicates', count(table.merged)],
    ['refused', count(table.refused)],
    ...(table.missing > 0 && !dryRun ? [['missing', count(table.missing)] as [string, string]] : []),
    [`${would}created`, count(counts.created)],
    [`${would}updated`, count(counts.updated)],
    ['unchanged', count(counts.unchanged)],
    ['checksum, source', table.sourceChecksum],
    ['checksum, target', table.targetChecksum],
  ];
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}
