import type { Meaning } from './meaning';
import type { SpanFlag } from './span';
import type { TreeSpan } from './span-tree';

/** What of a span a trace is assembled from. `meaning` has no fields where the span says nothing of a RAG application. */
export type AssemblySpan = TreeSpan & {
  name: string;
  status: 'unset' | 'ok' | 'error';
  statusMessage: string | null;
  flags: readonly SpanFlag[];
  project: string | null;
  meaning: Meaning;
};
