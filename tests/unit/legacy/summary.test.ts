import { describe, expect, test } from 'vitest';
import type { MigrationReport, TableReport } from '@/lib/workflows/legacy-migration/schema';
import { exitCode, isAccountedFor, toSummary } from '@/lib/workflows/legacy-reconciliation/rules';

const real = { dryRun: false };

function report(
  table: Partial<TableReport> = {},
  issues: Partial<MigrationReport['issues']> = {},
): MigrationReport {
  return {
    tables: {
      traces: {
        ...{ source: 1500, target: 1500, merged: 0, refused: 0, missing: 0 },
        ...{ sourceChecksum: 'a', targetChecksum: 'a' },
        counts: { read: 1500, created: 1500, updated: 0, unchanged: 0 },
        ...table,
      },
    },
    issues: { 'row refused': 0, 'row merged': 0, 'field refused': 0, 'field altered': 0, ...issues },
  };
}

describe('the exit code', () => {
  test('is 0 where everything came over, were it with a character replaced', () => {
    expect(exitCode(report(), real)).toBe(0);
    expect(exitCode(report({}, { 'field altered': 3 }), real)).toBe(0);
  });

  test('is 2 where the file says what did not', () => {
    expect(exitCode(report({ target: 1498, merged: 1, refused: 1 }, { 'row refused': 1 }), real)).toBe(2);
    expect(exitCode(report({}, { 'field refused': 1 }), real)).toBe(2);
    expect(exitCode(report({ target: 0, missing: 1500 }, { 'row merged': 1 }), { dryRun: true })).toBe(2);
  });

  test.each([{ missing: 1, target: 1499 }, { target: 1499 }, { targetChecksum: 'b' }])(
    'is 1 for %j',
    (table) => {
      expect(isAccountedFor(report(table))).toBe(false);
      expect(exitCode(report(table), real)).toBe(1);
    },
  );
});

describe('the summary', () => {
  test('has the counts and checksums of both sides', () => {
    const text = toSummary(report({}, { 'field refused': 2 }), real).join('\n');
    expect(text).toContain('rows in the source   1,500');
    expect(text).toContain('rows in the target   1,500');
    expect(text).toContain('2 values could not be taken');
    expect(text).toContain('every row of the source is accounted for');
  });

  test('says what a real run would do, and what is missing', () => {
    expect(toSummary(report(), { dryRun: true }).join('\n')).toMatch(/would be created +1,500/);
    expect(toSummary(report({ missing: 7 }), real).join('\n')).toMatch(/missing +7[\s\S]*NOT every row/);
  });
});
