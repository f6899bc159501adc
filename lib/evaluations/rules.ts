import { toIssues } from '@/lib/http/issues';
import { evaluationsOf } from '@/lib/otlp/evaluations';
import type { OtlpSpan } from '@/lib/otlp/span';
import { MAX_LABEL } from '@/lib/traces/schema';
import {
  type Evaluation,
  type EvaluationBody,
  type EvaluationsReceipt,
  evaluationBody,
  MAX_EXPLANATION,
  type WireEvaluation,
} from './schema';

/** A stored evaluation as the API returns it. */
export function toWireEvaluation(evaluation: Evaluation): WireEvaluation {
  return {
    score_type: evaluation.scoreType,
    score: evaluation.score,
    confidence: evaluation.confidence,
    explanation: evaluation.explanation,
    metadata: evaluation.metadata,
    evaluator_version: evaluation.evaluatorVersion,
    created_at: evaluation.createdAt,
  };
}

/** An evaluation on its way into the database. Undefined means "not sent": on an update, what is stored stays. */
export type EvaluationInput = {
  traceId: string;
  id: string;
  scoreType: string;
  score: number;
  confidence?: number;
  explanation?: string;
  metadata?: Record<string, unknown>;
  evaluatorId?: string;
  evaluatorVersion?: string;
};

/** The body of the API as the evaluation to store; `id` for one that names none. */
export function toEvaluationInput(body: EvaluationBody, id: string): EvaluationInput {
  return {
    traceId: body.trace_id,
    id: body.id ?? id,
    scoreType: body.score_type,
    score: body.score,
    confidence: body.confidence ?? undefined,
    explanation: body.explanation ?? undefined,
    metadata: body.metadata ?? undefined,
    evaluatorId: body.evaluator_id ?? undefined,
    evaluatorVersion: body.evaluator_version ?? undefined,
  };
}

/** Names that evaluators of the field give to what is a trace's own score here. */
const scoreTypes: Readonly<Record<string, string>> = {
  grounding: 'grounding',
  groundedness: 'grounding',
  faithfulness: 'grounding',
  helpfulness: 'helpfulness',
  safety: 'safety',
  overall: 'overall',
};

/** How the ids of what a span has told begin: of one that comes again, they are known by it. */
export function toldIdPrefix(spanId: string): string {
  return `span ${spanId} `;
}

/** What a span tells as evaluations of its trace, under ids that are the same whenever it comes. */
export function toldBySpan(
  span: Pick<OtlpSpan, 'traceId' | 'spanId' | 'events' | 'scope'>,
): EvaluationInput[] {
  return evaluationsOf(span).map(({ name, score, label, explanation, responseId }, index) => ({
    traceId: span.traceId,
    // In the order of the events: of several of one type, the last is the trace's score.
    id: `${toldIdPrefix(span.spanId)}${String(index + 1).padStart(6, '0')}`,
    scoreType: scoreTypeOf(name),
    score,
    explanation: explanation?.slice(0, MAX_EXPLANATION).toWellFormed(),
    metadata: {
      span_id: span.spanId,
      ...(label === null ? {} : { label }),
      ...(responseId === null ? {} : { response_id: responseId }),
    },
    evaluatorId: span.scope?.name.slice(0, MAX_LABEL).toWellFormed() || undefined,
  }));
}

function scoreTypeOf(name: string): string {
  const known = name.trim().toLowerCase();
  return (Object.hasOwn(scoreTypes, known) && scoreTypes[known]) || name.slice(0, MAX_LABEL).toWellFormed();
}

/** The evaluations of a request that can be read, with their places; of the others what is wrong. */
export function readEvaluations(
  sent: readonly unknown[],
  makeId: () => string,
): { valid: { index: number; evaluation: EvaluationInput }[]; rejected: EvaluationsReceipt['rejected'] } {
  const valid: { index: number; evaluation: EvaluationInput }[] = [];
  const rejected: EvaluationsReceipt['rejected'] = [];
  for (const [index, item] of sent.entries()) {
    const read = evaluationBody.safeParse(item);
    if (read.success) valid.push({ index, evaluation: toEvaluationInput(read.data, makeId()) });
    else rejected.push({ index, trace_id: traceIdOf(item), issues: toIssues(read.error) });
  }
  return { valid, rejected };
}

/**
 * Evaluations by trace and id, of those with the same the later's fields over the earlier's, sorted: writers then never wait
 * in a circle.
 */
export function mergeEvaluations(evaluations: readonly EvaluationInput[]): EvaluationInput[] {
  const merged = new Map<string, EvaluationInput>();
  for (const evaluation of evaluations) {
    const key = JSON.stringify([evaluation.traceId, evaluation.id]);
    const fields = Object.entries(evaluation).filter(([, value]) => value !== undefined);
    merged.set(key, { ...(merged.get(key) ?? evaluation), ...Object.fromEntries(fields) });
  }
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, evaluation]) => evaluation);
}

/** What was sent over what is stored: fields that did not come stay. */
export function mergeEvaluation(stored: EvaluationInput | undefined, sent: EvaluationInput): EvaluationInput {
  return {
    ...stored,
    ...Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined)),
  } as EvaluationInput;
}

/** Logical size of an evaluation, in bytes of its JSON in UTF-8: what the storage meter counts, as it does of a trace. */
export function evaluationSize(evaluation: EvaluationInput): number {
  return Buffer.byteLength(JSON.stringify(evaluation));
}

/** The trace that an evaluation is about, though it cannot be read as a whole. */
function traceIdOf(sent: unknown): string | null {
  const id = typeof sent === 'object' && sent !== null && 'trace_id' in sent ? sent.trace_id : null;
  return typeof id === 'string' && id !== '' ? id.slice(0, MAX_LABEL).toWellFormed() : null;
}
