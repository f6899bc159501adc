import { createHash } from 'node:crypto';
import type { evaluations } from '@/db/schema/evaluations';
import type { traces } from '@/db/schema/traces';
import { toTraceInput } from '@/lib/trace-ingest/rules';
import { byteSize } from '@/lib/traces/rules';
import { MAX_LABEL } from '@/lib/traces/schema';
import { type FieldNote, FieldReader } from '../legacy-source/rules';
import type { LegacyRow } from '../legacy-source/schema';
import { toChunks, toLight, toMetadata, toPrompts, toScores } from '../legacy-values/rules';

type TraceRow = typeof traces.$inferSelect;
type EvaluationRow = typeof evaluations.$inferSelect;

/** What the predecessor did not know of. */
type LaterColumn =
  | 'name'
  | 'tags'
  | 'tokensCached'
  | 'tokensReasoning'
  | 'costUsd'
  | 'flags'
  | 'spanCount'
  | 'isPosted'
  | 'assembledUntilNs';

/** What a trace says, without what the product itself adds: equal content is an equal trace. */
export type TraceContent = Omit<
  TraceRow,
  'tenantId' | 'receivedAt' | 'updatedAt' | 'byteSize' | 'keyId' | LaterColumn
>;
export type EvaluationContent = Omit<EvaluationRow, 'tenantId' | 'byteSize'>;

/** A trace as it is to be stored. `changedAt` is when the source last changed it. */
export type MappedTrace = {
  content: TraceContent;
  receivedAt: Date;
  updatedAt: Date;
  changedAt: Date;
  byteSize: number;
};

/** A row of the source, mapped, or the reason why it cannot be. */
export type Mapped<T> =
  | { row: T; notes: readonly FieldNote[] }
  | { refused: { field: string; reason: string }; notes: readonly FieldNote[] };

/**
 * The clock of a migration: `start` is when the tenant's first one began, the same in every run; `now` is this run.
 * Rows that it writes say that they were changed before `start`, so that a later change by the product can be told.
 */
export type Clock = { start: Date; now: Date };

const MAX_INT = 2_147_483_647;

/** A trace of the predecessor as ours. Refuses what has no usable trace_id; leaves out single values that are wrong. */
export function mapTrace({ values }: LegacyRow, clock: Clock): Mapped<MappedTrace> {
  const from = new FieldReader(values);
  const id = readTraceId(from);
  if (id.reason !== undefined)
    return { refused: { field: 'trace_id', reason: id.reason }, notes: from.notes };
  const times = readTimes(from, clock);
  const input = toTraceInput({
    trace_id: id.traceId,
    timestamp: times.startedAt,
    user_input: from.text('user_input'),
    retrieved_chunks: toChunks(from),
    retrieval_scores: toScores(from),
    prompts: toPrompts(from),
    model_output: from.text('model_output'),
    model_name: from.text('model_name', MAX_LABEL),
    response_latency_ms: from.number('response_latency_ms', { min: 0 }),
    tokens_in: from.number('tokens_in', { integer: true, min: 0, max: MAX_INT }),
    tokens_out: from.number('tokens_out', { integer: true, min: 0, max: MAX_INT }),
    metadata: toMetadata(from, 'trace_metadata'),
    error: from.text('error'),
  });
  const content: TraceContent = {
    traceId: input.traceId,
    startedAt: times.startedAt,
    project: 'default',
    question: input.question ?? null,
    answer: input.answer ?? null,
    model: input.model ?? null,
    latencyMs: input.latencyMs ?? null,
    tokensIn: input.tokensIn ?? null,
    tokensOut: input.tokensOut ?? null,
    error: input.error ?? null,
    userId: input.userId ?? null,
    sessionId: input.sessionId ?? null,
    chunks: input.chunks ?? null,
    prompts: input.prompts ?? null,
    metadata: input.metadata ?? null,
    groundingScore: from.number('grounding_score') ?? null,
    helpfulnessScore: from.number('helpfulness_score') ?? null,
    safetyScore: from.number('safety_score') ?? null,
    overallScore: from.number('overall_score') ?? null,
    trafficLight: toLight(from) ?? null,
  };
  const { startedAt: _, ...received } = times;
  return { row: { content, ...received, byteSize: byteSize(input) }, notes: from.notes };
}

/** An evaluation of the predecessor as ours. Refuses what has no trace_id, no score_type or no finite score. */
export function mapEvaluation({ values }: LegacyRow, clock: Clock): Mapped<EvaluationContent> {
  const from = new FieldReader(values);
  const id = readTraceId(from);
  if (id.reason !== undefined)
    return { refused: { field: 'trace_id', reason: id.reason }, notes: from.notes };
  const refuse = (field: string) => ({
    refused: { field, reason: from.notes.find((note) => note.field === field)?.reason ?? 'is missing' },
    notes: [],
  });
  const scoreType = from.text('score_type', MAX_LABEL);
  if (scoreType === undefined) return refuse('score_type');
  const score = from.number('score');
  if (score === undefined) return refuse('score');
  const content = {
    traceId: id.traceId,
    scoreType,
    score,
    confidence: from.number('confidence') ?? null,
    explanation: from.text('explanation') ?? null,
    metadata: toMetadata(from, 'eval_metadata') ?? null,
    evaluatorId: null,
    evaluatorVersion: from.text('evaluator_version', MAX_LABEL) ?? null,
    createdAt: from.time('evaluation_timestamp') ?? clock.start,
  };
  // Without an id of its own an evaluation is told by what it says.
  const ownId = from.text('id', MAX_LABEL) ?? hashOf(content).slice(0, 32);
  return { row: { ...content, id: ownId }, notes: from.notes };
}

/** The row's trace_id, or why it has none. An id is never cut or made up: clients look traces up by it. */
function readTraceId(from: FieldReader): { traceId: string; reason?: undefined } | { reason: string } {
  const traceId = from.text('trace_id');
  if (traceId === undefined) return { reason: 'is missing' };
  return traceId.length > MAX_LABEL ? { reason: `is longer than ${MAX_LABEL} characters` } : { traceId };
}

/** A trace was received when the predecessor stored it: never later than now, and where it says nothing, at `start`. */
function readTimes(from: FieldReader, clock: Clock) {
  const [created, happened, changed] = [
    from.time('created_at'),
    from.time('timestamp'),
    from.time('updated_at'),
  ];
  const past = [created, happened, changed].find((time) => time && time <= clock.now);
  if (created && created > clock.now) from.alter('created_at', 'is in the future and was replaced');
  const receivedAt = past ?? clock.start;
  const changedAt = changed && changed > receivedAt ? changed : receivedAt;
  return {
    startedAt: happened ?? receivedAt,
    receivedAt,
    changedAt,
    updatedAt: changedAt < clock.start ? changedAt : justBefore(clock.start, receivedAt),
  };
}

function justBefore(start: Date, receivedAt: Date): Date {
  return receivedAt < start ? new Date(start.getTime() - 1) : receivedAt;
}

export type Decision = 'create' | 'unchanged' | 'update' | 'conflict';

/**
 * What to do with a trace. A stored one with other content is replaced only where this migration wrote it, the product
 * has not changed it since, and the source has; otherwise it stays as it is.
 */
export function decideTrace(mapped: MappedTrace, stored: TraceRow | undefined, clock: Clock): Decision {
  if (!stored) return 'create';
  if (canonical(mapped.content) === canonical(toTraceContent(stored))) return 'unchanged';
  const isOurs = stored.keyId === null && stored.receivedAt.getTime() === mapped.receivedAt.getTime();
  const isUntouched =
    stored.updatedAt < clock.start || stored.updatedAt.getTime() === stored.receivedAt.getTime();
  return isOurs && isUntouched && mapped.changedAt > stored.updatedAt ? 'update' : 'conflict';
}

/** Of rows with one trace_id the one that was changed last, by trace_id; the later in the table where that is the same. */
export function chooseWinners(duplicates: readonly LegacyRow[]): Map<string, string> {
  const best = new Map<string, { key: string; time: number }>();
  for (const { key, values } of duplicates) {
    const from = new FieldReader(values);
    const time = (from.time('updated_at') ?? from.time('created_at'))?.getTime() ?? Number.NEGATIVE_INFINITY;
    const traceId = String(values.trace_id);
    const other = best.get(traceId);
    if (!other || time >= other.time) best.set(traceId, { key, time });
  }
  return new Map([...best].map(([traceId, { key }]) => [traceId, key]));
}

/** What to do with an evaluation: one that is there with other content stays as it is. */
export function decideEvaluation(mapped: EvaluationContent, stored: EvaluationContent | undefined): Decision {
  if (!stored) return 'create';
  return canonical(mapped) === canonical(toEvaluationContent(stored)) ? 'unchanged' : 'conflict';
}

/** The content of a stored trace. */
export function toTraceContent(row: TraceRow): TraceContent {
  const { tenantId, receivedAt, updatedAt, byteSize: _size, keyId, ...rest } = row;
  const { name, tags, tokensCached, tokensReasoning, costUsd, flags, ...others } = rest;
  const { spanCount, assembledUntilNs, isPosted, ...content } = others;
  return content;
}

/** The content of a stored evaluation. */
export function toEvaluationContent(
  row: EvaluationContent & Partial<Pick<EvaluationRow, 'tenantId' | 'byteSize'>>,
): EvaluationContent {
  const { tenantId, byteSize, ...content } = row;
  return content;
}

/** The fields in which two contents differ, in the order of their names. */
export function differences(a: object, b: object): string[] {
  const [left, right] = [a, b] as Record<string, unknown>[];
  return Object.keys({ ...a, ...b })
    .filter((name) => canonical(left?.[name] ?? null) !== canonical(right?.[name] ?? null))
    .sort();
}

/** A value's one form as text: keys sorted, what is undefined left out. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

/** SHA-256 of a value's one form, in hex. */
export function hashOf(content: unknown): string {
  return createHash('sha256').update(canonical(content)).digest('hex');
}

/** A checksum of rows in whatever order: the sum of the first 128 bits of their hashes. */
export class Checksum {
  private sum = 0n;

  add(content: unknown): void {
    this.sum = BigInt.asUintN(128, this.sum + BigInt(`0x${hashOf(content).slice(0, 32)}`));
  }

  toString(): string {
    return this.sum.toString(16).padStart(32, '0');
  }
}
