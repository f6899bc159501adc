import type { Db } from '@/db/client';
import { usageDeltas } from '@/db/schema/usage';
import type { TenantContext } from '@/lib/tenancy/context';

/** What a commit adds to the meters, for one project. Counts are of rows first inserted; bytes may be negative. */
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
