import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { getPlatformHealth } from '@/lib/workflows/platform-health/queries';
import { platformHealth } from '@/lib/workflows/platform-health/schema';

export const GET = operatorEndpoint({
  summary: 'How the platform is',
  description: '`line` says whether all is well and, if not, what to do.',
  route: '/api/v1/admin/health',
  response: platformHealth,
  handler: (ctx) => getPlatformHealth(ctx),
});
