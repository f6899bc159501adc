import { endpoint } from '@/lib/http/endpoint';
import { listUsageHistory } from '@/lib/metering/queries';
import { historyQuery, usageHistory } from '@/lib/metering/schema';

export const GET = endpoint({
  summary: 'See what was used in past periods',
  tag: 'Workspace',
  route: '/api/v1/usage/history',
  limit: 'caller',
  permission: 'usage:read',
  query: historyQuery,
  response: usageHistory,
  handler: async (ctx, { query }) => ({ usage_history: await listUsageHistory(ctx, query) }),
});
