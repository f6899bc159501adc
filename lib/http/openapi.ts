import { z } from 'zod';
import { env } from '@/lib/env';
import { errorCodes } from '@/lib/errors';
import type { Endpoint } from './endpoint';

/** The handlers of one route file, by HTTP method, as the file exports them. */
export type RouteHandlers = Partial<Record<'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', Endpoint>>;

type JsonSchema = Record<string, unknown>;

/** Input is described as clients may send it, output as they get it; what JSON Schema cannot say becomes "anything". */
function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io,
    target: 'draft-2020-12',
    unrepresentable: 'any',
  });
  return rest;
}

/**
 * The OpenAPI 3.1 document of the API, made from the contracts that stand beside the handlers: what is served and what
 * is described cannot part ways.
 */
export function toOpenApi(routes: readonly RouteHandlers[], info: { version: string }): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const handlers of routes) {
    for (const [method, handler] of Object.entries(handlers)) {
      if (!handler || method === 'OPTIONS') continue; // browsers ask that, of themselves
      paths[handler.contract.route] ??= {};
      Object.assign(paths[handler.contract.route] ?? {}, {
        [method.toLowerCase()]: toOperation(method, handler),
      });
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'RAG Toolkit Cloud',
      version: info.version,
      description:
        'Send every answer your application gives, and read it back. A key names its tenant, so the same paths work on any of our hosts; on a tenant’s host only that tenant’s keys do.',
    },
    servers: [
      {
        url: `${env().scheme}://{workspace}.${env().rootDomain}`,
        variables: { workspace: { default: 'cloud', description: 'Your workspace’s subdomain' } },
      },
    ],
    security: [{ apiKey: [] }],
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An API key of the workspace: `Authorization: Bearer rtk_…`. Clients that cannot send that may send `x-api-key: rtk_…`, or Basic with the key as the password.',
        },
        operatorKey: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A key of the people who run the platform: `Authorization: Bearer rto_…`. To everybody else these routes answer 404.',
        },
      },
      schemas: { Error: errorSchema, RpcStatus: rpcStatusSchema },
    },
  };
}

const bytes: JsonSchema = { type: 'string', format: 'binary' };

/** What OTLP answers errors with. Clients try again on 429 and 503, and drop what they sent on the others. */
const otlpErrors: readonly [number, string][] = [
  [400, 'The body is not an export request.'],
  [401, 'No key, or one that is not valid.'],
  [403, 'The key may not write traces, or the workspace is suspended.'],
  [404, 'The key is of another workspace than the host.'],
  [413, 'More than 20 MiB, as it comes or once it is decompressed.'],
  [415, 'Neither protobuf nor JSON, or a compression other than gzip.'],
  [429, 'Too many requests: wait for the seconds of Retry-After.'],
  [500, 'Something went wrong on our side.'],
  [503, 'Not available right now: wait for the seconds of Retry-After.'],
];

function otlpError(description: string): JsonSchema {
  const schema = { $ref: '#/components/schemas/RpcStatus' };
  return {
    description,
    content: { 'application/json': { schema }, 'application/x-protobuf': { schema: bytes } },
  };
}

const rpcStatusSchema: JsonSchema = {
  type: 'object',
  description: 'google.rpc.Status',
  required: ['code', 'message'],
  properties: { code: { type: 'integer', description: 'google.rpc.Code' }, message: { type: 'string' } },
};

function toOperation(method: string, { contract }: Endpoint): JsonSchema {
  const { params, query, body, response, status = 200, permission } = contract;
  const content = contract.mediaType
    ? { [contract.mediaType]: { schema: bytes } }
    : {
        'application/json': { schema: toJsonSchema(response, 'output') },
        ...(contract.csv ? { 'text/csv': { schema: { type: 'string' } } } : {}),
        ...(contract.protocol === 'otlp' ? { 'application/x-protobuf': { schema: bytes } } : {}),
      };
  /** Where the status is an error's as well, the body is one or the other. */
  const alsoResponse = (code: number, when: string): JsonSchema => {
    if (code < 400) return { description: when, content };
    const error = errorResponse(code);
    const oneOf = [toJsonSchema(response, 'output'), { $ref: '#/components/schemas/Error' }];
    return {
      description: `${when}\n\n${error.description}`,
      content: { 'application/json': { schema: { oneOf } } },
    };
  };
  return {
    operationId: `${method.toLowerCase()}${contract.route.replace(/[^a-zA-Z0-9]+(\w?)/g, (_, next: string) => next.toUpperCase())}`,
    summary: contract.summary,
    ...(contract.description ? { description: contract.description } : {}),
    tags: [contract.tag],
    ...(contract.audience
      ? { security: [{ operatorKey: [] }] }
      : permission
        ? { 'x-permission': permission }
        : { security: [] }),
    parameters: [...toParameters(params, 'path'), ...toParameters(query, 'query')],
    ...(body
      ? {
          requestBody: {
            required: true,
            description: `At most ${contract.bodyLimit ?? 1_000_000} bytes, before and after \`Content-Encoding: gzip\` or \`deflate\` is undone.`,
            content: {
              'application/json': {
                schema: toJsonSchema(body, 'input'),
                ...(contract.example ? { example: contract.example } : {}),
              },
              ...(contract.csv ? { 'text/csv': { schema: { type: 'string' } } } : {}),
              ...(contract.protocol === 'otlp' ? { 'application/x-protobuf': { schema: bytes } } : {}),
            },
          },
        }
      : {}),
    responses: {
      ...(contract.protocol === 'otlp'
        ? Object.fromEntries(otlpErrors.map(([code, description]) => [code, otlpError(description)]))
        : Object.fromEntries(errorStatuses(contract).map((code) => [code, errorResponse(code)]))),
      [status]: { description: 'Success', content },
      ...Object.fromEntries(
        Object.entries(contract.alsoAnswers ?? {}).map(([code, when]) => [
          code,
          alsoResponse(Number(code), when),
        ]),
      ),
    },
  };
}

function toParameters(schema: z.ZodType | undefined, place: 'path' | 'query'): JsonSchema[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = toJsonSchema(schema, 'input') as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property;
    return {
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(description ? { description } : {}),
      schema: rest,
    };
  });
}

/** The error statuses that a route can answer with, from what its contract asks for. */
function errorStatuses({ permission, audience, params, query, body }: Endpoint['contract']): number[] {
  const statuses = new Set<number>([429, 500, 503]);
  if (audience) for (const status of [403, 404, 409]) statuses.add(status);
  if (permission) for (const status of [401, 403, 404]) statuses.add(status);
  if (params) statuses.add(404);
  if (query || body) statuses.add(422);
  if (body) for (const status of [413, 415]) statuses.add(status);
  return [...statuses].sort();
}

function errorResponse(status: number): JsonSchema {
  const codes = Object.entries(errorCodes).filter(([, error]) => error.status === status);
  return {
    description: codes.map(([code, error]) => `\`${code}\`: ${error.message}`).join('\n\n'),
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  };
}

const errorSchema: JsonSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'request_id', 'doc_url'],
      properties: {
        code: { type: 'string', enum: Object.keys(errorCodes) },
        message: { type: 'string', description: 'A sentence for the person who reads it.' },
        request_id: { type: 'string', description: 'Quote it when you contact us.' },
        doc_url: { type: 'string', format: 'uri' },
        issues: {
          type: 'array',
          items: {
            type: 'object',
            required: ['path', 'message'],
            properties: {
              path: { type: 'string', examples: ['retrieved_chunks[2].score'] },
              message: { type: 'string', description: 'What is expected there.' },
            },
          },
        },
      },
    },
  },
};
