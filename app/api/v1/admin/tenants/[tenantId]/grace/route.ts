import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { extendGrace } from '@/lib/workflows/billing-operations/mutations';
import { graceInput } from '@/lib/workflows/billing-operations/schema';
import { tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const POST = operatorEndpoint({
  summary: 'Give a tenant more time to pay',
  description: 'Until then it is not read-only, whatever it owes.',
  example: { until: '2027-01-31T00:00:00Z', reason: 'the card comes by mail' },
  route: '/api/v1/admin/tenants/{tenantId}/grace',
  params: tenantParams,
  body: graceInput.omit({ tenantId: true }),
  response: done,
  handler: async (ctx, { params, body }) => {
    await extendGrace(ctx, { ...params, ...body });
    return DONE;
  },
});
