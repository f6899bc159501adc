import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { enablePerson } from '@/lib/workflows/people/mutations';
import { enableInput, personParams } from '@/lib/workflows/people/schema';

export const POST = operatorEndpoint({
  summary: 'Let a disabled person sign in again',
  example: { reason: 'was a mistake' },
  route: '/api/v1/admin/people/{userId}/enable',
  params: personParams,
  body: enableInput.omit({ userId: true }),
  response: done,
  handler: async (ctx, { params, body }) => {
    await enablePerson(ctx, { ...params, ...body });
    return DONE;
  },
});
