import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import next from 'next';
import * as otlp from '@/app/api/otel/v1/traces/route';
import * as traceBatch from '@/app/api/v1/traces/batch/route';
import * as traces from '@/app/api/v1/traces/route';
import * as otlpAtRoot from '@/app/v1/traces/route';
import { closePools } from '@/db/client';
import { flushKeyUses } from '@/lib/auth/key-uses';
import { env } from '@/lib/env';
import { refuseAtDoor } from '@/lib/gateway/door';
import { createSanitizer } from '@/lib/gateway/sanitize';
import { clientOf } from '@/lib/http/client';
import { answerDirect, type DirectRoutes, findDirect } from '@/lib/http/direct';
import { answerStopping } from '@/lib/http/stopping';
import { newRequestId } from '@/lib/ids';
import { log, logError, logRequest, type RequestLog, runRequest } from '@/lib/log';
import { startRateLimits, stopRateLimits } from '@/lib/rate-limit/limit';
import { drainIngest } from '@/lib/trace-ingest/mutations';
import { flushApiRequests } from '@/lib/usage/api-requests';
import { flushRefused } from '@/lib/usage/refusals';
import { flushRequestCounts } from '@/lib/usage/request-counts';

/**
 * The self-hosted entry: one HTTP server that replaces what clients say about hosts and proxies by what it saw, gives
 * each request an id and a log line, and hands over to Next, except for the paths on which traces arrive: those go straight
 * to their handlers, the same that Next would call.
 */
const DRAIN_MS = 8_000;

const direct: DirectRoutes = {
  '/api/v1/traces': { POST: traces.POST },
  '/api/v1/traces/batch': { POST: traceBatch.POST },
  '/api/otel/v1/traces': { POST: otlp.POST },
  '/v1/traces': { POST: otlpAtRoot.POST },
};

async function main(): Promise<void> {
  const { host, port, mode } = env();
  const dev = process.argv.includes('--dev');
  await startRateLimits();
  // Without hostname and port, the call that Next makes to itself after a redirect in a server action goes to port 3000.
  const app = next({ dev, hostname: 'localhost', port });
  await app.prepare();
  const handle = app.getRequestHandler();
  const upgrade = app.getUpgradeHandler();
  const sanitize = createSanitizer(env());

  let stopping = false;
  const server = createServer((request, response) => {
    const entry = describe(request);
    if (!sanitize(request, entry.requestId)) {
      response.writeHead(400, { 'content-type': 'text/plain', connection: 'close' }).end('Bad request\n');
      return;
    }
    entry.host = request.headers.host ?? '';
    response.setHeader('x-request-id', entry.requestId);
    const started = performance.now();
    response.once('close', () =>
      logRequest(entry, response.writableFinished ? response.statusCode : 499, performance.now() - started),
    );
    const client = clientOf({ get: (name) => header(request, name) });
    const handler = findDirect(direct, request, entry.path);
    const answer = async () => {
      if (stopping) return answerStopping(entry.requestId, response);
      if (await isRefused(request, response, entry.path, client.ip)) return;
      return handler ? answerDirect(handler, request, response) : handle(request, response);
    };
    runRequest(entry, answer, client).catch((error: unknown) => {
      logError(error, 'a request could not be answered');
      response.destroy();
    });
  });

  server.on('upgrade', (request, socket, head) => {
    if (!dev || !sanitize(request, newRequestId())) return void socket.destroy();
    void upgrade(request, socket, head);
  });
  server.requestTimeout = 60_000;
  server.headersTimeout = 20_000;
  server.keepAliveTimeout = 65_000; // longer than load balancers keep theirs, so that we are never the first to hang up

  await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ host, port }, resolve));
  log().info({ port, mode }, 'listening');
  process.send?.({ type: 'ready', port });

  // What was accepted is finished and answered; what comes meanwhile on connections that are open still is refused.
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    const late = new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref());
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    await Promise.race([closed, late]);
    server.closeAllConnections();
    await Promise.race([
      drainIngest()
        .then(flushRefused)
        .then(flushKeyUses)
        .then(flushRequestCounts)
        .then(flushApiRequests)
        .catch((error: unknown) => logError(error, 'counts were lost')),
      late,
    ]);
    await stopRateLimits();
    await closePools();
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('disconnect', stop); // the process that started us is gone
}

/** Answers whoever asks too much, and says whether it has: Next costs a hundred times as much as this does. */
async function isRefused(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  ip: string | null,
): Promise<boolean> {
  const refusal = await refuseAtDoor({
    path,
    host: header(request, 'host'),
    authorization: header(request, 'authorization'),
    apiKey: header(request, 'x-api-key'),
    cookie: header(request, 'cookie'),
    contentType: header(request, 'content-type'),
    action: header(request, 'next-action'),
    ip,
  });
  if (refusal) response.writeHead(refusal.status, refusal.headers).end(refusal.body);
  return refusal !== null;
}

function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return (Array.isArray(value) ? value.join(',') : value) || null;
}

function describe(request: IncomingMessage): RequestLog {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  return { requestId: newRequestId(), method: request.method ?? '', host: '', path };
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message}\n`);
  const exit = () => process.exit(1);
  if (process.send) process.send({ type: 'failed', message }, exit);
  else exit();
});
