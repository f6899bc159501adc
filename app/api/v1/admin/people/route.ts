import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { searchPeople } from '@/lib/workflows/people/queries';
import { peopleQuery, personList } from '@/lib/workflows/people/schema';

export const GET = operatorEndpoint({
  summary: 'Search people',
  description: 'At most 50; without `q` those who came last.',
  route: '/api/v1/admin/people',
  query: peopleQuery,
  response: personList,
  handler: async (ctx, { query }) => ({ people: await searchPeople(ctx, query.q) }),
});
