import { z } from 'zod';
import { MAX_LABEL } from '@/lib/traces/schema';

/** Feedback on one trace that is answered at the most. */
export const MAX_FEEDBACK = 1000;
/** The longest comment, in characters. */
export const MAX_COMMENT = 10_000;

export const thumbs = ['up', 'down'] as const;

/** What somebody says of an answer. Times are ISO 8601 in UTC; `userId` is as the application names its users. */
export const feedbackSchema = z.object({
  id: z.string(),
  thumbs: z.enum(thumbs).nullable(),
  /** From 0, the worst, to 1. */
  score: z.number().nullable(),
  comment: z.string().nullable(),
  userId: z.string().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type Feedback = z.infer<typeof feedbackSchema>;

const label = z.string().max(MAX_LABEL, `expected at most ${MAX_LABEL} characters`);

/** The trace of an address. It need not be there yet; PostgreSQL has no place for NUL. */
export const feedbackParams = z.object({
  traceId: label
    .min(1, 'expected at least 1 character')
    .refine((text) => !text.includes('\u0000') && text.isWellFormed(), 'expected well-formed text'),
});

/** The body of `POST /api/v1/traces/{traceId}/feedback`. Null is the same as absent; unknown fields are ignored. */
export const feedbackBody = z
  .object({
    id: label
      .min(1, 'expected at least 1 character')
      .nullish()
      .describe(
        'Your own id within the trace: sending it again updates what came. Made for you when absent.',
      ),
    thumbs: z.enum(thumbs, 'expected "up" or "down"').nullish(),
    score: z
      .number('expected a number from 0 to 1')
      .min(0, 'expected 0 or more')
      .max(1, 'expected at most 1')
      .nullish()
      .describe('From 0, the worst, to 1.'),
    comment: z
      .string()
      .max(MAX_COMMENT, `expected at most ${MAX_COMMENT} characters`)
      .nullish()
      .describe('In the person’s own words.'),
    user_id: label.nullish().describe('Who says it, as your application names its users.'),
  })
  .refine(
    ({ thumbs: given, score, comment }) => (given ?? score ?? (comment || null)) !== null,
    'expected at least one of thumbs, score and comment',
  );
export type FeedbackBody = z.output<typeof feedbackBody>;

/** The answer to stored feedback: when it says 201, it is stored. */
export const feedbackReceipt = z.object({
  id: z.string(),
  trace_id: z.string(),
  status: z.enum(['created', 'updated']),
});

/** Feedback as the API returns it. */
export const wireFeedback = z.object({
  id: z.string(),
  thumbs: z.enum(thumbs).nullable(),
  score: z.number().nullable(),
  comment: z.string().nullable(),
  user_id: z.string().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type WireFeedback = z.infer<typeof wireFeedback>;

/** The answer of `GET /api/v1/traces/{traceId}/feedback`, the newest first. */
export const wireTraceFeedback = z.object({ trace_id: z.string(), feedback: z.array(wireFeedback) });
