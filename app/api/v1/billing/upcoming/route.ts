import { z } from 'zod';
import { upcomingInvoice } from '@/lib/billing/schema';
import { previewInvoice } from '@/lib/billing-invoices/queries';
import { endpoint } from '@/lib/http/endpoint';

export const GET = endpoint({
  summary: 'See what the next invoice comes to',
  description: 'Null without a subscription.',
  tag: 'Workspace',
  route: '/api/v1/billing/upcoming',
  limit: 'caller',
  permission: 'billing:read',
  response: z.object({ upcoming: upcomingInvoice.nullable() }),
  handler: async (ctx) => ({ upcoming: await previewInvoice(ctx) }),
});
