import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { suspendTenant } from '@/lib/workflows/tenant-operations/mutations';
import { suspendInput, tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const POST = operatorEndpoint({
  summary: 'Suspend a tenant',
  description: 'Its pages say so, its API answers 403 `tenant_suspended`, everything is kept.',
  example: { reason: 'floods the API' },
  route: '/api/v1/admin/tenants/{tenantId}/suspend',
  params: tenantParams,
  body: suspendInput.omit({ tenantId: true }),
  response: done,
  handler: async (ctx, { params, body }) => {
    await suspendTenant(ctx, { ...params, ...body });
    return DONE;
  },
});
