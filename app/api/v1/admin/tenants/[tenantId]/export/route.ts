import { operatorStreamEndpoint } from '@/lib/http/operator-endpoint';
import { exportTenant } from '@/lib/workflows/tenant-operations/mutations';
import { exportQuery, tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const GET = operatorStreamEndpoint({
  summary: 'Download everything of a tenant',
  description: 'The archive that its own admins get. `reason` stands in the tenant’s audit log.',
  route: '/api/v1/admin/tenants/{tenantId}/export',
  params: tenantParams,
  query: exportQuery,
  mediaType: 'application/gzip',
  handler: (ctx, { query, params }) => exportTenant(ctx, { ...params, ...query }),
});
