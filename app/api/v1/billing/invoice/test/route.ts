import { testInvoice } from '@/lib/billing/schema';
import { makeTestInvoice } from '@/lib/billing-invoices/mutations';
import { endpoint } from '@/lib/http/endpoint';

export const POST = endpoint({
  summary: 'Make a test invoice',
  description:
    'For what the current period has come to, by the prices of the plan, or of Pro where that is free or agreed. Its quantities are those of `GET /api/v1/usage`. In Stripe’s test mode and in the sandbox only: 409 in live mode. Nobody is to pay it.',
  tag: 'Workspace',
  route: '/api/v1/billing/invoice/test',
  limit: 'caller',
  permission: 'billing:manage',
  response: testInvoice,
  status: 201,
  handler: (ctx) => makeTestInvoice(ctx),
});
