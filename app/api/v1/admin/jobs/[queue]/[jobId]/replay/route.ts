import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { actOnJob } from '@/lib/workflows/operator-jobs/mutations';
import { jobInput, jobParams } from '@/lib/workflows/operator-jobs/schema';

export const POST = operatorEndpoint({
  summary: 'Do a job once more',
  description: 'A mail that was sent is sent again, as another.',
  example: { reason: 'the mail server is back' },
  route: '/api/v1/admin/jobs/{queue}/{jobId}/replay',
  params: jobParams,
  body: jobInput.pick({ reason: true }),
  response: done,
  handler: async (ctx, { params, body }) => {
    await actOnJob(ctx, { ...params, ...body, verb: 'replay' });
    return DONE;
  },
});
