import { z } from 'zod';
import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { revokeOperatorKey } from '@/lib/workflows/operators/mutations';
import { revokeOperatorKeyInput } from '@/lib/workflows/operators/schema';

export const POST = operatorEndpoint({
  summary: 'Revoke an operator key',
  example: { reason: 'was seen in a log' },
  route: '/api/v1/admin/keys/{keyId}/revoke',
  params: z.object({ keyId: z.uuid() }),
  body: revokeOperatorKeyInput.omit({ id: true }),
  response: done,
  handler: async (ctx, { params, body }) => {
    await revokeOperatorKey(ctx, { id: params.keyId, ...body });
    return DONE;
  },
});
