import http from 'node:http';
import https from 'node:https';

/** An answer of the server, its body as text. */
export type Answer = { status: number; retryAfter: string | undefined; text: string };

/** Requests to one server over kept connections. Rejects with Node's own error where there is no answer at all. */
export type Client = {
  get(path: string): Promise<Answer>;
  post(path: string, body: unknown, headers: Record<string, string>): Promise<Answer>;
  close(): void;
};

const TIMEOUT_MS = 30_000;

/**
 * A client of the server at `base`. Names below .localhost mean this machine, which browsers know and Node does not: they
 * are reached at 127.0.0.1, and the name travels in the Host header.
 */
export function createClient(base: URL, options: { connections: number; signal?: AbortSignal }): Client {
  const { request, Agent } = base.protocol === 'https:' ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections });
  const hostname = base.hostname.endsWith('.localhost') ? '127.0.0.1' : base.hostname.replace(/^\[|\]$/g, '');
  const prefix = base.pathname.replace(/\/+$/, '');

  function send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request({
        agent,
        method,
        hostname,
        port: base.port || undefined,
        servername: base.hostname,
        path: prefix + path,
        headers: { ...headers, host: base.host },
        timeout: TIMEOUT_MS,
        signal: options.signal,
      });
      outgoing.once('timeout', () => outgoing.destroy(new TimeoutError()));
      outgoing.once('error', reject);
      outgoing.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
        });
        response.once('error', reject);
        response.once('end', () => {
          resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], text });
        });
      });
      outgoing.end(body);
    });
  }

  return {
    get: (path) => send('GET', path, {}),
    post(path, body, headers) {
      const text = JSON.stringify(body);
      const length = String(Buffer.byteLength(text));
      return send(
        'POST',
        path,
        { ...headers, 'content-type': 'application/json', 'content-length': length },
        text,
      );
    },
    close: () => agent.destroy(),
  };
}

class TimeoutError extends Error {
  readonly code = 'ETIMEDOUT';

  constructor() {
    super(`no answer within ${TIMEOUT_MS / 1000} s`);
  }
}
