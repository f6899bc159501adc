import { z } from 'zod';
import type { Permission } from '@/lib/auth/permissions';
import { AppError } from '@/lib/errors';
import { groupBy } from '@/lib/group-by';
import { annotateRequest } from '@/lib/log';
import { MalformedRequest, readSpans } from '@/lib/otlp/read-spans';
import type { OtlpSpan, Refusal, SpanBatch } from '@/lib/otlp/span';
import {
  encodeResponse,
  encodeStatus,
  jsonParts,
  openRequest,
  type PartialSuccess,
  protobufParts,
  TooManyFields,
  toJsonResponse,
} from '@/lib/otlp/wire';
import type { TenantContext } from '@/lib/tenancy/context';
import { type ApiRequest, admit, answerHeaders, type Endpoint, type RouteContract, wrap } from './endpoint';
import { toAppError } from './error-response';
import { parseJson, readBody } from './json';
import { toOtlpStatus, toRpcStatus } from './rpc-status';

/** Bytes of a body at the most, as it comes and after decompression alike. */
export const OTLP_BODY_LIMIT = 20 * 1024 * 1024;
const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
/** Refused spans that the answer tells of one by one. */
const TOLD_REFUSALS = 20;
/** Each level of a nested attribute is four of JSON, and spans stand twelve deep. */
const MAX_JSON_DEPTH = 200;

type MediaType = typeof PROTOBUF | typeof JSON_TYPE;

type OtlpSpec = Pick<RouteContract, 'summary' | 'description' | 'tag' | 'route' | 'limit'> & {
  permission: Permission;
  /**
   * Stores what could be read, and answers what of it was refused after all; `unreadable` is what could not be. Whatever it
   * throws as `limit_exceeded` refuses the spans but not the request.
   */
  handler: (
    ctx: TenantContext,
    spans: readonly OtlpSpan[],
    unreadable: readonly Refusal[],
  ) => Promise<{ refused: readonly Refusal[] }>;
};

/** What JSON looks like here, for the reference page: the protocol's own schema says the rest. */
const body = z.object({ resourceSpans: z.array(z.record(z.string(), z.unknown())).optional() });
const response = z.object({
  partialSuccess: z.object({ rejectedSpans: z.string(), errorMessage: z.string() }).optional(),
});

const example = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'help-centre' } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: '5b8efff798038103d269b633813fc60c',
              spanId: 'eee19b7ec3c1b174',
              name: 'answer-question',
              startTimeUnixNano: '1767225600000000000',
              endTimeUnixNano: '1767225600840000000',
              attributes: [
                { key: 'openinference.span.kind', value: { stringValue: 'CHAIN' } },
                { key: 'input.value', value: { stringValue: 'How long is the trial?' } },
                { key: 'output.value', value: { stringValue: 'The trial lasts 14 days.' } },
              ],
            },
          ],
        },
      ],
    },
  ],
};

/**
 * A route of a tenant that speaks OTLP/HTTP for traces: the same credential, permission, log and headers as `endpoint()`, but
 * bodies, answers and errors as OpenTelemetry's protocol has them, in protobuf or JSON as the request is. Spans that are
 * refused are told as a partial success: on most errors, clients drop all that they have sent.
 */
export function otlpEndpoint(spec: OtlpSpec): Endpoint {
  const contract = {
    ...spec,
    body,
    bodyLimit: OTLP_BODY_LIMIT,
    example,
    response,
    protocol: 'otlp' as const,
  };
  return wrap(contract, async (request, _route, requestId) => {
    // An error is answered in JSON where the request is in nothing that we know.
    const type = mediaTypeOf(request);
    try {
      const ctx = await admit(request, spec, requestId);
      if (!type) throw new AppError('unsupported_media_type', `Send OTLP as ${PROTOBUF} or as ${JSON_TYPE}.`);
      const { spans, refused } = await readBatch(
        await readBody(request, OTLP_BODY_LIMIT, ctx.tenant.id),
        type,
      );
      return answer(type, requestId, await store(spec, ctx, { spans, refused }));
    } catch (error) {
      const known = toAppError(error);
      annotateRequest({ errorCode: known.code });
      const status = toRpcStatus(known, requestId);
      const bytes = type === PROTOBUF ? encodeStatus(status) : Buffer.from(JSON.stringify(status));
      return respond(type ?? JSON_TYPE, requestId, bytes, {
        status: toOtlpStatus(known),
        headers: hints(known),
      });
    }
  });
}

function mediaTypeOf(request: ApiRequest): MediaType | null {
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';');
  const name = type.trim().toLowerCase();
  return name === PROTOBUF || name === JSON_TYPE ? name : null;
}

/** The spans in a body. Throws AppError `invalid_body` for bytes that are not what their type says. */
async function readBatch(bytes: Uint8Array, type: MediaType): Promise<SpanBatch> {
  const isJson = type === JSON_TYPE;
  const message = isJson ? parseJson(bytes, MAX_JSON_DEPTH) : undefined;
  try {
    return isJson
      ? await readSpans(message, new Date(), jsonParts)
      : await readSpans(openRequest(bytes), new Date(), protobufParts);
  } catch (error) {
    const known = error instanceof MalformedRequest || error instanceof TooManyFields;
    // Whatever else a protobuf reader throws means that the bytes are none; of JSON it would be an error of ours.
    if (isJson && !known) throw error;
    const reason = known ? error.message : 'it ends too early or is something else';
    throw new AppError('invalid_body', `The request body is not an ExportTraceServiceRequest: ${reason}.`);
  }
}

async function store(spec: OtlpSpec, ctx: TenantContext, batch: SpanBatch): Promise<PartialSuccess> {
  let refused = batch.refused;
  try {
    const late = await spec.handler(ctx, batch.spans, batch.refused);
    refused = [...refused, ...late.refused];
  } catch (error) {
    // A used-up quota is no error here: clients would drop what they have, or come back with it again and again.
    if (!(error instanceof AppError) || error.code !== 'limit_exceeded') throw error;
    return { rejectedSpans: batch.spans.length + batch.refused.length, errorMessage: error.message };
  }
  return refused.length > 0 ? { rejectedSpans: refused.length, errorMessage: describe(refused) } : null;
}

/** Each reason once, behind the places that it is about: a used-up quota refuses all of them for one. */
function describe(refused: readonly Refusal[]): string {
  const byReason = groupBy(refused.slice(0, TOLD_REFUSALS), ({ reason }) => reason);
  const told = [...byReason].map(([reason, of]) => `${of.map(({ path }) => path).join(', ')}: ${reason}`);
  const more = refused.length - TOLD_REFUSALS;
  return [...told, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

function answer(type: MediaType, requestId: string, partial: PartialSuccess): Response {
  const bytes =
    type === PROTOBUF ? encodeResponse(partial) : Buffer.from(JSON.stringify(toJsonResponse(partial)));
  return respond(type, requestId, bytes);
}

/** Headers that tell a client how to go on. */
function hints(error: AppError): Record<string, string> {
  const headers: Record<string, string> = {};
  if (error.status === 401) headers['www-authenticate'] = 'Bearer realm="RAG Toolkit"';
  const wait = error.retryAfter ?? (error.status === 503 ? 5 : undefined);
  if (wait !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(wait)));
  return headers;
}

function respond(
  type: MediaType,
  requestId: string,
  bytes: Uint8Array,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): Response {
  return new Response(Buffer.from(bytes), {
    status,
    headers: { ...answerHeaders(requestId), 'content-type': type, ...headers },
  });
}
