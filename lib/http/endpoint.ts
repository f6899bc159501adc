import type { z } from 'zod';
import { authorize } from '@/lib/auth/authorize';
import { authenticate } from '@/lib/auth/credentials';
import type { Permission } from '@/lib/auth/permissions';
import { env } from '@/lib/env';
import { AppError } from '@/lib/errors';
import { apiContentSecurityPolicy, securityHeaders } from '@/lib/gateway/headers';
import {
  assertRequestWithin,
  LimitedError,
  type LimitSource,
  type Meter,
  type Standing,
} from '@/lib/gateway/limit';
import { limitHeaders } from '@/lib/gateway/limit-headers';
import { newRequestId } from '@/lib/ids';
import {
  annotateRequest,
  currentRequestId,
  isInRequest,
  logRequest,
  oncePerRequest,
  runRequest,
} from '@/lib/log';
import type { RouteLimit } from '@/lib/rate-limit/policies';
import { describeActor, type TenantContext } from '@/lib/tenancy/context';
import { countAnswer, noteRequester } from '@/lib/usage/api-requests';
import { clientOf } from './client';
import { toAppError, toErrorBody } from './error-response';
import { toIssues } from './issues';
import { type BodySource, parseJson, readBody } from './json';

const DEFAULT_BODY_LIMIT = 1_000_000;

/** What a schema makes of its input; undefined where there is none. */
export type Output<S> = S extends z.ZodType ? z.output<S> : undefined;
export type Parsed<P, Q, B> = { params: Output<P>; query: Output<Q>; body: Output<B> };
export type Schema = z.ZodType | undefined;

export type Contract<P extends Schema, Q extends Schema, B extends Schema, R extends z.ZodType> = {
  /** One line for the reference page. */
  summary: string;
  /** What else a reader of the reference page should know, in Markdown. */
  description?: string;
  /** Under which heading the reference page shows it. */
  tag: 'Traces' | 'Workspace' | 'Meta' | 'Operator';
  /** A body as a client would send it; tests run it. */
  example?: B extends z.ZodType ? z.input<B> : never;
  /** The route's pattern, for logs and the reference page. */
  route: string;
  params?: P;
  query?: Q;
  /** Names in the query that may stand there several times: the schema gets a list. Of any other the last counts. */
  repeatable?: readonly string[];
  body?: B;
  /** Largest body in bytes; 1 MB unless told. */
  bodyLimit?: number;
  /** What leaves: fields that are not declared here are dropped. */
  response: R;
  /** Status of a success; 200 unless told. */
  status?: number;
  /** Other statuses that answer with the same body, and when. */
  alsoAnswers?: Readonly<Record<number, string>>;
  /** The media type of an answer that is a stream of bytes and not JSON. */
  mediaType?: string;
  /** The same answer as CSV, for who prefers it: by the header `Accept`, or by the query's `format`. */
  csv?: { filename: string; write(result: z.output<R>): string };
  /** What it costs: a name of lib/rate-limit/policies.ts. */
  limit: RouteLimit;
  /** For operators alone: to everybody else there is no such route. */
  audience?: 'operator';
  /** A protocol of others, which has its own bodies and errors. */
  protocol?: 'otlp';
  /** Answers scripts of any origin, without cookies. Its file exports `OPTIONS = preflight(…)` beside it. */
  cors?: true;
};

/** What every route declares, whatever it answers with. */
export type RouteContract = Contract<Schema, Schema, Schema, z.ZodType>;

type TenantSpec<P extends Schema, Q extends Schema, B extends Schema, R extends z.ZodType> = Contract<
  P,
  Q,
  B,
  R
> & {
  permission: Permission;
  handler: (ctx: TenantContext, input: Parsed<P, Q, B>) => Promise<z.input<R>>;
  /** Which of `alsoAnswers` an answer has; undefined is `status`. */
  statusOf?: (result: z.output<R>) => number | undefined;
  /** Told of a request by somebody who may make it whose input cannot be used; the error is answered all the same. */
  onInvalid?: (ctx: TenantContext, error: AppError) => void;
};

type PublicSpec<P extends Schema, Q extends Schema, B extends Schema, R extends z.ZodType> = Contract<
  P,
  Q,
  B,
  R
> & {
  /** `host` is what the client asked for: it may be read with `parseHost`, and never be believed as it is. */
  handler: (input: Parsed<P, Q, B>, meta: { host: string | null }) => Promise<z.input<R>>;
  /** Which of `alsoAnswers` an answer has; undefined is `status`. */
  statusOf?: (result: z.output<R>) => number | undefined;
};

/** What of a request a route reads: a Request is one, and so is what server.ts makes of Node's own, at a tenth of the cost. */
export type ApiRequest = BodySource & { readonly method: string; readonly url: string };

/** A route's handler as Next calls it, with its contract beside it for the reference document. */
export type Endpoint = ((request: ApiRequest, route: RouteContext) => Promise<Response>) & {
  contract: RouteContract & { permission: Permission | null };
};

export type RouteContext = { params: Promise<Record<string, string | string[] | undefined>> };

/**
 * An API route of a tenant: credential, permission, input, verb, output, in this order and each once. The gateway's part
 * (host, key, tenant) happens here and not in middleware, which would cost as much again as the route itself.
 */
export function endpoint<P extends Schema, Q extends Schema, B extends Schema, R extends z.ZodType>(
  spec: TenantSpec<P, Q, B, R>,
): Endpoint {
  return wrap({ ...spec, permission: spec.permission }, async (request, route, requestId) => {
    const ctx = await admit(request, spec, requestId);
    const input = await parseInput(spec, request, route, ctx.tenant.id).catch((error: unknown) => {
      if (error instanceof AppError) spec.onInvalid?.(ctx, error);
      throw error;
    });
    const result = spec.response.parse(await spec.handler(ctx, input));
    if (spec.csv && prefersCsv(request))
      return respondCsv(spec.csv.write(result), spec.csv.filename, requestId);
    return respond(result, spec.statusOf?.(result) ?? spec.status ?? 200, requestId);
  });
}

/** Whether a client wants CSV: its query says so, or its header `Accept` ranks CSV above JSON (RFC 9110, 12.5.1). */
function prefersCsv(request: ApiRequest): boolean {
  const format = new URL(request.url).searchParams.getAll('format').at(-1);
  if (format) return format === 'csv';
  const ranges = (request.headers.get('accept') ?? '').split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const weight = Number(/^q=(.*)$/.exec(parameters.find((part) => part.startsWith('q=')) ?? '')?.[1] ?? 1);
    return { type, weight: Number.isNaN(weight) ? 0 : weight };
  });
  const weightOf = (...types: string[]) =>
    types
      .map((type) => ranges.find((range) => range.type === type)?.weight)
      .find((weight) => weight !== undefined) ?? 0;
  return weightOf('text/csv', 'text/*') > weightOf('application/json', 'application/*', '*/*');
}

function respondCsv(text: string, filename: string, requestId: string): Response {
  return new Response(text, {
    headers: {
      ...answerHeaders(requestId),
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="${filename}"`,
    },
  });
}

/**
 * Who asks, from the request's headers, once they are within their limits, known, and hold the permission. From when they
 * are known, the answer says what is left of their limits. Throws LimitedError, and what `authenticate` and `authorize` do.
 */
export async function admit(
  request: ApiRequest,
  { permission, limit }: { permission: Permission; limit: RouteLimit },
  requestId: string,
): Promise<TenantContext> {
  const source = limitSource(request);
  const { meters } = await withinLimits(source, limit);
  const origin = request.headers.get('origin');
  const ctx = await authenticate({ ...source, method: request.method, origin }, requestId);
  tellLimits(meters);
  noteRequester(ctx);
  annotateRequest({ tenant: ctx.tenant.id, actor: describeActor(ctx) });
  authorize(ctx, permission);
  return ctx;
}

/** What of a request tells whom its limits are charged to. */
export function limitSource({ headers }: Pick<ApiRequest, 'headers'>): LimitSource {
  return {
    host: headers.get('host'),
    authorization: headers.get('authorization'),
    apiKey: headers.get('x-api-key'),
    cookie: headers.get('cookie'),
    ip: clientOf(headers).ip,
  };
}

/** Counts a request. Whoever is refused for their own limit is told of it. */
export async function withinLimits(source: LimitSource, limit: RouteLimit): Promise<Standing> {
  try {
    return await assertRequestWithin(source, limit);
  } catch (error) {
    if (error instanceof LimitedError) tellLimits(error.standing.meters);
    throw error;
  }
}

/** What the answer to the request being handled says of limits: filled in once it is known who asks. */
const limitFields = () => oncePerRequest<Record<string, string>>('limit-fields', () => ({}));

/** Lets the answer to the request being handled say what is left of these limits. */
export function tellLimits(meters: readonly Meter[]): void {
  Object.assign(limitFields(), limitHeaders(meters));
}

/** An API route that anybody may call: a credential tells at most who is charged for it. Answers on any host. */
export function publicEndpoint<P extends Schema, Q extends Schema, B extends Schema, R extends z.ZodType>(
  spec: PublicSpec<P, Q, B, R>,
): Endpoint {
  return wrap({ ...spec, permission: null }, async (request, route, requestId) => {
    await withinLimits(limitSource(request), spec.limit);
    const meta = { host: request.headers.get('host') };
    const result = spec.response.parse(await spec.handler(await parseInput(spec, request, route), meta));
    return respond(result, spec.statusOf?.(result) ?? spec.status ?? 200, requestId);
  });
}

/** What every maker of routes shares: the request's log line, the one way in which an error is answered, and the meter. */
export function wrap(
  contract: Endpoint['contract'],
  run: (request: ApiRequest, route: RouteContext, requestId: string) => Promise<Response>,
): Endpoint {
  const answer = async (request: ApiRequest, route: RouteContext) => {
    const requestId = currentRequestId();
    annotateRequest({ route: contract.route });
    try {
      return await run(request, route, requestId);
    } catch (error) {
      const known = toAppError(error);
      return respond(toErrorBody(known, requestId), known.status, requestId, known.retryAfter);
    }
  };
  const metered = async (request: ApiRequest, route: RouteContext) => {
    const response = await answer(request, route);
    countAnswer(response.status);
    return share(contract, response);
  };
  return Object.assign(
    (request: ApiRequest, route: RouteContext) => withRequestLog(request, () => metered(request, route)),
    { contract },
  );
}

/** Lets scripts of other origins read an answer where its route says so, errors included. */
function share({ cors }: RouteContract, response: Response): Response {
  if (!cors) return response;
  response.headers.set('access-control-allow-origin', '*'); // with `*`, browsers neither send cookies nor show answers to them
  response.headers.set('access-control-expose-headers', 'x-request-id, retry-after');
  return response;
}

/** What a browser is told when it asks whether a script of another origin may call a route that declares `cors`. */
export function preflight({ contract }: Endpoint, method: 'POST'): Endpoint {
  const about = { ...contract, permission: null, cors: true } as const;
  return wrap(about, async (_request, _route, requestId) => {
    const { 'cache-control': _, ...headers } = answerHeaders(requestId);
    return new Response(null, {
      status: 204,
      headers: {
        ...headers,
        'access-control-allow-methods': method,
        'access-control-allow-headers': 'authorization, x-api-key, content-type',
        'access-control-max-age': '86400',
      },
    });
  });
}

/** server.ts logs its requests itself; where there is no server.ts, the wrapper does. */
export async function withRequestLog(
  request: ApiRequest,
  answer: () => Promise<Response>,
): Promise<Response> {
  if (isInRequest()) return answer();
  const started = performance.now();
  const entry = {
    requestId: newRequestId(),
    method: request.method,
    host: request.headers.get('host') ?? '',
    path: new URL(request.url).pathname,
  };
  return runRequest(
    entry,
    async () => {
      const response = await answer();
      logRequest(entry, response.status, performance.now() - started);
      return response;
    },
    clientOf(request.headers),
  );
}

/** Reads what a route declares of a request. Throws AppError that names the fields. */
export async function parseInput<P extends Schema, Q extends Schema, B extends Schema>(
  spec: { params?: P; query?: Q; repeatable?: readonly string[]; body?: B; bodyLimit?: number },
  request: ApiRequest,
  route: RouteContext,
  owner?: string,
): Promise<Parsed<P, Q, B>> {
  const params = spec.params && parse(spec.params, await route.params);
  const query = spec.query && parse(spec.query, toQuery(new URL(request.url).searchParams, spec.repeatable));
  let body: unknown;
  if (spec.body) {
    const type = request.headers.get('content-type');
    if (type && !/^application\/([\w.-]+\+)?json\b/i.test(type)) throw new AppError('unsupported_media_type');
    body = parse(spec.body, parseJson(await readBody(request, spec.bodyLimit ?? DEFAULT_BODY_LIMIT, owner)));
  }
  return { params, query, body } as Parsed<P, Q, B>;
}

/** A query's values by name: the last of each, and all of one that may stand there several times. */
function toQuery(
  params: URLSearchParams,
  repeatable: readonly string[] = [],
): Record<string, string | string[]> {
  const lists = repeatable.filter((name) => params.has(name)).map((name) => [name, params.getAll(name)]);
  return { ...Object.fromEntries(params), ...Object.fromEntries(lists) };
}

/** Reads a part of a request. Throws AppError `invalid_input` that names the fields. Without a schema there is nothing to read. */
export function parse(schema: Schema, value: unknown): unknown {
  if (!schema) return undefined;
  const result = schema.safeParse(value);
  if (!result.success) throw new AppError('invalid_input', undefined, toIssues(result.error));
  return result.data;
}

/** An answer in JSON. */
export function respond(body: unknown, status: number, requestId: string, retryAfter?: number): Response {
  const wait = retryAfter ?? (status === 503 ? 5 : undefined);
  return Response.json(body, {
    status,
    headers: {
      ...answerHeaders(requestId),
      ...(status === 401 ? { 'www-authenticate': 'Bearer realm="RAG Toolkit"' } : {}),
      ...(wait === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(wait))) }),
    },
  });
}

/** Headers on every answer of the API. */
export function answerHeaders(requestId: string): Record<string, string> {
  return {
    ...securityHeaders(env().scheme),
    'content-security-policy': apiContentSecurityPolicy,
    'cache-control': 'no-store',
    'x-request-id': requestId,
    ...limitFields(),
  };
}
