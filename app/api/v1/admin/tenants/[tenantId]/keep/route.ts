import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { keepTenant } from '@/lib/workflows/tenant-operations/mutations';
import { keepInput, tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const POST = operatorEndpoint({
  summary: 'Keep a tenant whose deletion is pending',
  example: { reason: 'was a mistake' },
  route: '/api/v1/admin/tenants/{tenantId}/keep',
  params: tenantParams,
  body: keepInput.omit({ tenantId: true }),
  response: done,
  handler: async (ctx, { params, body }) => {
    await keepTenant(ctx, { ...params, ...body });
    return DONE;
  },
});
