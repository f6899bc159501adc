import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ApiAnswer, answerApi, failed } from './api';
import { API_VERSION, type Box } from './box';
import { answerControl } from './control';
import { startClocks } from './engine/clocks';
import { StripeFailure } from './errors';
import { Faults } from './faults';
import { answerPage } from './pages/pages';
import { Store } from './store';
import { Courier } from './webhooks';
import { newObjectId } from './wire';

/**
 * A stand-in for Stripe: what the product says to Stripe through the official SDK, it says to this over HTTP on a loopback
 * port. No money moves, and no rule of the product's business is in it.
 */
export type SandboxOptions = {
  /** The port on 127.0.0.1; 0 takes a free one. */
  port: number;
  /** The file that its state outlives the process in; in memory without. */
  statePath?: string | undefined;
  /** Signs what goes to `webhookUrl`. */
  webhookSecret: string;
  /** The app's webhook route, asked for at each delivery; null while there is none. */
  webhookUrl: () => string | null;
  /** Where browsers reach the hosted pages, without a slash at the end; the loopback address without. */
  publicOrigin?: string | undefined;
  /** Who sells, as the hosted pages and invoices call them. */
  accountName?: string | undefined;
  /** Real time in milliseconds. */
  clock?: (() => number) | undefined;
  /** What becomes of a subscription after the last failed attempt at a payment. */
  afterRetries?: Box['afterRetries'] | undefined;
  /** STRIPE_SECRET_KEY of the environment: where there is one, the real Stripe is used, and this does not start. */
  stripeSecretKey: string | undefined;
  /** Told of what went wrong inside. */
  onError?: ((error: unknown) => void) | undefined;
};

export type Sandbox = { port: number; url: string; close: () => Promise<void> };

const MAX_BODY = 1_000_000;

/** Starts the sandbox on loopback. Throws when a Stripe key is set, and when the port is taken. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  if (options.stripeSecretKey)
    throw new Error(
      'The Stripe sandbox does not start: STRIPE_SECRET_KEY is set, so that Stripe itself is used',
    );
  const running: { box: Box | null } = { box: null };
  const server = createServer((request, response) => {
    handle(running.box, request, response).catch((error: unknown) => {
      options.onError?.(error);
      if (!response.headersSent) sendFailure(response, newObjectId('req', 14), internalError());
      else response.destroy();
    });
  });
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  try {
    // Read only once the port is ours: two sandboxes on one file would not know of each other.
    const store = await Store.open(options.statePath);
    const realNow = options.clock ?? Date.now;
    const box: Box = {
      store,
      faults: new Faults(),
      origin: options.publicOrigin ?? url,
      accountName: options.accountName ?? 'Sandbox',
      realNow,
      afterRetries: options.afterRetries ?? 'unpaid',
      wakeDelivery: () => courier.wake(),
      wakeClocks: () => clocks.wake(),
      pretend: null,
      request: null,
    };
    const onError = options.onError ?? (() => {});
    const target = () => {
      const url = options.webhookUrl();
      return url === null ? null : { url, secret: options.webhookSecret };
    };
    const courier = new Courier(box, target, onError);
    const clocks = startClocks(box, onError);
    running.box = box;
    courier.wake();
    clocks.wake();
    return {
      port,
      url,
      close: async () => {
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        });
        await clocks.close();
        await courier.close();
        await store.close();
      },
    };
  } catch (error) {
    server.close();
    throw error;
  }
}

async function handle(box: Box | null, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = newObjectId('req', 14);
  const url = new URL(request.url ?? '/', 'http://sandbox');
  if (!box) return sendFailure(response, id, internalError());
  if (!isOwnHost(box, request)) return sendFailure(response, id, refused('This host is not the sandbox’s.'));
  const body = await readBody(request);
  if (body === null)
    return sendFailure(
      response,
      id,
      new StripeFailure(413, { type: 'invalid_request_error', message: 'Request too large' }),
    );
  if (url.pathname.startsWith('/_sandbox/')) return answerControl(box, request, response, url, body);
  if (!url.pathname.startsWith('/v1/')) return answerPage(box, request, response, url, body);
  await handleApi(box, request, response, url, body, id);
}

async function handleApi(
  box: Box,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  body: string,
  id: string,
): Promise<void> {
  const keyProblem = checkKey(request);
  if (keyProblem) return sendFailure(response, id, keyProblem);
  const concerns = (fault: { path: string }) => url.pathname.startsWith(fault.path);
  const slow = box.faults.take('latency', concerns);
  if (slow) await new Promise((resolve) => setTimeout(resolve, slow.ms).unref());
  // Nobody waits for it any more, and the sandbox may have been closed meanwhile.
  if (response.destroyed) return;
  const broken = box.faults.take('status', concerns);
  if (broken) return sendFailure(response, id, faultyAnswer(broken.status));
  const losesReply = box.faults.take('drop_reply', concerns) !== undefined;
  const key = request.headers['idempotency-key'];
  const answer = answerApi(box, {
    id,
    method: request.method ?? 'GET',
    pathname: url.pathname,
    query: url.search.slice(1),
    body,
    idempotencyKey: typeof key === 'string' && key !== '' ? key : null,
  });
  // Accepted means stored.
  await box.store.flushed();
  if (losesReply) return void response.destroy();
  send(response, id, answer, typeof key === 'string' ? key : null);
}

/** The key travels as a bearer token, as the SDK sends it, or as the name of basic authentication, as curl does. */
function checkKey(request: IncomingMessage): StripeFailure | null {
  const header = request.headers.authorization ?? '';
  const basic = /^Basic (.+)$/i.exec(header)?.[1];
  const key = basic
    ? (Buffer.from(basic, 'base64').toString().split(':')[0] ?? '')
    : (/^Bearer (.+)$/i.exec(header)?.[1] ?? '');
  if (/^(sk|rk)_live_/.test(key))
    return new StripeFailure(401, {
      type: 'invalid_request_error',
      message:
        'This is a sandbox: a live key has no business here. It was not kept, but consider rolling it.',
    });
  if (/^(sk|rk)_test_\w+$/.test(key)) return null;
  return new StripeFailure(401, {
    type: 'invalid_request_error',
    message: key
      ? 'Invalid API Key provided. The sandbox takes any key that begins with sk_test_.'
      : 'You did not provide an API key.',
  });
}

/** A page elsewhere that points its name at loopback does not get in. */
function isOwnHost(box: Box, request: IncomingMessage): boolean {
  const host = request.headers.host ?? '';
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host) || host === new URL(box.origin).host;
}

function refused(message: string): StripeFailure {
  return new StripeFailure(403, { type: 'invalid_request_error', message });
}

function internalError(): StripeFailure {
  return new StripeFailure(500, { type: 'api_error', message: 'The sandbox failed. Its log says why.' });
}

function faultyAnswer(status: 429 | 500 | 503): StripeFailure {
  return status === 429
    ? new StripeFailure(429, {
        type: 'rate_limit_error',
        code: 'rate_limit',
        message: 'Too many requests made to the API too quickly',
      })
    : new StripeFailure(status, {
        type: 'api_error',
        message: 'An unknown error occurred (a fault that was asked for)',
      });
}

function sendFailure(response: ServerResponse, id: string, failure: StripeFailure): void {
  send(response, id, failed(failure), null);
}

function send(response: ServerResponse, id: string, answer: ApiAnswer, key: string | null): void {
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'request-id': id,
    'stripe-version': API_VERSION,
    ...(key && { 'idempotency-key': key }),
    ...(answer.isReplay && { 'idempotent-replayed': 'true' }),
  });
  response.end(answer.body);
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
