import { z } from 'zod';
import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { removeOperator } from '@/lib/workflows/operators/mutations';
import { removedOperator, removeOperatorInput } from '@/lib/workflows/operators/schema';

export const POST = operatorEndpoint({
  summary: 'Remove an operator',
  description: 'Their operator keys are revoked with it. The last operator stays: 409 `conflict`.',
  example: { reason: 'has left the team' },
  route: '/api/v1/admin/operators/{userId}/remove',
  params: z.object({ userId: z.uuid() }),
  body: removeOperatorInput.omit({ userId: true }),
  response: removedOperator,
  handler: (ctx, { params, body }) => removeOperator(ctx, { ...params, ...body }),
});
