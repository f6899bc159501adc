import type { Issue } from '@/lib/errors';
import type { TraceRefusalCode } from '@/lib/traces/schema';

/** What became of a trace: first stored now, stored before and updated, or refused by the database, and why. */
export type IngestResult = {
  traceId: string;
  status: 'created' | 'updated' | 'refused';
  /** Why it was refused. */
  refusal?: { code: TraceRefusalCode; issues: readonly Issue[] };
};
