import { subscriptionAnswer, subscriptionQuery } from '@/lib/billing/schema';
import { choosePlan } from '@/lib/billing-checkout/mutations';
import { endpoint } from '@/lib/http/endpoint';

export const POST = endpoint({
  summary: 'Bring the workspace to a plan',
  description:
    'To a plan that costs: without a subscription the answer names a Checkout, where an admin pays; one that was to end goes on. To `starter`: the subscription ends when what is paid for has run out, or 409 with what the plan has no room for. `enterprise` is agreed with sales: 409.',
  tag: 'Workspace',
  route: '/api/v1/billing/subscription',
  limit: 'caller',
  permission: 'billing:manage',
  query: subscriptionQuery,
  response: subscriptionAnswer,
  handler: (ctx, { query }) => choosePlan(ctx, query),
});
