import { z } from 'zod';
import { AppError } from '@/lib/errors';
import { listEvaluations } from '@/lib/evaluations/queries';
import { toWireEvaluation } from '@/lib/evaluations/rules';
import { wireTraceEvaluations } from '@/lib/evaluations/schema';
import { endpoint } from '@/lib/http/endpoint';

export const GET = endpoint({
  summary: 'Read the evaluations of a trace',
  description: 'The oldest first, at most 1,000. The list is empty for a trace that is not evaluated yet.',
  tag: 'Traces',
  route: '/api/v1/traces/{traceId}/evaluations',
  limit: 'caller',
  permission: 'traces:read',
  params: z.object({ traceId: z.string() }),
  response: wireTraceEvaluations,
  handler: async (ctx, { params }) => {
    const evaluations = await listEvaluations(ctx, params.traceId);
    if (!evaluations) throw new AppError('not_found', 'There is no trace with this id.');
    return { trace_id: params.traceId, evaluations: evaluations.map(toWireEvaluation) };
  },
});
