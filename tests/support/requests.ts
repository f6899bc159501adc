import { z } from 'zod';
import { errorCodes } from '@/lib/errors';
import type { Endpoint } from '@/lib/http/endpoint';

export type Sent = {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path and query. */
  path: string;
  host: string;
  key?: string;
  headers?: Record<string, string>;
  /** An object is sent as JSON, with its content type; anything else as it is. */
  body?: unknown;
  params?: Record<string, string>;
};

export type Answer = { status: number; headers: Headers; body: unknown };

/** Calls a route's handler as Next would: the address says localhost, the host is in the header. */
export async function call(handler: Endpoint, sent: Sent): Promise<Answer> {
  const headers = new Headers({ host: sent.host, ...sent.headers });
  if (sent.key !== undefined) headers.set('authorization', `Bearer ${sent.key}`);
  const init: RequestInit & { duplex?: 'half' } = { method: sent.method ?? 'GET', headers };
  if (sent.body !== undefined) {
    const raw = isRaw(sent.body);
    init.body = raw ? (sent.body as BodyInit) : JSON.stringify(sent.body);
    init.duplex = 'half';
    if (!headers.has('content-type')) headers.set('content-type', 'application/json');
  }
  const request = new Request(`http://localhost:3000${sent.path}`, init);
  const response = await handler(request, { params: Promise.resolve(sent.params ?? {}) });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

function isRaw(body: unknown): boolean {
  return typeof body === 'string' || body instanceof Uint8Array || body instanceof ReadableStream;
}

/** The one shape of an error. Parsing is strict: a field that is not declared fails. */
export const errorBody = z.strictObject({
  error: z.strictObject({
    code: z.enum(Object.keys(errorCodes) as [keyof typeof errorCodes]),
    message: z.string().min(1),
    request_id: z.string().min(1),
    doc_url: z.url(),
    issues: z.array(z.strictObject({ path: z.string(), message: z.string().min(1) })).optional(),
  }),
});

/** An answer that must be an error: its status, code and issues, with its shape checked. */
export function readError(answer: Answer) {
  const { error } = errorBody.parse(answer.body);
  return { status: answer.status, code: error.code, issues: error.issues ?? [], message: error.message };
}
