import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiRequest, Endpoint } from './endpoint';

/** Handlers that server.ts calls itself, by path and method. Paths have no parameters. */
export type DirectRoutes = Readonly<Record<string, Partial<Record<string, Endpoint>>>>;

const DISCARD_MS = 5_000;
const NO_PARAMS = { params: Promise.resolve({}) };

/** The handler of a request that needs no Next, or undefined: what Next answers otherwise (405 for example) stays Next's. */
export function findDirect(
  routes: DirectRoutes,
  request: IncomingMessage,
  path: string,
): Endpoint | undefined {
  return Object.hasOwn(routes, path) ? routes[path]?.[request.method ?? ''] : undefined;
}

/** Answers a request by an endpoint, as Next would: without making a Request, whose headers and streams cost most of it. */
export async function answerDirect(
  handler: Endpoint,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const answer = await handler(toApiRequest(request), NO_PARAMS);
  // Text leaves together with the head, in one piece; protobuf is no text.
  const isText = /^(text\/|application\/json)/.test(answer.headers.get('content-type') ?? '');
  const body = isText ? await answer.text() : Buffer.from(await answer.arrayBuffer());
  if (response.destroyed) return;
  response.writeHead(
    answer.status,
    [...answer.headers, ['content-length', String(Buffer.byteLength(body))]].flat(),
  );
  response.end(body);
  if (!request.complete) discardRest(request);
}

/**
 * Takes in what is left of a body that was refused, for a while: a client that is still sending reads no answer, and
 * hanging up on it would take the answer away.
 */
function discardRest(request: IncomingMessage): void {
  const patience = setTimeout(() => request.destroy(), DISCARD_MS).unref();
  request.once('close', () => clearTimeout(patience));
  request.resume();
}

function toApiRequest(request: IncomingMessage): ApiRequest {
  const { headers, method = 'GET', url = '/' } = request;
  return {
    method,
    url: `http://localhost${url}`,
    headers: {
      get(name) {
        const value = headers[name];
        return value === undefined ? null : String(value);
      },
    },
    // A reader that stops early must not destroy the socket on which it is to be told why.
    body: { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) },
  };
}
