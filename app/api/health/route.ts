import { z } from 'zod';
import { AppError } from '@/lib/errors';
import { publicEndpoint } from '@/lib/http/endpoint';
import { hasIsolationFailed } from '@/lib/workflows/isolation-canary/queries';
import { version } from '@/package.json';

/** Liveness: the process answers. It asks nobody else, so that a slow database does not get the process restarted. */
export const GET = publicEndpoint({
  summary: 'Liveness',
  description: '503 `unavailable` when the newest isolation check of a tenant has failed.',
  tag: 'Meta',
  route: '/api/health',
  response: z.object({ status: z.literal('healthy'), version: z.string() }),
  handler: async () => {
    if (hasIsolationFailed())
      throw new AppError('unavailable', 'The isolation check has failed: see the log.');
    return { status: 'healthy' as const, version };
  },
});
