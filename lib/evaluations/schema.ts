import { z } from 'zod';

/** Evaluations of one trace that are answered at the most. */
export const MAX_EVALUATIONS = 1000;

/** What an evaluator says about a trace. `score` and `confidence` are on the evaluator's own scale, 0 to 1 as a rule. */
export const evaluationSchema = z.object({
  scoreType: z.string(),
  score: z.number(),
  confidence: z.number().nullable(),
  explanation: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  evaluatorVersion: z.string().nullable(),
  createdAt: z.iso.datetime(),
});
export type Evaluation = z.infer<typeof evaluationSchema>;

/** An evaluation as the API returns it. */
export const wireEvaluation = z.object({
  score_type: z.string().describe('What was judged, such as `grounding` or `safety`.'),
  score: z.number(),
  confidence: z.number().nullable(),
  explanation: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  evaluator_version: z.string().nullable(),
  created_at: z.iso.datetime(),
});
export type WireEvaluation = z.infer<typeof wireEvaluation>;

/** The answer of `GET /api/v1/traces/{trace_id}/evaluations`, the oldest first. */
export const wireTraceEvaluations = z.object({
  trace_id: z.string(),
  evaluations: z.array(wireEvaluation),
});
