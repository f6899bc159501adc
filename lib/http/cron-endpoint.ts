import { createHash, timingSafeEqual } from 'node:crypto';
import type { z } from 'zod';
import { env } from '@/lib/env';
import { AppError } from '@/lib/errors';
import type { Actor } from '@/lib/tenancy/context';
import {
  type ApiRequest,
  answerHeaders,
  type Endpoint,
  limitSource,
  type RouteContract,
  withinLimits,
  wrap,
} from './endpoint';

type CronSpec<R extends z.ZodType> = Pick<RouteContract, 'summary' | 'description' | 'route' | 'limit'> & {
  response: R;
  handler: (by: { actor: Extract<Actor, { kind: 'system' }>; requestId: string }) => Promise<z.input<R>>;
};

/**
 * A route that a scheduler calls, as Vercel's cron does: `Authorization: Bearer <CRON_SECRET>`. It acts as the system, for no
 * tenant. Where no secret is set nobody is let in.
 */
export function cronEndpoint<R extends z.ZodType>(spec: CronSpec<R>): Endpoint {
  const contract = { ...spec, tag: 'Meta' as const, permission: null };
  return wrap(contract, async (request, _route, requestId) => {
    await withinLimits(limitSource(request), spec.limit);
    assertScheduler(request);
    const result = await spec.handler({ actor: { kind: 'system', name: 'cron' }, requestId });
    return Response.json(spec.response.parse(result), { headers: answerHeaders(requestId) });
  });
}

/** Throws AppError `unauthenticated` unless the request shows the secret. Takes as long for any that is wrong. */
function assertScheduler(request: ApiRequest): void {
  const { cronSecret } = env();
  const [, shown] = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  if (cronSecret === undefined || shown === undefined || !timingSafeEqual(digest(shown), digest(cronSecret)))
    throw new AppError(
      'unauthenticated',
      'Send the secret of the scheduler as "Authorization: Bearer <CRON_SECRET>".',
    );
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
