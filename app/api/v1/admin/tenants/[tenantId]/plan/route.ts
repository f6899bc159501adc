import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { changePlan } from '@/lib/workflows/tenant-operations/mutations';
import { planInput, tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const POST = operatorEndpoint({
  summary: 'Put a tenant on another plan',
  example: { plan: 'pro', reason: 'agreed with sales' },
  route: '/api/v1/admin/tenants/{tenantId}/plan',
  params: tenantParams,
  body: planInput.omit({ tenantId: true }),
  response: done,
  handler: async (ctx, { params, body }) => {
    await changePlan(ctx, { ...params, ...body });
    return DONE;
  },
});
