import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import initSqlJs from 'sql.js';
import { connect, createDatabase } from '@/tests/support/databases';

/** Databases as the single-tenant predecessor left them, with the rows that its years in the field have made awkward. */
export type Predecessor = { from: string; close: () => Promise<void> };

type Row = Record<string, string | number | null>;

/** `bad` rows are refused or merged; every other one comes over. */
export const good = { traces: 304, evaluations: 6 };
export const bad = { traces: { refused: 2, merged: 2 }, evaluations: { refused: 4 } };

const day = (n: number) =>
  `2025-03-${String(1 + (n % 28)).padStart(2, '0')} 10:${String(n % 60).padStart(2, '0')}:00`;

const plain: Row[] = Array.from({ length: 300 }, (_, i) => ({
  id: i + 1,
  trace_id: `plain-${i}`,
  timestamp: `${day(i)}.123456`,
  user_input: `question ${i}`,
  retrieved_chunks: JSON.stringify([{ text: `chunk ${i}`, source: 'a.md', score: 0.5 }]),
  retrieval_scores: '[0.5]',
  prompts: '["answer briefly"]',
  model_output: `answer ${i}`,
  model_name: i % 2 === 0 ? 'gpt-4' : 'gpt-4o',
  response_latency_ms: 100.25 + i,
  tokens_in: 10,
  tokens_out: 5,
  trace_metadata: '{"user_id": "u1", "session_id": "s1", "nested": {"z": 1, "a": [1.5, true, null]}}',
  error: i % 50 === 0 ? 'timeout' : null,
  grounding_score: 0.91,
  helpfulness_score: 0.1 + 0.2,
  safety_score: 1,
  overall_score: 1 / 3,
  traffic_light: ['GREEN', 'amber', 'Red'][i % 3] ?? null,
  created_at: `${day(i)}.200000`,
  updated_at: `${day(i)}.300000`,
}));

const awkward: Row[] = [
  { id: 1001, trace_id: 'only-an-id' },
  {
    id: 1002,
    trace_id: 'awkward',
    retrieved_chunks: '["plain text", {"content": "c", "doc_id": "d"}, null]',
    retrieval_scores: '[NaN, Infinity, 0.25]',
    prompts: '{"system": "s", "user": "u"}',
    trace_metadata: '{"rate": NaN, "nul": "a\\u0000b", "big": 1e999, "__proto__": {"x": 1}}',
    tokens_in: 3_000_000_000,
    tokens_out: -1,
    response_latency_ms: -5,
    traffic_light: 'purple',
    created_at: 'last Tuesday',
  },
  {
    id: 1003,
    trace_id: 'broken-json',
    user_input: 'q',
    retrieved_chunks: '{"text": ',
    trace_metadata: "{'a': 1}",
  },
  // Refused:
  { id: 1004, trace_id: null, user_input: 'nobody can look this up' },
  { id: 1005, trace_id: 'x'.repeat(300) },
  // Merged into the second:
  { id: 1006, trace_id: 'twice', user_input: 'old', created_at: day(1), updated_at: day(1) },
  { id: 1007, trace_id: 'twice', user_input: 'new', created_at: day(1), updated_at: day(3) },
  { id: 1008, trace_id: 'twice', user_input: 'middle', created_at: day(1), updated_at: day(2) },
];

const evaluations: Row[] = [
  ...['grounding', 'helpfulness', 'safety'].map((score_type, i) => ({
    id: i + 1,
    trace_id: 'plain-0',
    score_type,
    score: 0.5 + i / 10,
    confidence: 0.75,
    explanation: `because of ${score_type}`,
    eval_metadata: '{"judge": "heuristic", "detail": [1, 2]}',
    evaluator_version: '1.2.0',
    evaluation_timestamp: `2025-03-02 0${i}:00:00.5`,
  })),
  { id: 10, trace_id: 'plain-1', score_type: 'grounding', score: 2, eval_metadata: '[NaN]' },
  { id: 11, trace_id: 'plain-1', score_type: 'safety', score: 0, confidence: 'NaN', eval_metadata: '{' },
  { id: 12, trace_id: 'twice', score_type: 'safety', score: 1 },
  // Refused:
  { id: 20, trace_id: 'no-such-trace', score_type: 'safety', score: 1 },
  { id: 21, trace_id: 'plain-1', score_type: null, score: 1 },
  { id: 22, trace_id: 'plain-1', score_type: 'safety', score: null },
  { id: 23, trace_id: null, score_type: 'safety', score: 1 },
];

const tables = { traces: [...plain, ...awkward], evaluations };

/** A SQLite file with the predecessor's tables; `change` may alter them before it is written. */
export async function makeSqlite(
  options: { statements?: readonly string[]; name?: string; walHeader?: boolean } = {},
): Promise<Predecessor & { path: string }> {
  const { Database } = await initSqlJs();
  const db = new Database();
  db.run(`create table traces (id integer primary key, trace_id varchar, timestamp datetime, user_input text,
    retrieved_chunks json, retrieval_scores json, prompts json, model_output text, model_name varchar,
    response_latency_ms float, tokens_in integer, tokens_out integer, trace_metadata json, error text,
    grounding_score float, helpfulness_score float, safety_score float, overall_score float, traffic_light varchar,
    created_at datetime, updated_at datetime)`);
  db.run(`create table evaluations (id integer primary key, trace_id varchar, score_type varchar, score float,
    confidence float, explanation text, eval_metadata json, evaluator_version varchar, evaluation_timestamp datetime)`);
  for (const [table, rows] of Object.entries(tables)) {
    for (const row of rows) {
      const names = Object.keys(row);
      db.run(
        `insert into ${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`,
        Object.values(row),
      );
    }
  }
  db.run(`update traces set user_input = 'before' || char(0) || 'after' where trace_id = 'awkward'`);
  for (const statement of options.statements ?? []) db.run(statement);
  const file = db.export();
  db.close();
  if (options.walHeader) file.fill(2, 18, 20);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'predecessor-'));
  const from = path.join(folder, options.name ?? 'ragtoolkit.db');
  await writeFile(from, file);
  return { from, path: from, close: () => rm(folder, { recursive: true, force: true }) };
}

/** A PostgreSQL database with the predecessor's tables, whose times have zones and whose JSON is json and jsonb. */
export async function makePostgres(statements: readonly string[] = []): Promise<Predecessor> {
  const database = await createDatabase();
  const sql = connect(database.url);
  await sql.unsafe(`
    set timezone = 'UTC';
    create table traces (id integer primary key, trace_id varchar, timestamp timestamp, user_input text,
      retrieved_chunks text, retrieval_scores text, prompts json, model_output text, model_name varchar,
      response_latency_ms double precision, tokens_in bigint, tokens_out integer, trace_metadata text, error text,
      grounding_score double precision, helpfulness_score double precision, safety_score double precision,
      overall_score double precision, traffic_light varchar, created_at text, updated_at timestamptz);
    create table evaluations (id integer primary key, trace_id varchar, score_type varchar, score double precision,
      confidence double precision, explanation text, eval_metadata text, evaluator_version varchar,
      evaluation_timestamp timestamp);`);
  for (const [table, rows] of Object.entries(tables)) {
    await sql.unsafe(
      `insert into ${table} select * from json_populate_recordset(null::${table}, $1::text::json)`,
      [JSON.stringify(rows)],
    );
  }
  await sql.unsafe(`
    alter table traces alter retrieved_chunks type jsonb using
      case when retrieved_chunks is json then retrieved_chunks::jsonb end;
    alter table evaluations alter eval_metadata type json using
      case when eval_metadata is json then eval_metadata::json end;`);
  for (const statement of statements) await sql.unsafe(statement);
  await sql.end();
  return { from: database.url, close: database.drop };
}
