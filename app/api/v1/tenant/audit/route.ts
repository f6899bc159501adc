import { streamEndpoint } from '@/lib/http/stream-endpoint';
import { exportAuditLog } from '@/lib/workflows/audit-log/mutations';
import { auditExportQuery } from '@/lib/workflows/audit-log/schema';

export const GET = streamEndpoint({
  summary: 'Download the audit log',
  description:
    'Every row that fits the filters, newest first, as CSV or, with `format=jsonl`, as JSON lines (`application/x-ndjson`). The download is itself written to the log.',
  tag: 'Workspace',
  route: '/api/v1/tenant/audit',
  limit: 'caller',
  permission: 'audit:export',
  query: auditExportQuery,
  mediaType: 'text/csv',
  handler: exportAuditLog,
});
