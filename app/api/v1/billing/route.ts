import { getBilling } from '@/lib/billing/queries';
import { billingState } from '@/lib/billing/schema';
import { endpoint } from '@/lib/http/endpoint';

export const GET = endpoint({
  summary: 'See how the workspace pays',
  description:
    'Out of our copy, which is fetched from Stripe whenever Stripe tells of a change: it answers while Stripe is away, too.',
  tag: 'Workspace',
  route: '/api/v1/billing',
  limit: 'caller',
  permission: 'billing:read',
  response: billingState,
  handler: (ctx) => getBilling(ctx),
});
