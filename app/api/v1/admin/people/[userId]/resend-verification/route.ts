import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { resendVerification } from '@/lib/workflows/people/mutations';
import { personParams, resendInput } from '@/lib/workflows/people/schema';

export const POST = operatorEndpoint({
  summary: 'Mail the link that confirms an address once more',
  example: { reason: 'the mail was lost' },
  route: '/api/v1/admin/people/{userId}/resend-verification',
  params: personParams,
  body: resendInput.omit({ userId: true }),
  response: done,
  handler: async (ctx, { params, body }) => {
    await resendVerification(ctx, { ...params, ...body });
    return DONE;
  },
});
