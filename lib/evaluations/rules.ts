import type { Evaluation, WireEvaluation } from './schema';

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
