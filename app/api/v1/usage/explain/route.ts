import { endpoint } from '@/lib/http/endpoint';
import { explainQuery, usageExplanation } from '@/lib/metering/schema';
import { explainUsage } from '@/lib/metering-explain/queries';

export const GET = endpoint({
  summary: 'See what an hour’s number is made of',
  description:
    'The commits that changed it with the traces that each stored, the same by key and by project, the members of the hour, and what was reported for billing. Commits are kept one by one for 40 days, then summed up by hour, key and project.',
  tag: 'Workspace',
  route: '/api/v1/usage/explain',
  limit: 'caller',
  permission: 'usage:read',
  query: explainQuery,
  response: usageExplanation,
  handler: (ctx, { query }) => explainUsage(ctx, query),
});
