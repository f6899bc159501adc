import { createHash } from 'node:crypto';
import type { StoredChunk } from '@/db/schema/traces';
import {
  MAX_LABEL,
  type TraceDetail,
  type TraceFilter,
  type TraceListQuery,
  type TraceSelection,
  type TraceSort,
  type WireTrace,
} from './schema';

/** From which score on a trace has which light; below amber it is red. The console, the API and the statistics show it. */
export const lightFrom = { green: 0.75, amber: 0.5 } as const;

/** The traffic light that scores give: of `overall`, of `grounding` where there is no such score; null without either. */
export function lightOf({
  overall,
  grounding,
}: Pick<TraceDetail['scores'], 'overall' | 'grounding'>): TraceDetail['trafficLight'] {
  const score = overall ?? grounding;
  if (score === null) return null;
  if (score >= lightFrom.green) return 'green';
  return score >= lightFrom.amber ? 'amber' : 'red';
}

/** A trace on its way into the database. Undefined means "not sent": on an update, what is stored stays. */
export type TraceInput = {
  traceId: string;
  /** When it came, for the seed alone: what a client sends is received when the database says. */
  receivedAt?: Date;
  startedAt?: Date;
  project?: string;
  question?: string;
  answer?: string;
  model?: string;
  latencyMs?: number;
  tokensIn?: number;
  tokensOut?: number;
  error?: string;
  userId?: string;
  sessionId?: string;
  chunks?: StoredChunk[];
  prompts?: string[];
  metadata?: Record<string, unknown>;
  name?: string;
  tags?: string[];
  /** Parts of `tokensIn` and `tokensOut`, never on top of them. */
  tokensCached?: number;
  tokensReasoning?: number;
  costUsd?: number;
  flags?: string[];
};

/** Time stamps stay below the year 10000: JavaScript and ISO 8601 change their form there. */
const YEAR_10000_MS = 253_402_300_800_000;

/** What is stored after a trace was sent again: each field that came replaces the old one, the others stay. */
export function mergeTraces(stored: TraceInput, sent: TraceInput): TraceInput {
  const fields = Object.entries(sent).filter(([, value]) => value !== undefined);
  return { ...stored, ...Object.fromEntries(fields) };
}

const YEAR_2000_MS = 946_684_800_000;
const DAY_MS = 86_400_000;

/** What is odd about the time that a client gave a trace: null where nothing is. Its clock is wrong, or the unit is. */
export function oddTime(startedAt: Date, receivedAt: Date): string | null {
  if (startedAt.getTime() < YEAR_2000_MS) return 'is before the year 2000; kept as it came';
  if (startedAt.getTime() > receivedAt.getTime() + DAY_MS)
    return 'is more than a day ahead of our clock; kept as it came';
  return null;
}

/** Traces of one request by id, later ones merged over earlier, sorted by id: writers then never wait in a circle. */
export function mergeById(traces: readonly TraceInput[]): TraceInput[] {
  const byId = new Map<string, TraceInput>();
  for (const trace of traces) {
    const earlier = byId.get(trace.traceId);
    byId.set(trace.traceId, earlier ? mergeTraces(earlier, trace) : trace);
  }
  return [...byId.values()].sort((a, b) => (a.traceId < b.traceId ? -1 : 1));
}

/**
 * Logical size of a trace's client data, in bytes of its JSON in UTF-8: what the storage meter counts. What the database
 * fills in (times, the default project) does not count, so that a trace sent again unchanged is as large as before.
 */
export function byteSize({ receivedAt, startedAt, project, ...sent }: TraceInput): number {
  return Buffer.byteLength(JSON.stringify(sent));
}

/** A stored trace as the API returns it. */
export function toWireTrace(trace: TraceDetail): WireTrace {
  return {
    trace_id: trace.traceId,
    timestamp: trace.startedAt,
    project: trace.project,
    user_input: trace.question,
    retrieved_chunks: trace.chunks.map(({ scoreKind, before, ...chunk }) => ({
      ...chunk,
      score_kind: scoreKind,
      retrieved_rank: before?.rank ?? null,
      retrieved_score: before?.score ?? null,
    })),
    retrieval_scores: trace.chunks.map((chunk) => chunk.score),
    prompts: trace.prompts,
    model_output: trace.answer,
    model_name: trace.model,
    response_latency_ms: trace.latencyMs,
    tokens_in: trace.tokensIn,
    tokens_out: trace.tokensOut,
    metadata: trace.metadata,
    error: trace.error,
    name: trace.name,
    tags: trace.tags,
    tokens_cached: trace.tokensCached,
    tokens_reasoning: trace.tokensReasoning,
    cost_usd: trace.costUsd,
    flags: trace.flags,
    span_count: trace.spanCount,
    grounding_score: trace.scores.grounding,
    helpfulness_score: trace.scores.helpfulness,
    safety_score: trace.scores.safety,
    overall_score: trace.scores.overall,
    traffic_light: trace.trafficLight,
    created_at: trace.receivedAt,
  };
}

/** A place in a list: what its last row has in the column that the list is sorted by (a time in milliseconds), and its id. */
export type TraceCursor = { sort: TraceSort; value: number; traceId: string };

/** A cursor as it stands in an address: opaque to clients, with a check sum, so that one that was changed is told apart. */
export function encodeCursor({ sort, value, traceId }: TraceCursor): string {
  const place = JSON.stringify([sort, value, traceId]);
  return Buffer.from(`${checkSum(place)}${place}`).toString('base64url');
}

/** The place behind a cursor of a list in this order; null for one that we did not make, or made for another order. */
export function decodeCursor(text: string | undefined, order: TraceSort): TraceCursor | null {
  if (!text) return null;
  const content = Buffer.from(text, 'base64url').toString('utf8');
  const place = content.slice(CHECK_DIGITS);
  if (content.slice(0, CHECK_DIGITS) !== checkSum(place)) return null;
  try {
    const value: unknown = JSON.parse(place);
    if (!Array.isArray(value)) return null;
    const [sort, at, traceId] = value as unknown[];
    if (sort !== order || typeof at !== 'number' || !Number.isFinite(at)) return null;
    if ((order === 'newest' || order === 'oldest') && !(at >= 0 && at < YEAR_10000_MS)) return null;
    return typeof traceId === 'string' && traceId.length <= MAX_LABEL && !traceId.includes('\u0000')
      ? { sort: order, value: at, traceId }
      : null;
  } catch {
    return null;
  }
}

const CHECK_DIGITS = 12;

function checkSum(place: string): string {
  return createHash('sha256').update(`trace cursor ${place}`).digest('hex').slice(0, CHECK_DIGITS);
}

/** What a client asks for, as the selection that it means. */
export function toSelection({
  page: _page,
  size: _size,
  cursor: _cursor,
  sort: _sort,
  q,
  tag,
  model_name,
  start_date,
  end_date,
  ...same
}: TraceListQuery): TraceSelection {
  return dropEmpty({
    ...same,
    q: q?.trim() || undefined, // as is an empty search
    tags: tag,
    model: model_name || undefined, // an empty name is none
    started_from: start_date?.toISOString(),
    started_to: end_date?.toISOString(),
  });
}

/** The same of what stands in the console's address bar. */
export function filterToSelection({
  tag,
  user,
  session,
  light,
  error,
  from,
  to,
  sort: _sort,
  cursor: _cursor,
  ...same
}: TraceFilter): TraceSelection {
  return dropEmpty({
    ...same,
    ...{ tags: tag, user_id: user, session_id: session, traffic_light: light },
    has_error: error && error === 'only',
    received_from: from && new Date(from).toISOString(),
    received_to: to && new Date(to).toISOString(),
  });
}

function dropEmpty<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** So long is a deleted trace's id not taken again. */
export const TOMBSTONE_HOURS = 48;

/** What is said of whatever comes for a trace that was deleted. */
export const DELETED = `belongs to a trace that was deleted less than ${TOMBSTONE_HOURS} hours ago`;

/** A trace as one row: what all that was sent of its id says, its size, and the key of the first and the last who sent it. */
export type Row = { trace: TraceInput; bytes: number; firstKey: string | null; lastKey: string | null };

/** What updating a stored trace changed: its size, and the hour that it counts in. */
export type RowUpdate = { row: Row; project: string; storageBytes: number; receivedAt: Date };
