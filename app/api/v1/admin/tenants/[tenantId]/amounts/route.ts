import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { setTenantAmounts } from '@/lib/workflows/tenant-operations/mutations';
import { amountsBody, tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const POST = operatorEndpoint({
  summary: 'Agree amounts with a tenant',
  description:
    'Traces and seats a period in place of its plan’s. Beyond `traces` a thousand cost `per1000Traces` cents, and where that is null they are refused.',
  example: { traces: 5_000_000, per1000Traces: 12, seats: 40, reason: 'contract 2026-17' },
  route: '/api/v1/admin/tenants/{tenantId}/amounts',
  params: tenantParams,
  body: amountsBody,
  response: done,
  handler: async (ctx, { params, body }) => {
    await setTenantAmounts(ctx, { ...params, ...body });
    return DONE;
  },
});
