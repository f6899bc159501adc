import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { listTenantsFrom } from '@/lib/workflows/tenant-directory/queries';
import { tenantListAnswer, tenantListQuery } from '@/lib/workflows/tenant-directory/schema';
import { createTenant } from '@/lib/workflows/tenant-operations/mutations';
import { createdTenant, createInput } from '@/lib/workflows/tenant-operations/schema';

export const GET = operatorEndpoint({
  summary: 'List tenants',
  description: 'The newest first, with what they use.',
  route: '/api/v1/admin/tenants',
  query: tenantListQuery,
  response: tenantListAnswer,
  handler: (ctx, { query }) => listTenantsFrom(ctx, query),
});

export const POST = operatorEndpoint({
  summary: 'Create a tenant',
  description: 'Its admin gets a mail with the way in, and confirms the tenant by it.',
  example: {
    slug: 'acme-support',
    name: 'Acme Support',
    admin_email: 'ada@example.com',
    reason: 'asked by phone',
  },
  route: '/api/v1/admin/tenants',
  body: createInput,
  response: createdTenant,
  status: 201,
  handler: (ctx, { body }) => createTenant(ctx, body),
});
