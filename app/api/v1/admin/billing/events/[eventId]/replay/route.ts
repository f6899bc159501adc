import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { replayEvent } from '@/lib/workflows/billing-operations/mutations';
import { replayInput } from '@/lib/workflows/billing-operations/schema';

export const POST = operatorEndpoint({
  summary: 'Take an event of Stripe once more',
  description: 'What it told of is fetched anew.',
  example: { reason: 'the page shows an old plan' },
  route: '/api/v1/admin/billing/events/{eventId}/replay',
  params: replayInput.pick({ eventId: true }),
  body: replayInput.pick({ reason: true }),
  response: done,
  handler: async (ctx, { params, body }) => {
    await replayEvent(ctx, { ...params, ...body });
    return DONE;
  },
});
