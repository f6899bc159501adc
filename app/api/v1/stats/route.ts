import { endpoint } from '@/lib/http/endpoint';
import { getStats } from '@/lib/stats/queries';
import { wireStats } from '@/lib/stats/schema';

export const GET = endpoint({
  summary: 'Read the workspace’s figures',
  description:
    'Over all its traces, exact to the last one stored. What changes traces of closed hours shows within minutes. Averages are null where no trace has the value.',
  tag: 'Traces',
  route: '/api/v1/stats',
  permission: 'traces:read',
  limit: 'caller',
  response: wireStats,
  handler: (ctx) => getStats(ctx),
});
