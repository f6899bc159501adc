import { AsyncLocalStorage } from 'node:async_hooks';
import { DrizzleQueryError } from 'drizzle-orm';
import pino, { type Logger } from 'pino';
import { env } from './env';
import { newRequestId } from './ids';
import { countAnswer } from './vitals/requests';

/**
 * What the log line of a request says. Ids only: no secrets, no e-mail addresses, no contents of traces.
 * `tenant` is the tenant's id, `actor` the kind and id of who asked, `route` the route's pattern.
 */
export type RequestLog = {
  requestId: string;
  method: string;
  host: string;
  path: string;
  route?: string;
  tenant?: string;
  actor?: string;
  errorCode?: string;
};

/** Where a request came from, for the audit log and for limits: never written to the log. */
export type ClientInfo = { ip: string | null; userAgent: string | null };

// server.ts and Next are two bundles in one process and must see the same storage.
const SHARED = Symbol.for('ragtoolkit.log');
type Running = { line: RequestLog; client: ClientInfo; once: Map<string, unknown> };
type Shared = { logger: Logger; requests: AsyncLocalStorage<Running> };
const globals = globalThis as { [SHARED]?: Shared };

function shared(): Shared {
  globals[SHARED] ??= {
    logger: pino({
      level: env().logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
    }),
    requests: new AsyncLocalStorage(),
  };
  return globals[SHARED];
}

/**
 * An error as it may stand in the log. Drizzle's message carries the query's parameters, and a database's data
 * exceptions (class 22) quote the value: both are contents of traces, so only the code and the place are kept.
 */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: 'something was thrown that is no error' };
  const root = rootCause(error);
  const code = (root as { code?: unknown }).code;
  const quotesData = typeof code === 'string' && /^2[23]/.test(code);
  const isQuery = root instanceof DrizzleQueryError;
  return {
    type: root.name,
    code,
    message: quotesData ? `database error ${code}` : isQuery ? `failed query: ${root.query}` : root.message,
    stack: error.stack
      ?.split('\n')
      .filter((line) => line.startsWith('    at '))
      .join('\n'),
  };
}

/** What it came from: the innermost cause. */
function rootCause(error: Error): Error {
  return error.cause instanceof Error ? rootCause(error.cause) : error;
}

/** The process's logger: JSON lines on stdout. */
export function log(): Logger {
  return shared().logger;
}

const NOWHERE: ClientInfo = { ip: null, userAgent: null };

/** Runs `fn` as the handling of one request, so that code below may add to its log line and ask where it came from. */
export function runRequest<T>(request: RequestLog, fn: () => T, client: ClientInfo = NOWHERE): T {
  return shared().requests.run({ line: request, client, once: new Map() }, fn);
}

/**
 * Does something once for the request being handled, whoever asks first, and hands the others what came of it: a request
 * passes several doors on its way. Outside of any request it is done each time.
 */
export function oncePerRequest<T>(name: string, make: () => T): T {
  const once = shared().requests.getStore()?.once;
  if (!once) return make();
  if (!once.has(name)) once.set(name, make());
  return once.get(name) as T;
}

/** Adds what is known by now (tenant, actor, route) to the log line of the request being handled, if there is one. */
export function annotateRequest(fields: Partial<RequestLog>): void {
  const request = shared().requests.getStore();
  if (request) Object.assign(request.line, fields);
}

/** Whether code runs below `runRequest`, whose caller writes the request's line. */
export function isInRequest(): boolean {
  return shared().requests.getStore() !== undefined;
}

/** The id of the request being handled; a fresh one outside of any. */
export function currentRequestId(): string {
  return shared().requests.getStore()?.line.requestId ?? newRequestId();
}

/** Where the request being handled came from; nothing is known outside of any. */
export function currentClient(): ClientInfo {
  return shared().requests.getStore()?.client ?? NOWHERE;
}

/**
 * Writes the one line of a finished request, and counts it. Those refused for their rate are many: a flood must not fill
 * the disk.
 */
export function logRequest(request: RequestLog, status: number, durationMs: number): void {
  // The names of files and of pages that nobody has are not ours: they are counted together.
  if (!request.path.startsWith('/_next/'))
    countAnswer(`${request.method} ${request.route ?? 'page'}`, status, durationMs);
  const level = status >= 500 ? 'error' : status === 429 ? 'debug' : 'info';
  log()[level]({ ...request, status, durationMs: Math.round(durationMs * 10) / 10 }, 'request');
}

/** Writes an unexpected error with the id of the request it happened in. */
export function logError(error: unknown, message: string): void {
  log().error({ err: error, requestId: shared().requests.getStore()?.line.requestId }, message);
}
