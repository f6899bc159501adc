import { pool } from '@/db/client';
import { tenantSchemaName, toTenantId } from '@/lib/ids';

/** Spans of the trace `spans`. */
export const SPANS = 3_000;
const ROWS_PER_INSERT = 50_000;

/** A few traces for every tenant that has none. */
export async function fillSmall(): Promise<void> {
  await pool('owner').sql.unsafe(`
    INSERT INTO all_tenants.traces (tenant_id, trace_id, question, answer, model, latency_ms, byte_size)
      SELECT t.id, 'small-' || n, 'How long is the trial?', 'Fourteen days.', 'model-1', 100 + n, 300
      FROM tenants t, generate_series(1, 100) n ON CONFLICT DO NOTHING`);
}

/** The large tenant: traces over 30 days, made of their numbers alone, so that every run makes the same. */
export async function fillLarge(
  tenantId: string,
  traces: number,
  progress: (text: string) => void,
): Promise<void> {
  const id = toTenantId(tenantId);
  const schema = tenantSchemaName(id);
  const { sql } = pool('owner');
  // The large index comes last: in bulk it is made several times as fast as word by word.
  await sql.unsafe(`
    DELETE FROM ${schema}.traces;
    ALTER TABLE all_tenants.trace_words DETACH PARTITION ${schema}.trace_words;
    DROP INDEX ${schema}.trace_words_words_idx;`);
  for (let from = 0; from < traces; from += ROWS_PER_INSERT) {
    const to = Math.min(from + ROWS_PER_INSERT, traces) - 1;
    await sql.unsafe(`
      INSERT INTO ${schema}.traces (tenant_id, trace_id, received_at, started_at, project, question, answer, model, latency_ms,
          tokens_in, tokens_out, error, user_id, session_id, chunks, grounding_score, overall_score, traffic_light, tags, byte_size)
        SELECT '${id}', 'trace-' || n, at, at, CASE WHEN n % 50000 = 7 THEN 'rare' ELSE 'project-' || n % 3 END,
          'How long is the trial word' || n % 301 || ' of plan code' || n / 10 || '?',
          'The trial lasts 14 days, word' || n % 997 || ' says.', 'model-' || n % 7, 100 + n % 2900, 100 + n % 4000, n % 700,
          CASE WHEN n % 40 = 0 THEN 'overloaded' END, 'user-' || n % 10007, 'session-' || n / 5,
          jsonb_build_array(
            jsonb_build_object('text', 'Every account starts with a trial of fourteen days, topic' || n % 89 || '.', 'score', 0.9),
            jsonb_build_object('text', 'Plans are changed at any time in settings, topic' || n % 97 || '.', 'score', 0.8)),
          (n % 1000) / 1000.0, (n % 900) / 900.0, (ARRAY['green', 'amber', 'red'])[1 + n % 3],
          CASE WHEN n % 100000 = 5 THEN ARRAY['rare', 'eu'] WHEN n % 2 = 0 THEN ARRAY['eu'] END, 600
        FROM (SELECT n, now() - interval '30 days' * (1 - n / ${traces}.0) AS at FROM generate_series(${from}, ${to}) n) numbered`);
    await sql.unsafe(`
      INSERT INTO ${schema}.trace_words (tenant_id, trace_id, words)
        SELECT tenant_id, trace_id, to_tsvector('simple', concat_ws(' ', question, answer, chunks #>> '{0,text}', chunks #>> '{1,text}'))
        FROM ${schema}.traces WHERE trace_id IN (SELECT 'trace-' || n FROM generate_series(${from}, ${to}) n)`);
    progress(`${to + 1} traces`);
  }
  progress('the words’ index');
  await sql.unsafe(`
    SET maintenance_work_mem = '512MB';
    CREATE INDEX trace_words_words_idx ON ${schema}.trace_words USING gin (words);
    ALTER TABLE all_tenants.trace_words ATTACH PARTITION ${schema}.trace_words FOR VALUES IN ('${id}');
    INSERT INTO ${schema}.traces (tenant_id, trace_id, question, span_count, byte_size) VALUES ('${id}', 'spans', 'Why?', ${SPANS}, 100);
    INSERT INTO ${schema}.spans (tenant_id, trace_id, span_id, parent_id, name, span_kind, started_ns, ended_ns, status, attributes,
        is_telling, digest, byte_size)
      SELECT '${id}', 'spans', lpad(to_hex(n), 16, '0'), CASE WHEN n > 1 THEN lpad(to_hex(n / 4 + 1), 16, '0') END, 'step ' || n,
        'internal', 1790000000000000000 + n::bigint * 1000000, 1790000000000000000 + n::bigint * 1000000 + 500000, 'ok',
        jsonb_build_object('input.value', repeat('text ', 100)), false, 'd', 600
      FROM generate_series(1, ${SPANS}) n`);
  progress('vacuum and analyze');
  for (const table of ['traces', 'trace_words', 'spans'])
    await sql.unsafe(`VACUUM (ANALYZE) ${schema}.${table}`);
}
