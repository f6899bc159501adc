import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { setTenantRate } from '@/lib/workflows/tenant-operations/mutations';
import { rateInput, tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const POST = operatorEndpoint({
  summary: 'Give a tenant another rate until a time',
  description: 'In place of its plan’s; every process follows within 5 s.',
  example: { perSecond: 500, burst: 1000, expiresAt: '2099-01-31T12:00:00Z', reason: 'a launch' },
  route: '/api/v1/admin/tenants/{tenantId}/rate',
  params: tenantParams,
  body: rateInput.omit({ tenantId: true }),
  response: done,
  handler: async (ctx, { params, body }) => {
    await setTenantRate(ctx, { ...params, ...body });
    return DONE;
  },
});
