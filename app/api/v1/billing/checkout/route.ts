import { checkout, checkoutInput } from '@/lib/billing/schema';
import { startCheckout } from '@/lib/billing-checkout/mutations';
import { endpoint } from '@/lib/http/endpoint';

export const POST = endpoint({
  summary: 'Begin a Checkout',
  description: 'Of several that are begun the newest is open. A workspace that subscribes gets 409.',
  tag: 'Workspace',
  route: '/api/v1/billing/checkout',
  limit: 'caller',
  permission: 'billing:manage',
  body: checkoutInput,
  example: { plan: 'pro', interval: 'monthly' },
  response: checkout,
  status: 201,
  handler: (ctx, { body }) => startCheckout(ctx, body),
});
