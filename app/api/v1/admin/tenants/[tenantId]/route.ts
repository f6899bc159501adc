import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { getTenantDetail } from '@/lib/workflows/tenant-operations/queries';
import { tenantDetail, tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const GET = operatorEndpoint({
  summary: 'Read one tenant',
  description: 'Everything that the console shows of it; no secrets, and nothing that its clients have sent.',
  route: '/api/v1/admin/tenants/{tenantId}',
  params: tenantParams,
  response: tenantDetail,
  handler: (ctx, { params }) => getTenantDetail(ctx, params.tenantId),
});
