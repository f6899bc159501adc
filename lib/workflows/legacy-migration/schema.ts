import type { ImportCounts } from '@/db/schema/legacy-imports';
import type { FieldNote } from '../legacy-source/rules';
import type { LegacyTable } from '../legacy-source/schema';

/** Rows that are read, written and compared at once. */
export const CHUNK = 200;

/**
 * What did not come over as it was. `row refused` and `row merged` (another row of the same trace_id was kept) are whole
 * rows; `field refused` is a value that was left out of a row, `field altered` one that was kept in another form.
 */
export type Outcome = 'row refused' | 'row merged' | FieldNote['outcome'];

/** One line of the file of refused rows. It names the row and never quotes its content. */
export type Issue = {
  table: LegacyTable;
  id: string;
  trace_id: string | null;
  outcome: Outcome;
  field: string | null;
  reason: string;
};

/** One table of the reconciliation. `source` = `target` + `merged` + `refused` + `missing`, always. */
export type TableReport = {
  source: number;
  /** Rows of the source that the tenant has with the same content. */
  target: number;
  merged: number;
  refused: number;
  /** Rows that should be in the target and are not. In a dry run: those that a real run would write. */
  missing: number;
  /** Sum of the rows' hashes on each side; equal when every row that was to come over is there unchanged. */
  sourceChecksum: string;
  targetChecksum: string;
  /** What the run did; in a dry run, what a real one would do. */
  counts: ImportCounts;
};

export type MigrationReport = {
  tables: Partial<Record<LegacyTable, TableReport>>;
  issues: Record<Outcome, number>;
};

/** How far a run is: rows done of those to do in the table at hand. */
export type Progress = { phase: 'copy' | 'check'; table: LegacyTable; done: number; total: number };

export type Listener = {
  /** Called after each chunk. What it throws ends the run, which can be started again. */
  onProgress?: (progress: Progress) => void;
  onIssue?: (issue: Issue) => void;
};
