import { z } from 'zod';
import { AppError } from '@/lib/errors';
import { writeFeedback } from '@/lib/feedback/mutations';
import { listFeedback } from '@/lib/feedback/queries';
import { toWireFeedback } from '@/lib/feedback/rules';
import { feedbackBody, feedbackParams, feedbackReceipt, wireTraceFeedback } from '@/lib/feedback/schema';
import { endpoint, preflight } from '@/lib/http/endpoint';

export const GET = endpoint({
  summary: 'Read the feedback on a trace',
  description: 'The newest first, at most 1,000. The list is empty where nobody has said anything yet.',
  tag: 'Traces',
  route: '/api/v1/traces/{traceId}/feedback',
  limit: 'caller',
  permission: 'traces:read',
  params: z.object({ traceId: z.string() }),
  response: wireTraceFeedback,
  handler: async (ctx, { params }) => {
    const feedback = await listFeedback(ctx, params.traceId);
    if (!feedback) throw new AppError('not_found', 'There is no trace with this id.');
    return { trace_id: params.traceId, feedback: feedback.map(toWireFeedback) };
  },
});

export const POST = endpoint({
  summary: 'Give feedback on an answer',
  description:
    'At least one of `thumbs`, `score` and `comment`. It may come before its trace. Sending an `id` again updates the fields that came. This is the one route that scripts of any origin may call, with a publish key (`rtk_pub_…`), which can do nothing else.',
  tag: 'Traces',
  example: {
    id: 'answer-42',
    thumbs: 'down',
    comment: 'The trial lasts 30 days by now.',
    user_id: 'customer-7',
  },
  route: '/api/v1/traces/{traceId}/feedback',
  limit: 'caller',
  permission: 'feedback:write',
  params: feedbackParams,
  body: feedbackBody,
  bodyLimit: 100_000,
  response: feedbackReceipt,
  status: 201,
  cors: true,
  handler: async (ctx, { params, body }) => {
    const { id, status } = await writeFeedback(ctx, { ...body, traceId: params.traceId });
    return { id, trace_id: params.traceId, status };
  },
});

export const OPTIONS = preflight(POST, 'POST');
