import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { reactivateTenant } from '@/lib/workflows/tenant-operations/mutations';
import { reactivateInput, tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const POST = operatorEndpoint({
  summary: 'Let a suspended tenant work again',
  example: { reason: 'has stopped the flood' },
  route: '/api/v1/admin/tenants/{tenantId}/reactivate',
  params: tenantParams,
  body: reactivateInput.omit({ tenantId: true }),
  response: done,
  handler: async (ctx, { params, body }) => {
    await reactivateTenant(ctx, { ...params, ...body });
    return DONE;
  },
});
