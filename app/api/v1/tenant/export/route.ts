import { streamEndpoint } from '@/lib/http/stream-endpoint';
import { exportTenant } from '@/lib/workflows/export/mutations';

export const GET = streamEndpoint({
  summary: 'Download everything of the workspace',
  description:
    'For an admin signed in at the workspace’s own host; API keys have no scope for it. The archive (tar, gzip) holds a README, every table as JSON lines in numbered parts, and at its end `manifest.json` with counts and checksums. An archive without the manifest is not complete.',
  tag: 'Workspace',
  route: '/api/v1/tenant/export',
  limit: 'export',
  permission: 'tenant:export',
  mediaType: 'application/gzip',
  handler: exportTenant,
});
