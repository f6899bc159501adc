import type { z } from 'zod';
import { AppError } from '@/lib/errors';
import {
  type ApiRequest,
  answerHeaders,
  type Endpoint,
  limitSource,
  type RouteContract,
  withinLimits,
  wrap,
} from './endpoint';
import { readBody } from './json';

type WebhookSpec<R extends z.ZodType> = Pick<RouteContract, 'summary' | 'description' | 'route' | 'limit'> & {
  /** The header that holds the signature. */
  signature: string;
  response: R;
  /** Told the body as it came: signatures are of its bytes. Throws AppError for a signature that is wrong. */
  handler: (body: string, signature: string | null) => Promise<z.input<R>>;
};

const BODY_LIMIT = 1_000_000;

/**
 * A route that another service calls, and proves itself by a signature of its body. Any host will do, and no cookie or key
 * counts. What is answered says only that the call was stored.
 */
export function webhookEndpoint<R extends z.ZodType>(spec: WebhookSpec<R>): Endpoint {
  const contract = { ...spec, tag: 'Meta' as const, permission: null };
  return wrap(contract, async (request: ApiRequest, _route, requestId) => {
    await withinLimits(limitSource(request), spec.limit);
    const signature = request.headers.get(spec.signature);
    // Before the body is read: what is not signed at all costs nothing.
    if (signature === null) throw new AppError('invalid_signature');
    const body = new TextDecoder().decode(await readBody(request, BODY_LIMIT));
    const result = await spec.handler(body, signature);
    return Response.json(spec.response.parse(result), { headers: answerHeaders(requestId) });
  });
}
