import { operatorStreamEndpoint } from '@/lib/http/operator-endpoint';
import { exportTenants } from '@/lib/workflows/tenant-directory/queries';
import { tenantCsvQuery } from '@/lib/workflows/tenant-directory/schema';

export const GET = operatorStreamEndpoint({
  summary: 'Download the list of tenants as CSV',
  description: 'Every tenant that fits the filters, the newest first.',
  route: '/api/v1/admin/tenants/csv',
  query: tenantCsvQuery,
  mediaType: 'text/csv; charset=utf-8; header=present',
  handler: (ctx, { query }) => exportTenants(ctx, query),
});
