import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { readKey } from '@/lib/auth/credentials';
import { AppError } from '@/lib/errors';
import {
  answerHeaders,
  type Endpoint,
  limitSource,
  type RouteContract,
  withinLimits,
  wrap,
} from './endpoint';

type TextSpec = Pick<RouteContract, 'summary' | 'description' | 'route' | 'limit'> & {
  mediaType: string;
  /** What lets a program read it, as `Authorization: Bearer <token>`; undefined lets nobody. */
  token: () => string | undefined;
  handler: () => Promise<string>;
};

/**
 * A route for a program of the installation's own, such as its monitoring, which reads a text by one token. Without a token
 * in the configuration there is no such route.
 */
export function textEndpoint(spec: TextSpec): Endpoint {
  const contract = { ...spec, tag: 'Meta', response: z.unknown(), permission: null } as const;
  return wrap(contract, async (request, _route, requestId) => {
    const source = limitSource(request);
    await withinLimits(source, spec.limit);
    const token = spec.token();
    if (token === undefined) throw new AppError('not_found', 'There is no such API route.');
    if (!isEqual(readKey(source) ?? '', token))
      throw new AppError('unauthenticated', 'Send the token as "Authorization: Bearer …".');
    return new Response(await spec.handler(), {
      headers: { ...answerHeaders(requestId), 'content-type': spec.mediaType },
    });
  });
}

function isEqual(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
