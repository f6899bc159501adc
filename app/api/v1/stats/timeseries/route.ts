import { endpoint } from '@/lib/http/endpoint';
import { getTimeseries } from '@/lib/stats/queries';
import { timeseriesQuery, wireTimeseries } from '@/lib/stats/schema';

export const GET = endpoint({
  summary: 'Read the figures hour by hour',
  description:
    'The last `hours` hours in UTC, the oldest first and the current one last. An hour without traces is there, with zeros.',
  tag: 'Traces',
  route: '/api/v1/stats/timeseries',
  permission: 'traces:read',
  limit: 'caller',
  query: timeseriesQuery,
  response: wireTimeseries,
  handler: async (ctx, { query }) => ({ timeseries: await getTimeseries(ctx, query.hours) }),
});
