import { invoiceList } from '@/lib/billing/schema';
import { listInvoices } from '@/lib/billing-invoices/queries';
import { endpoint } from '@/lib/http/endpoint';

export const GET = endpoint({
  summary: 'List invoices',
  tag: 'Workspace',
  route: '/api/v1/billing/invoices',
  limit: 'caller',
  permission: 'billing:read',
  response: invoiceList,
  handler: async (ctx) => ({ invoices: await listInvoices(ctx) }),
});
