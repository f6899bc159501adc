import { env } from '@/lib/env';
import { textEndpoint } from '@/lib/http/text-endpoint';
import { readMetrics } from '@/lib/workflows/platform-probes/queries';

export const GET = textEndpoint({
  summary: 'Metrics',
  description:
    'For the installation’s own monitoring: the text format of Prometheus, of this process. By `Authorization: Bearer <METRICS_TOKEN>`; 404 where that is not set.',
  route: '/api/metrics',
  limit: 'probe',
  mediaType: 'text/plain; version=0.0.4; charset=utf-8',
  token: () => env().metricsToken,
  handler: readMetrics,
});
