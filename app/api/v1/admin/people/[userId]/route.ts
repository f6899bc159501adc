import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { getPerson } from '@/lib/workflows/people/queries';
import { personDetail, personParams } from '@/lib/workflows/people/schema';

export const GET = operatorEndpoint({
  summary: 'Read one person',
  description: 'With the tenants they belong to and the sessions that are open.',
  route: '/api/v1/admin/people/{userId}',
  params: personParams,
  response: personDetail,
  handler: (ctx, { params }) => getPerson(ctx, params.userId),
});
