import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { compPlan } from '@/lib/workflows/billing-operations/mutations';
import { compInput } from '@/lib/workflows/billing-operations/schema';
import { tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const POST = operatorEndpoint({
  summary: 'Give a tenant a plan until a time',
  description: 'At no cost; afterwards the tenant is on what it pays for.',
  example: { plan: 'pro', until: '2027-01-31T00:00:00Z', reason: 'design partner' },
  route: '/api/v1/admin/tenants/{tenantId}/comp',
  params: tenantParams,
  body: compInput.omit({ tenantId: true }),
  response: done,
  handler: async (ctx, { params, body }) => {
    await compPlan(ctx, { ...params, ...body });
    return DONE;
  },
});
