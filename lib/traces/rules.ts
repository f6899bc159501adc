import type { StoredChunk } from '@/db/schema/traces';
import { MAX_LABEL, type TraceBody, type TraceDetail, type WireTrace } from './schema';

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

/** The body of the API as the trace to store. A chunk's own score goes before the parallel list. */
export function toTraceInput(body: TraceBody): TraceInput {
  const scores = body.retrieval_scores ?? [];
  return {
    traceId: body.trace_id,
    startedAt: body.timestamp ?? undefined,
    project: body.project ?? undefined,
    question: body.user_input ?? undefined,
    answer: body.model_output ?? undefined,
    model: body.model_name || undefined, // an empty name is none
    latencyMs: body.response_latency_ms ?? undefined,
    tokensIn: body.tokens_in ?? undefined,
    tokensOut: body.tokens_out ?? undefined,
    error: body.error || undefined, // clients send an empty one for "no error"
    userId: toLabel(body.metadata?.user_id),
    sessionId: toLabel(body.metadata?.session_id),
    chunks: body.retrieved_chunks?.map((chunk, index) => ({
      ...chunk,
      score: chunk.score ?? scores[index] ?? undefined,
    })),
    prompts: body.prompts ?? undefined,
    metadata: body.metadata ?? undefined,
  };
}

/** What is stored after a trace was sent again: each field that came replaces the old one, the others stay. */
export function mergeTraces(stored: TraceInput, sent: TraceInput): TraceInput {
  const fields = Object.entries(sent).filter(([, value]) => value !== undefined);
  return { ...stored, ...Object.fromEntries(fields) };
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

/** A place in the list, newest first: the last row that was shown. */
export type TraceCursor = { receivedAt: Date; traceId: string };

/** A cursor as it stands in an address: opaque to clients. */
export function encodeCursor(cursor: TraceCursor): string {
  return Buffer.from(JSON.stringify([cursor.receivedAt.getTime(), cursor.traceId])).toString('base64url');
}

/** The place behind a cursor; null for one that we did not make, which means the first page. */
export function decodeCursor(text: string | undefined): TraceCursor | null {
  if (!text) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(value)) return null;
    const [time, traceId] = value as unknown[];
    const isTime = typeof time === 'number' && time >= 0 && time < YEAR_10000_MS;
    return isTime && typeof traceId === 'string' && traceId.length <= MAX_LABEL && !traceId.includes('\u0000')
      ? { receivedAt: new Date(time), traceId }
      : null;
  } catch {
    return null;
  }
}

/** An id out of free-form metadata, as far as the indexed column takes it. */
function toLabel(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return String(value).slice(0, MAX_LABEL).toWellFormed() || undefined;
}
