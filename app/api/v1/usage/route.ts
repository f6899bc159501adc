import { endpoint } from '@/lib/http/endpoint';
import { getUsage } from '@/lib/metering/queries';
import { currentUsage } from '@/lib/metering/schema';

export const GET = endpoint({
  summary: 'See what is used in the current period',
  description:
    'The period is that of the subscription, or the calendar month (UTC) without one. The hours that are not closed yet are counted live. Of a gauge (seats, storage) the highest hour stands for the period.',
  tag: 'Workspace',
  route: '/api/v1/usage',
  limit: 'caller',
  permission: 'usage:read',
  response: currentUsage,
  handler: (ctx) => getUsage(ctx),
});
