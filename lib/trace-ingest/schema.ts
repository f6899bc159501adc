import { z } from 'zod';
import type { Issue } from '@/lib/errors';
import { labelSchema, MAX_LABEL, timestampSchema } from '@/lib/traces/schema';

const tokenCount = z
  .number()
  .int('expected an integer')
  .min(0, 'expected 0 or more')
  .max(2_147_483_647, 'expected at most 2147483647');

/** A chunk as clients send it: its text alone, or an object whose text some call `content`. */
const wireChunk = z
  .preprocess(
    (chunk) => (typeof chunk === 'string' ? { text: chunk } : chunk),
    z
      .object({
        text: z.string().nullish(),
        content: z.string().nullish(),
        source: z.string().nullish(),
        score: z.number().nullish(),
        metadata: z.record(z.string(), z.unknown()).nullish(),
      })
      .refine((chunk) => (chunk.text ?? chunk.content ?? null) !== null, {
        path: ['text'],
        message: 'expected a string',
      })
      .transform((chunk) => ({
        text: chunk.text ?? chunk.content ?? '',
        source: chunk.source ?? undefined,
        score: chunk.score ?? undefined,
        metadata: chunk.metadata ?? undefined,
      })),
  )
  .meta({
    anyOf: [
      { type: 'string' },
      {
        type: 'object',
        properties: {
          text: { type: 'string' },
          source: { type: ['string', 'null'] },
          score: { type: ['number', 'null'], description: 'The retriever’s own number, on its own scale.' },
          metadata: { type: ['object', 'null'] },
        },
      },
    ],
  });

/**
 * The body of `POST /api/v1/traces`, as the clients in the field send it: every field but `trace_id` optional, null
 * the same as absent, unknown fields ignored. `retrieval_scores` runs parallel to the chunks and may be shorter.
 */
const traceFields = {
  trace_id: z
    .string('expected a string')
    .min(1, 'expected at least 1 character')
    .max(MAX_LABEL, `expected at most ${MAX_LABEL} characters`),
  timestamp: timestampSchema
    .nullish()
    .describe(
      'When it happened: epoch seconds with fraction, or ISO 8601 (UTC where no zone is named). Now when absent.',
    ),
  project: labelSchema.nullish().describe('"default" when absent.'),
  user_input: z.string().nullish().describe('The question.'),
  retrieved_chunks: z
    .array(wireChunk)
    .max(1000, 'expected at most 1000 chunks')
    .nullish()
    .describe('In rank order; an object, or the text alone.'),
  retrieval_scores: z
    .array(z.number().nullable())
    .max(1000, 'expected at most 1000 scores')
    .nullish()
    .describe('Parallel to the chunks, where they carry no score of their own; may be shorter.'),
  prompts: z.array(z.string()).nullish().describe('What the model was given.'),
  model_output: z.string().nullish().describe('The answer.'),
  model_name: labelSchema.nullish(),
  response_latency_ms: z
    .number()
    .min(0, 'expected 0 or more')
    .nullish()
    .describe('Milliseconds from question to answer.'),
  tokens_in: tokenCount.nullish(),
  tokens_out: tokenCount.nullish(),
  metadata: z
    .record(z.string(), z.unknown())
    .nullish()
    .describe('Anything; `user_id` and `session_id` in it are used.'),
  error: z.string().nullish().describe('What went wrong, if anything did.'),
};
export const traceBody = z.object(traceFields).superRefine(checkScores);
export type TraceBody = z.output<typeof traceBody>;

/** A score without a chunk says that the two lists do not belong together. */
function checkScores(
  body: { retrieval_scores?: unknown[] | null; retrieved_chunks?: unknown[] | null },
  ctx: z.RefinementCtx,
): void {
  const [scores, chunks] = [body.retrieval_scores?.length ?? 0, body.retrieved_chunks?.length];
  if (chunks === undefined || scores <= chunks) return;
  const message = `expected no more scores than chunks (${chunks}), got ${scores}`;
  ctx.addIssue({ code: 'custom', path: ['retrieval_scores'], message });
}

/** The body of `PATCH /api/v1/traces/{id}`: the same fields, without the id. */
const { trace_id: _id, ...changeable } = traceFields;
export const traceChange = z.object(changeable).superRefine(checkScores);

const issue = z.object({ path: z.string(), message: z.string() });

/** The answer to a stored trace. Sending a trace again updates it. */
export const traceReceipt = z.object({
  trace_id: z.string(),
  status: z.enum(['created', 'updated']),
  warnings: z
    .array(issue)
    .optional()
    .describe('What is kept as it came but is hardly what was meant; absent where there is nothing.'),
});
export type TraceReceipt = z.infer<typeof traceReceipt>;

/** The answer to a deletion. */
export const deletedReceipt = z.object({ trace_id: z.string(), status: z.literal('deleted') });

/** Traces in one batch. */
export const MAX_BATCH = 1_000;

/** The body of `POST /api/v1/traces/batch`: each trace is read for itself, so that a bad one spoils no other. */
export const traceBatchBody = z.object({
  traces: z
    .array(z.unknown())
    .min(1, 'expected at least 1 trace')
    .max(MAX_BATCH, `expected at most ${MAX_BATCH} traces`)
    .meta({ items: itemSchema() }),
});

const batchItem = z.object({
  index: z.number().int().describe('Its place in `traces`, from 0.'),
  trace_id: z.string().nullable().describe('Null where it has none that can be read.'),
  issues: z.array(issue),
});

/** Why a trace is refused: it cannot be read or held, was deleted a short while ago, or is new when the quota is used up. */
export const traceRefusalCodes = ['invalid_input', 'conflict', 'limit_exceeded'] as const;
export type TraceRefusalCode = (typeof traceRefusalCodes)[number];

/** The answer to a batch. */
export const traceBatchReceipt = z.object({
  accepted: z.array(z.string()).describe('The ids of the traces that are stored.'),
  rejected: z
    .array(
      batchItem.extend({
        code: z
          .enum(traceRefusalCodes)
          .describe('`limit_exceeded` where it is new and the quota is used up.'),
      }),
    )
    .describe('What is not stored, and why. Sending it again unchanged does not help.'),
  warnings: z
    .array(batchItem)
    .describe('What is stored but is hardly what was meant: odd times, an id that stands there twice.'),
  request_id: z.string(),
});
export type TraceBatchReceipt = z.infer<typeof traceBatchReceipt>;

/** A trace's schema for the reference document, as the items of a list that is itself not checked. */
function itemSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(traceBody, {
    io: 'input',
    target: 'draft-2020-12',
    unrepresentable: 'any',
  });
  return schema;
}

/** What became of a trace: first stored now, stored before and updated, or refused by the database, and why. */
export type IngestResult = {
  traceId: string;
  status: 'created' | 'updated' | 'refused';
  /** Why it was refused. */
  refusal?: { code: TraceRefusalCode; issues: readonly Issue[] };
};
