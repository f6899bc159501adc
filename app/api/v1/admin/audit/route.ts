import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { listPlatformAudit } from '@/lib/workflows/platform-audit/queries';
import { platformAuditPage, platformAuditQuery } from '@/lib/workflows/platform-audit/schema';

export const GET = operatorEndpoint({
  summary: 'Read what operators have done',
  description: 'To the platform and to tenants, the newest first.',
  route: '/api/v1/admin/audit',
  query: platformAuditQuery,
  response: platformAuditPage,
  handler: (ctx, { query }) => listPlatformAudit(ctx, query),
});
