/** The tables of the single-tenant predecessor (0.3 and before) and their columns. Older versions lack some of them. */
export const legacyColumns = {
  traces: [
    ...['id', 'trace_id', 'timestamp', 'user_input', 'retrieved_chunks', 'retrieval_scores', 'prompts'],
    ...[
      'model_output',
      'model_name',
      'response_latency_ms',
      'tokens_in',
      'tokens_out',
      'trace_metadata',
      'error',
    ],
    ...['grounding_score', 'helpfulness_score', 'safety_score', 'overall_score', 'traffic_light'],
    ...['created_at', 'updated_at'],
  ],
  evaluations: [
    ...['id', 'trace_id', 'score_type', 'score', 'confidence', 'explanation', 'eval_metadata'],
    ...['evaluator_version', 'evaluation_timestamp'],
  ],
} as const satisfies Record<string, readonly string[]>;

export type LegacyTable = keyof typeof legacyColumns;

/** A value as it was read: everything but numbers as text, JSON and times included. Absent where the column is. */
export type LegacyValue = string | number | null | undefined;

/** A row, with the key that puts it into its place among the others. */
export type LegacyRow = { key: string; values: Readonly<Record<string, LegacyValue>> };

/** Where to read from. */
export type SourceAddress = { kind: 'sqlite'; path: string } | { kind: 'postgres'; url: string };

/** A database of the predecessor, open for reading only. */
export type LegacySource = {
  /** Names the source among others, without a password: the same address has the same id. */
  readonly id: string;
  /** For people, without a password. */
  readonly label: string;
  /** Tables that are there: traces always, evaluations since 0.2. */
  readonly tables: readonly LegacyTable[];
  /** Whether a row keeps its key, so that one may go on after a key that another run has read. */
  keepsKeys(table: LegacyTable): boolean;
  count(table: LegacyTable): Promise<number>;
  /** The next rows after a key, in the order of their keys; fewer than `limit` only at the end. */
  read(table: LegacyTable, after: string | null, limit: number): Promise<LegacyRow[]>;
  /** The rows of `traces` whose trace_id another row has too: trace_id, created_at and updated_at of each. */
  readDuplicates(): Promise<LegacyRow[]>;
  /** Those of the ids that `traces` has. */
  findTraceIds(ids: readonly string[]): Promise<Set<string>>;
  close(): Promise<void>;
};
