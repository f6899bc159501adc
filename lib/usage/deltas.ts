import type { Db } from '@/db/client';
import { usageDeltas } from '@/db/schema/usage';
import type { TenantContext } from '@/lib/tenancy/context';

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
};

/**
 * Writes what the caller's transaction counts: one row per project, for the key that made it. The request itself is
 * counted on the first row. Nothing is billed that is not stored, and nothing stored that is not billed.
 */
export async function writeUsageDeltas(
  db: Db,
  ctx: TenantContext,
  deltas: readonly UsageDelta[],
): Promise<void> {
  if (deltas.length === 0) return;
  const keyId = ctx.actor.kind === 'api-key' ? ctx.actor.keyId : null;
  await db.insert(usageDeltas).values(
    deltas.map((delta, index) => ({
      ...delta,
      tenantId: ctx.tenant.id,
      keyId,
      apiRequests: index === 0 && keyId ? 1 : 0,
    })),
  );
}

/** One delta for each project, and for each hour where the system stores traces of the past. */
export function sumDeltas(deltas: readonly UsageDelta[]): UsageDelta[] {
  const sums = new Map<string, UsageDelta>();
  for (const delta of deltas) {
    const key = `${delta.recordedAt?.toISOString().slice(0, 13) ?? 'now'} ${delta.project}`;
    const sum = sums.get(key);
    if (!sum) {
      sums.set(key, { ...delta });
      continue;
    }
    sum.traceCount += delta.traceCount;
    sum.tokensIn += delta.tokensIn;
    sum.tokensOut += delta.tokensOut;
    sum.storageBytes += delta.storageBytes;
  }
  return [...sums.values()];
}
