import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { executePrepared } from '@/db/prepared';
import { keyIdOf, type TenantContext } from '@/lib/tenancy/context';
import { noteRequestCounted } from './api-requests';
import type { KeyUsageDelta, UsageDelta } from './sum-deltas';

/**
 * Writes what the caller's transaction counts: one row per project, for the key that made it. The request itself is
 * counted on the first row. Nothing is billed that is not stored, and nothing stored that is not billed.
 */
export async function writeUsageDeltas(
  db: Db,
  ctx: TenantContext,
  deltas: readonly UsageDelta[],
): Promise<void> {
  const keyId = keyIdOf(ctx);
  await writeKeyUsageDeltas(
    db,
    ctx.tenant.id,
    deltas.map((delta, index) => ({ ...delta, keyId, apiRequests: index === 0 && keyId ? 1 : 0 })),
  );
  if (keyId && deltas.length > 0) noteRequestCounted();
}

/**
 * The same where one transaction holds what several keys sent: the rows are written as they are, in their order. Their time is
 * rounded as that of the traces is, which then count in the same hour. A statement whose text does not change with them, because every transaction that stores traces runs it.
 */
export async function writeKeyUsageDeltas(
  db: Db,
  tenantId: string,
  deltas: readonly KeyUsageDelta[],
): Promise<void> {
  if (deltas.length === 0) return;
  const rows = JSON.stringify(deltas);
  await executePrepared(
    db,
    sql`
    insert into usage_deltas (tenant_id, recorded_at, key_id, project, trace_count, tokens_in, tokens_out, api_requests, storage_bytes, evaluation_count)
      select ${tenantId}::uuid, coalesce("recordedAt", now())::timestamptz(3), "keyId", project, "traceCount", "tokensIn", "tokensOut",
        "apiRequests", "storageBytes", coalesce("evaluationCount", 0)
      from json_to_recordset(${rows}::text::json) as sent("recordedAt" timestamptz, "keyId" uuid, project text,
        "traceCount" int, "tokensIn" bigint, "tokensOut" bigint, "apiRequests" int, "storageBytes" bigint,
        "evaluationCount" int)`,
  );
}
