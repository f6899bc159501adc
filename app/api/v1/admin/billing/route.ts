import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { getBillingOverview } from '@/lib/workflows/billing-operations/queries';
import { billingOverview, eventSearch } from '@/lib/workflows/billing-operations/schema';

export const GET = operatorEndpoint({
  summary: 'See how billing stands',
  description: 'Events of Stripe, what fails, and reports of usage that were given up.',
  route: '/api/v1/admin/billing',
  query: eventSearch,
  response: billingOverview,
  handler: (ctx, { query }) => getBillingOverview(ctx, query),
});
