import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { getTenantBilling } from '@/lib/workflows/billing-operations/queries';
import { tenantBilling } from '@/lib/workflows/billing-operations/schema';
import { tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const GET = operatorEndpoint({
  summary: 'See how a tenant pays',
  route: '/api/v1/admin/tenants/{tenantId}/billing',
  params: tenantParams,
  response: tenantBilling,
  handler: (ctx, { params }) => getTenantBilling(ctx, params.tenantId),
});
