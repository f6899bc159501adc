import postgres from 'postgres';
import { loginUrl } from '@/db/logins';
import { tenantSchemaName, toTenantId } from '@/lib/ids';
import { readSpans } from '@/lib/otlp/read-spans';
import { openRequest, protobufParts } from '@/lib/otlp/wire';
import { toSpanRows } from '@/lib/spans/rules';
import { toTraceInput } from '@/lib/trace-ingest/rules';
import { traceBody } from '@/lib/trace-ingest/schema';
import { byteSize } from '@/lib/traces/rules';
import { spansProtobuf, TRACES } from './spans';
import { traceJson } from './traces';

const ROWS = 500;

/**
 * What this PostgreSQL takes of the same rows, in rows a second: prepared rows, through one connection, in batches of 500,
 * into the tenant's own partition. No HTTP, no checks, no meter: what is left when everything of ours is taken away.
 * `cpuMs` is the processor time of a row. `withSpans` writes the four spans of each trace as well, 512 in a batch: a row is a
 * trace with them.
 */
export async function measureBaseline(
  tenantId: string,
  seconds: number,
  postgresCpu: () => number,
  { withSpans = false } = {},
): Promise<{ rate: number; cpuMs: number }> {
  const traces = withSpans ? TRACES : ROWS;
  const schema = tenantSchemaName(toTenantId(tenantId));
  const sql = postgres(loginUrl('app'), { max: 1, onnotice: () => {} });
  try {
    let rows = 0;
    const before = postgresCpu();
    let spent = 0;
    while (spent < seconds * 1_000) {
      const batch = JSON.stringify(
        Array.from({ length: traces }, () => {
          const input = toTraceInput(traceBody.parse(JSON.parse(traceJson())));
          return { ...input, byteSize: byteSize(input), tenantId };
        }),
      );
      const spans = withSpans ? await spanRows() : null;
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
        if (spans) await tx.unsafe(INSERT_SPANS, [tenantId, spans]);
      });
      spent += performance.now() - began;
      rows += traces;
    }
    return { rate: (rows * 1_000) / spent, cpuMs: (postgresCpu() - before) / rows };
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** The spans of one request as rows, in JSON. */
async function spanRows(): Promise<string> {
  const { spans } = await readSpans(openRequest(spansProtobuf()), new Date(), protobufParts);
  return `[${(await toSpanRows(spans)).map(({ json }) => json).join(',')}]`;
}

const SPAN_COLUMNS = `trace_id, span_id, parent_id, name, kind, span_kind, started_ns, ended_ns, status, status_message, project,
  model, tokens_in, tokens_out, cost_usd, attributes, events, links, resource, scope, flags, is_telling, digest, byte_size`;
const INSERT_SPANS = `insert into spans (tenant_id, ${SPAN_COLUMNS})
  select $1::uuid, ${SPAN_COLUMNS} from json_populate_recordset(null::spans, $2::text::json) on conflict do nothing`;
