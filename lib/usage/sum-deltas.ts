/**
 * What a commit adds to the meters, for one project. `traceCount` is of rows first inserted. Tokens and bytes may be negative:
 * what a trace turned out to have less of than was counted before.
 */
export type UsageDelta = {
  /** When it was received, where the system stores the past; otherwise now, by the database's clock. */
  recordedAt?: Date;
  project: string;
  traceCount: number;
  tokensIn: number;
  tokensOut: number;
  storageBytes: number;
  /** Evaluations first stored. */
  evaluationCount?: number;
};

/** The same for a commit of several keys: whose it is, and how many requests of the key it stands for. */
export type KeyUsageDelta = UsageDelta & { keyId: string | null; apiRequests: number };

/** One delta for each key (where they name one) and project, and for each hour where the system stores the past. */
export function sumDeltas<D extends UsageDelta & Partial<KeyUsageDelta>>(deltas: readonly D[]): D[] {
  const sums = new Map<string, D>();
  for (const delta of deltas) {
    const key = `${delta.recordedAt?.toISOString().slice(0, 13) ?? 'now'} ${delta.keyId ?? ''} ${delta.project}`;
    const sum = sums.get(key);
    if (!sum) {
      sums.set(key, { ...delta });
      continue;
    }
    sum.traceCount += delta.traceCount;
    sum.tokensIn += delta.tokensIn;
    sum.tokensOut += delta.tokensOut;
    sum.storageBytes += delta.storageBytes;
    if (sum.apiRequests !== undefined) sum.apiRequests += delta.apiRequests ?? 0;
    if (sum.evaluationCount !== undefined) sum.evaluationCount += delta.evaluationCount ?? 0;
  }
  return [...sums.values()];
}
