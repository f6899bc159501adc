import { env } from '@/lib/env';
import { tooManyActions } from '@/lib/http/action-result';
import { toErrorBody } from '@/lib/http/error-response';
import { toRpcStatus } from '@/lib/http/rpc-status';
import { annotateRequest, currentRequestId } from '@/lib/log';
import { encodeStatus } from '@/lib/otlp/wire';
import { apiContentSecurityPolicy, contentSecurityPolicy, securityHeaders } from './headers';
import { LimitedError, type LimitSource, limitRequest, type Standing } from './limit';
import { limitHeaders } from './limit-headers';
import { tooManyRequestsPage } from './too-many-requests';

/** What of a request tells whether it is let in, and in which form it is told that it is not. */
export type DoorRequest = LimitSource & {
  path: string;
  contentType: string | null;
  /** The header `next-action`: which server action is called, null for any other request. */
  action: string | null;
};

/** An answer that no framework is needed for. */
export type PlainAnswer = { status: number; headers: Record<string, string>; body: string | Uint8Array };

/** Files that cost nothing, and probes, whose routes have a limit of their own. */
const UNCOUNTED = /^\/(_next\/static\/|(api\/)?health$|api\/(ready|metrics)$)/;
const OTLP = /^\/(api\/otel\/)?v1\/traces$/;
const API = /^\/(api|v1)\//;

/**
 * The gateway's first question: whether a request is within its caller's limit. Null lets it in; otherwise the whole
 * answer, so that a flood is refused for less than it costs to send it. Asked by server.ts before anything else, and by
 * middleware and `endpoint()` again, where there may be no server.ts: of one request it is counted once.
 */
export async function refuseAtDoor(request: DoorRequest): Promise<PlainAnswer | null> {
  if (UNCOUNTED.test(request.path)) return null;
  const standing = await limitRequest(request);
  return standing.allowed ? null : toRefusal(request, standing);
}

function toRefusal({ path, contentType, action }: DoorRequest, standing: Standing): PlainAnswer {
  const requestId = currentRequestId();
  const error = new LimitedError(standing);
  const headers = {
    ...securityHeaders(env().scheme),
    ...limitHeaders(standing.meters),
    'cache-control': 'no-store',
    'x-request-id': requestId,
    'retry-after': String(standing.retryAfter),
  };
  const answer = (type: string, policy: string, body: string | Uint8Array): PlainAnswer => ({
    status: error.status,
    headers: { ...headers, 'content-type': type, 'content-security-policy': policy },
    body,
  });
  if (OTLP.test(path)) {
    annotateRequest({ errorCode: error.code });
    const status = toRpcStatus(error, requestId);
    return /^application\/x-protobuf\b/i.test(contentType ?? '')
      ? answer('application/x-protobuf', apiContentSecurityPolicy, encodeStatus(status))
      : answer('application/json', apiContentSecurityPolicy, JSON.stringify(status));
  }
  if (API.test(path)) {
    const body = JSON.stringify(toErrorBody(error, requestId));
    return answer('application/json', apiContentSecurityPolicy, body);
  }
  annotateRequest({ errorCode: error.code });
  // Next throws a text of this type, and of no other, at whoever called the action: what they typed stays.
  if (action !== null)
    return answer('text/plain', apiContentSecurityPolicy, tooManyActions(standing.retryAfter));
  // Next's router takes a text for the error's message, and a page for one to load afresh.
  return answer(
    'text/html; charset=utf-8',
    contentSecurityPolicy(requestId, env().mode),
    tooManyRequestsPage(standing.retryAfter),
  );
}
