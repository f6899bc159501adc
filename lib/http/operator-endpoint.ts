import { z } from 'zod';
import { readCookie, readKey } from '@/lib/auth/credentials';
import { noteOperatorKeyUse, verifyOperatorKey } from '@/lib/auth/operator-key';
import { sessionCookie } from '@/lib/auth/session-cookie';
import { readOperatorSession } from '@/lib/auth/sessions';
import { AppError } from '@/lib/errors';
import { canonicalHost, isForgedWrite } from '@/lib/gateway/decide';
import { parseHost } from '@/lib/gateway/hosts';
import { annotateRequest } from '@/lib/log';
import { describeOperator, type Operator, type OperatorContext } from '@/lib/tenancy/context';
import {
  type ApiRequest,
  answerHeaders,
  type Contract,
  type Endpoint,
  limitSource,
  type Parsed,
  parseInput,
  type RouteContract,
  respond,
  type Schema,
  tellLimits,
  withinLimits,
  wrap,
} from './endpoint';
import type { StreamedFile } from './stream-endpoint';

type OperatorSpec<P extends Schema, Q extends Schema, B extends Schema, R extends z.ZodType> = Omit<
  Contract<P, Q, B, R>,
  'tag' | 'limit' | 'audience'
> & {
  handler: (ctx: OperatorContext, input: Parsed<P, Q, B>) => Promise<z.input<R>>;
};

const operatorContract = {
  tag: 'Operator',
  limit: 'operator',
  audience: 'operator',
  permission: null,
} as const;

/**
 * A route of the operators: by an operator's session at cloud, or by an operator key. For everybody else, whoever they
 * are and whatever they send, there is no such route: 404, before anything of the request is read.
 */
export function operatorEndpoint<P extends Schema, Q extends Schema, B extends Schema, R extends z.ZodType>(
  spec: OperatorSpec<P, Q, B, R>,
): Endpoint {
  const contract = { ...spec, ...operatorContract };
  return wrap(contract as Endpoint['contract'], async (request, route, requestId) => {
    const ctx = await admitOperator(request, requestId);
    const result = spec.response.parse(await spec.handler(ctx, await parseInput(spec, request, route)));
    return respond(result, spec.status ?? 200, requestId);
  });
}

/** A route of the operators that answers with a download; see `streamEndpoint`. */
export function operatorStreamEndpoint<P extends Schema = undefined, Q extends Schema = undefined>(
  spec: Pick<RouteContract, 'summary' | 'description' | 'route'> & {
    params?: P;
    query?: Q;
    mediaType: string;
    handler: (ctx: OperatorContext, input: Parsed<P, Q, undefined>) => Promise<StreamedFile>;
  },
): Endpoint {
  const contract = { ...spec, ...operatorContract, response: z.unknown() };
  return wrap(contract as Endpoint['contract'], async (request, route, requestId) => {
    const ctx = await admitOperator(request, requestId);
    const input = await parseInput<P, Q, undefined>(spec, request, route);
    const headers = { ...answerHeaders(requestId), 'content-type': spec.mediaType };
    // Next answers HEAD by the handler of GET: nothing must be begun that nobody reads.
    if (request.method === 'HEAD') return new Response(null, { headers });
    const { filename, body } = await spec.handler(ctx, input);
    return new Response(body, {
      headers: { ...headers, 'content-disposition': `attachment; filename="${filename}"` },
    });
  });
}

/** Which operator asks, once they are within their limits. Throws LimitedError, and AppError `not_found` for anybody else. */
async function admitOperator(request: ApiRequest, requestId: string): Promise<OperatorContext> {
  const source = limitSource(request);
  const { meters } = await withinLimits(source, 'operator');
  const { method, headers } = request;
  const operator = await identifyOperator({ ...source, method, origin: headers.get('origin') });
  if (!operator) throw new AppError('not_found', 'There is no such API route.');
  tellLimits(meters);
  annotateRequest({ actor: describeOperator(operator) });
  return { operator, requestId };
}

/**
 * The operator behind a request's headers, or null. A key counts on every host, and then the cookie does not; a session at
 * cloud alone. Throws AppError `origin_mismatch` for an operator's write that another site has begun.
 */
export async function identifyOperator(source: {
  host: string | null;
  method: string;
  origin: string | null;
  authorization: string | null;
  apiKey: string | null;
  cookie: string | null;
}): Promise<Operator | null> {
  const text = readKey(source);
  if (text !== null) {
    const key = await verifyOperatorKey(text);
    if (!key) return null;
    noteOperatorKeyUse(key.id);
    return { kind: 'operator-key', ...key };
  }
  const meaning = parseHost(source.host);
  const cookie = readCookie(source.cookie, sessionCookie().name);
  if (!cookie || meaning.surface !== 'cloud') return null;
  const session = await readOperatorSession(cookie);
  if (!session) return null;
  if (isForgedWrite({ ...source, hasSessionCookie: true }, canonicalHost(meaning)))
    throw new AppError('origin_mismatch');
  return { kind: 'user', id: session.userId, email: session.email, sessionId: session.sessionId };
}
