import { z } from 'zod';
import { AppError } from '@/lib/errors';
import { publicEndpoint } from '@/lib/http/endpoint';
import { rateLimitStatus } from '@/lib/rate-limit/limit';
import { storeNames } from '@/lib/rate-limit/store';
import { hasIsolationFailed } from '@/lib/workflows/isolation-canary/queries';
import { version } from '@/package.json';

/** Liveness: the process answers. It asks nobody else, so that a slow database does not get the process restarted. */
export const GET = publicEndpoint({
  summary: 'Liveness',
  description:
    '503 `unavailable` when the newest isolation check of a tenant has failed. `rate_limits.in_charge` is false while the store of rate limits is away and each process counts for itself.',
  tag: 'Meta',
  route: '/api/health',
  limit: 'probe',
  response: z.object({
    status: z.literal('healthy'),
    version: z.string(),
    rate_limits: z.object({ store: z.enum(storeNames), in_charge: z.boolean() }),
  }),
  handler: async () => {
    if (hasIsolationFailed())
      throw new AppError('unavailable', 'The isolation check has failed: see the log.');
    const { store, inCharge } = rateLimitStatus();
    return { status: 'healthy' as const, version, rate_limits: { store, in_charge: inCharge } };
  },
});
