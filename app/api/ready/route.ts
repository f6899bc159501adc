import { publicEndpoint } from '@/lib/http/endpoint';
import { readReadiness } from '@/lib/workflows/platform-probes/queries';
import { readiness } from '@/lib/workflows/platform-probes/schema';

/** Readiness: this process can serve. A load balancer sends nothing to one that cannot; nothing restarts it for that. */
export const GET = publicEndpoint({
  summary: 'Readiness',
  description: 'Each check by its name; 503 when one of them fails.',
  tag: 'Meta',
  route: '/api/ready',
  limit: 'probe',
  response: readiness,
  alsoAnswers: { 503: 'A check has failed: this process is to get no requests.' },
  statusOf: ({ status }) => (status === 'ready' ? undefined : 503),
  handler: readReadiness,
});
