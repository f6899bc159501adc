import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { actOnJob } from '@/lib/workflows/operator-jobs/mutations';
import { jobInput, jobParams } from '@/lib/workflows/operator-jobs/schema';

export const POST = operatorEndpoint({
  summary: 'Try a job again now',
  example: { reason: 'the mail server is back' },
  route: '/api/v1/admin/jobs/{queue}/{jobId}/retry',
  params: jobParams,
  body: jobInput.pick({ reason: true }),
  response: done,
  handler: async (ctx, { params, body }) => {
    await actOnJob(ctx, { ...params, ...body, verb: 'retry' });
    return DONE;
  },
});
