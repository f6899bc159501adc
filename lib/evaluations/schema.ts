import { z } from 'zod';
import { MAX_LABEL } from '@/lib/traces/schema';

/** Evaluations of one trace that are answered at the most. */
export const MAX_EVALUATIONS = 1000;
/** Evaluations that a trace's page shows; most have a few, unless an evaluator runs again and again. */
export const EVALUATIONS_SHOWN = 50;
/** Evaluations in one request. */
export const MAX_EVALUATION_BATCH = 1_000;
/** The longest explanation, in characters. */
export const MAX_EXPLANATION = 10_000;

/** What an evaluator says about a trace. `score` and `confidence` are on the evaluator's own scale, 0 to 1 as a rule. */
export const evaluationSchema = z.object({
  /** Unique within its trace. */
  id: z.string(),
  scoreType: z.string(),
  score: z.number(),
  confidence: z.number().nullable(),
  explanation: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  evaluatorId: z.string().nullable(),
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

/** PostgreSQL has no place for NUL, and a lone surrogate is no text. */
const label = z
  .string('expected a string')
  .min(1, 'expected at least 1 character')
  .max(MAX_LABEL, `expected at most ${MAX_LABEL} characters`)
  .refine((text) => !text.includes('\u0000') && text.isWellFormed(), 'expected well-formed text');
const share = z
  .number('expected a number from 0 to 1')
  .min(0, 'expected 0 or more')
  .max(1, 'expected at most 1');

/** One evaluation as clients send it. Null is the same as absent; unknown fields are ignored. */
export const evaluationBody = z.object({
  trace_id: label.describe('The trace that was judged. It may come later than this.'),
  id: label
    .nullish()
    .describe(
      'Your own id within the trace: sending it again updates the fields that came. Made for you when absent.',
    ),
  score_type: label.describe(
    'What was judged. `grounding`, `helpfulness`, `safety` and `overall` become the trace’s own scores.',
  ),
  score: share.describe('From 0, the worst, to 1.'),
  confidence: share.nullish().describe('How sure the evaluator is, from 0 to 1.'),
  explanation: z
    .string('expected a string')
    .max(MAX_EXPLANATION, `expected at most ${MAX_EXPLANATION} characters`)
    .nullish(),
  metadata: z.record(z.string(), z.unknown(), 'expected an object').nullish(),
  evaluator_id: label.nullish().describe('Which evaluator it was.'),
  evaluator_version: label.nullish(),
});
export type EvaluationBody = z.output<typeof evaluationBody>;

/**
 * The body of `POST /api/v1/evaluations`: one evaluation, or a list in which each is read for itself, so that a bad one
 * spoils no other.
 */
export const evaluationsRequest = z
  .record(z.string(), z.unknown(), 'expected an object')
  .transform((body, ctx): { evaluations: unknown[] } => {
    const isBatch = Object.hasOwn(body, 'evaluations');
    const read = isBatch ? batch.safeParse(body.evaluations) : evaluationBody.safeParse(body);
    if (read.success) return { evaluations: isBatch ? (body.evaluations as unknown[]) : [body] };
    for (const { path, message } of read.error.issues)
      ctx.addIssue({ code: 'custom', path: isBatch ? ['evaluations', ...path] : path, message });
    return z.NEVER;
  })
  .meta({ anyOf: [bodySchema(), batchSchema()] });

const batch = z
  .array(z.unknown(), 'expected a list')
  .min(1, 'expected at least 1 evaluation')
  .max(MAX_EVALUATION_BATCH, `expected at most ${MAX_EVALUATION_BATCH} evaluations`);

const place = { trace_id: z.string(), id: z.string() };

/** The answer to evaluations: what stands in `accepted` is stored. */
export const evaluationsReceipt = z.object({
  accepted: z.array(z.object(place)).describe('What is stored, in the order in which it came.'),
  rejected: z
    .array(
      z.object({
        index: z.number().int().describe('Its place in `evaluations`, from 0.'),
        trace_id: z.string().nullable().describe('Null where it has none that can be read.'),
        issues: z.array(z.object({ path: z.string(), message: z.string() })),
      }),
    )
    .describe('What is not stored, and why. Sending it again unchanged does not help.'),
  request_id: z.string(),
});
export type EvaluationsReceipt = z.infer<typeof evaluationsReceipt>;

function bodySchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(evaluationBody, { io: 'input', target: 'draft-2020-12' });
  return schema;
}

function batchSchema(): Record<string, unknown> {
  const items = { type: 'array', minItems: 1, maxItems: MAX_EVALUATION_BATCH, items: bodySchema() };
  return { type: 'object', properties: { evaluations: items }, required: ['evaluations'] };
}
