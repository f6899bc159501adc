import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { clearTenantRate } from '@/lib/workflows/tenant-operations/mutations';
import { clearRateInput, tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const POST = operatorEndpoint({
  summary: 'Give a tenant its plan’s rate back',
  example: { reason: 'the launch is over' },
  route: '/api/v1/admin/tenants/{tenantId}/rate/clear',
  params: tenantParams,
  body: clearRateInput.omit({ tenantId: true }),
  response: done,
  handler: async (ctx, { params, body }) => {
    await clearTenantRate(ctx, { ...params, ...body });
    return DONE;
  },
});
