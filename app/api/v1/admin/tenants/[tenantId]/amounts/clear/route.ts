import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { clearTenantAmounts } from '@/lib/workflows/tenant-operations/mutations';
import { clearAmountsInput, tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const POST = operatorEndpoint({
  summary: 'Give a tenant its plan’s amounts back',
  example: { reason: 'the contract has ended' },
  route: '/api/v1/admin/tenants/{tenantId}/amounts/clear',
  params: tenantParams,
  body: clearAmountsInput.omit({ tenantId: true }),
  response: done,
  handler: async (ctx, { params, body }) => {
    await clearTenantAmounts(ctx, { ...params, ...body });
    return DONE;
  },
});
