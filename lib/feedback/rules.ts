import type { Feedback, FeedbackBody, WireFeedback } from './schema';

/** Feedback on its way into the database. Undefined means "not sent": on an update, what is stored stays. */
export type FeedbackInput = {
  thumbs?: 'up' | 'down';
  score?: number;
  comment?: string;
  userId?: string;
};

/** The body of the API as the feedback to store, without its id. An empty comment or user is none. */
export function toFeedbackInput(body: FeedbackBody): FeedbackInput {
  return {
    thumbs: body.thumbs ?? undefined,
    score: body.score ?? undefined,
    comment: body.comment || undefined,
    userId: body.user_id || undefined,
  };
}

/** What is stored after feedback was sent again: each field that came replaces the old one, the others stay. */
export function mergeFeedback(stored: FeedbackInput, sent: FeedbackInput): FeedbackInput {
  const fields = Object.entries(sent).filter(([, value]) => value !== undefined);
  return { ...stored, ...Object.fromEntries(fields) };
}

/** Logical size of feedback, in bytes of its JSON in UTF-8: what the storage meter counts, as it does of a trace. */
export function feedbackSize(place: { traceId: string; id: string }, input: FeedbackInput): number {
  const { thumbs, score, comment, userId } = input;
  return Buffer.byteLength(JSON.stringify({ ...place, thumbs, score, comment, userId }));
}

/** Stored feedback as the API returns it. */
export function toWireFeedback(feedback: Feedback): WireFeedback {
  return {
    id: feedback.id,
    thumbs: feedback.thumbs,
    score: feedback.score,
    comment: feedback.comment,
    user_id: feedback.userId,
    created_at: feedback.createdAt,
    updated_at: feedback.updatedAt,
  };
}
