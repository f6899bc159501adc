import postgres from 'postgres';
import { loginUrl } from '@/db/logins';
import { tenantSchemaName, toTenantId } from '@/lib/ids';
import { byteSize, toTraceInput } from '@/lib/traces/rules';
import { traceBody } from '@/lib/traces/schema';
import { traceJson } from './traces';

const ROWS = 500;

/**
 * What this PostgreSQL takes of the same rows, in rows a second: prepared rows, through one connection, in batches of 500,
 * into the tenant's own partition. No HTTP, no checks, no meter: what is left when everything of ours is taken away.
 * `cpuMs` is the processor time of a row.
 */
export async function measureBaseline(
  tenantId: string,
  seconds: number,
  postgresCpu: () => number,
): Promise<{ rate: number; cpuMs: number }> {
  const schema = tenantSchemaName(toTenantId(tenantId));
  const sql = postgres(loginUrl('app'), { max: 1, onnotice: () => {} });
  try {
    let rows = 0;
    const before = postgresCpu();
    let spent = 0;
    while (spent < seconds * 1_000) {
      const batch = JSON.stringify(
        Array.from({ length: ROWS }, () => {
          const input = toTraceInput(traceBody.parse(JSON.parse(traceJson())));
          return { ...input, byteSize: byteSize(input), tenantId };
        }),
      );
      const began = performance.now();
      await sql.begin(async (tx) => {
        await tx.unsafe(`SET LOCAL app.tenant_id = '${tenantId}'; SET LOCAL search_path = ${schema}, public`);
        await tx.unsafe(
          `insert into traces (tenant_id, trace_id, started_at, project, question, answer, model, latency_ms, tokens_in,
              tokens_out, user_id, session_id, chunks, metadata, byte_size)
            select t."tenantId", t."traceId", t."startedAt", t.project, t.question, t.answer, t.model, t."latencyMs",
              t."tokensIn", t."tokensOut", t."userId", t."sessionId", t.chunks, t.metadata, t."byteSize"
            from json_to_recordset($1::text::json) as t("tenantId" uuid, "traceId" text, "startedAt" timestamptz, project text,
              question text, answer text, model text, "latencyMs" float8, "tokensIn" int, "tokensOut" int, "userId" text,
              "sessionId" text, chunks jsonb, metadata jsonb, "byteSize" int)
            on conflict do nothing`,
          [batch],
        );
      });
      spent += performance.now() - began;
      rows += ROWS;
    }
    return { rate: (rows * 1_000) / spent, cpuMs: (postgresCpu() - before) / rows };
  } finally {
    await sql.end({ timeout: 5 });
  }
}
