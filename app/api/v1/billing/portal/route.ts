import { portal } from '@/lib/billing/schema';
import { openPortal } from '@/lib/billing-checkout/mutations';
import { endpoint } from '@/lib/http/endpoint';

export const POST = endpoint({
  summary: 'Open Stripe’s page for cards and invoices',
  description: 'The address is good for a short time, for whoever has it.',
  tag: 'Workspace',
  route: '/api/v1/billing/portal',
  limit: 'caller',
  permission: 'billing:manage',
  response: portal,
  status: 201,
  handler: (ctx) => openPortal(ctx),
});
