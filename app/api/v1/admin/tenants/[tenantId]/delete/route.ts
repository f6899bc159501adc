import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { deleteTenant } from '@/lib/workflows/tenant-operations/mutations';
import { deleteInput, deletingTenant, tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const POST = operatorEndpoint({
  summary: 'Ask for a tenant to be deleted',
  description:
    'It is closed at once and erased after seven days, until when it can be kept. `slug` is the tenant’s own, to make sure.',
  example: { slug: 'acme-support', reason: 'asked in writing' },
  route: '/api/v1/admin/tenants/{tenantId}/delete',
  params: tenantParams,
  body: deleteInput.omit({ tenantId: true }),
  response: deletingTenant,
  handler: (ctx, { params, body }) => deleteTenant(ctx, { ...params, ...body }),
});
