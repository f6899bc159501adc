import { z } from 'zod';
import { publicEndpoint } from '@/lib/http/endpoint';
import { version } from '@/package.json';

/** Liveness: the process answers. It asks nobody else, so that a slow database does not get the process restarted. */
export const GET = publicEndpoint({
  summary: 'Liveness',
  tag: 'Meta',
  route: '/api/health',
  response: z.object({ status: z.literal('healthy'), version: z.string() }),
  handler: async () => ({ status: 'healthy' as const, version }),
});
