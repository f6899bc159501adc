import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { listJobs } from '@/lib/workflows/operator-jobs/queries';
import { jobPage, jobQuery } from '@/lib/workflows/operator-jobs/schema';

export const GET = operatorEndpoint({
  summary: 'List jobs',
  description: 'What is done later, over all queues, the newest first. `payload` holds no secrets.',
  route: '/api/v1/admin/jobs',
  query: jobQuery,
  response: jobPage,
  handler: (ctx, { query }) => listJobs(ctx, query),
});
