import { endpoint } from '@/lib/http/endpoint';
import { getExportStatus } from '@/lib/workflows/export/queries';
import { exportStatus } from '@/lib/workflows/export/schema';

export const GET = endpoint({
  summary: 'How far an export is',
  tag: 'Workspace',
  route: '/api/v1/tenant/export/status',
  limit: 'caller',
  permission: 'tenant:export',
  response: exportStatus,
  handler: (ctx) => getExportStatus(ctx),
});
