import { z } from 'zod';
import type { Permission } from '@/lib/auth/permissions';
import type { TenantContext } from '@/lib/tenancy/context';
import {
  admit,
  answerHeaders,
  type Endpoint,
  type Output,
  parse,
  type RouteContract,
  wrap,
} from './endpoint';

/**
 * A file that is made while it is sent. `filename` holds letters, digits, dots and hyphens only; `mediaType` is the
 * file's own, where a route answers with several.
 */
export type StreamedFile = { filename: string; body: ReadableStream<Uint8Array>; mediaType?: string };

type StreamSpec<Q extends z.ZodType | undefined> = Pick<
  RouteContract,
  'summary' | 'description' | 'tag' | 'route' | 'limit'
> & {
  permission: Permission;
  query?: Q;
  mediaType: string;
  handler: (ctx: TenantContext, query: Output<Q>) => Promise<StreamedFile>;
};

/**
 * An API route of a tenant that answers with a download: the same credential, permission and errors as `endpoint()`. What
 * goes wrong after the first byte can no longer be told: the stream ends abruptly.
 */
export function streamEndpoint<Q extends z.ZodType | undefined = undefined>(spec: StreamSpec<Q>): Endpoint {
  const contract = { ...spec, response: z.unknown() };
  return wrap(contract, async (request, _route, requestId) => {
    const ctx = await admit(request, spec, requestId);
    const query = parse(spec.query, Object.fromEntries(new URL(request.url).searchParams)) as Output<Q>;
    const headers = { ...answerHeaders(requestId), 'content-type': spec.mediaType };
    // Next answers HEAD by the handler of GET: nothing must be begun that nobody reads.
    if (request.method === 'HEAD') return new Response(null, { headers });
    const { filename, body, mediaType = spec.mediaType } = await spec.handler(ctx, query);
    return new Response(body, {
      headers: {
        ...headers,
        'content-type': mediaType,
        'content-disposition': `attachment; filename="${filename}"`,
      },
    });
  });
}
