import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { checkTenant } from '@/lib/workflows/tenant-operations/mutations';
import { checkedTenant, checkInput, tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const POST = operatorEndpoint({
  summary: 'Run the isolation check of a tenant',
  example: { reason: 'after a migration' },
  route: '/api/v1/admin/tenants/{tenantId}/check',
  params: tenantParams,
  body: checkInput.omit({ tenantId: true }),
  response: checkedTenant,
  handler: (ctx, { params, body }) => checkTenant(ctx, { ...params, ...body }),
});
