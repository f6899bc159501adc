import { billingState } from '@/lib/billing/schema';
import { setUpBilling } from '@/lib/billing-checkout/mutations';
import { endpoint } from '@/lib/http/endpoint';

export const POST = endpoint({
  summary: 'Make the workspace a customer at Stripe',
  description: 'Doing it again, or twice at once, makes no second one. A Checkout does it by itself.',
  tag: 'Workspace',
  route: '/api/v1/billing/setup',
  limit: 'caller',
  permission: 'billing:manage',
  response: billingState,
  handler: (ctx) => setUpBilling(ctx),
});
