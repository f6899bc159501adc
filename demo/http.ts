import http from 'node:http';
import https from 'node:https';

type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/**
 * A fetch over kept connections that reaches names below .localhost. They mean this machine, which browsers know and Node
 * does not: they are asked for at 127.0.0.1, and the name travels in the Host header, which the global fetch does not allow.
 */
export function createFetch(): { fetch: Fetch; close: () => void } {
  const agents = {
    'http:': new http.Agent({ keepAlive: true }),
    'https:': new https.Agent({ keepAlive: true }),
  };

  const fetch: Fetch = (address, init = {}) =>
    new Promise((resolve, reject) => {
      const url = new URL(address);
      const isSecure = url.protocol === 'https:';
      const outgoing = (isSecure ? https : http).request({
        agent: agents[isSecure ? 'https:' : 'http:'],
        method: init.method ?? 'GET',
        hostname: url.hostname.endsWith('.localhost') ? '127.0.0.1' : url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port || undefined,
        servername: url.hostname,
        path: url.pathname + url.search,
        headers: { ...Object.fromEntries(new Headers(init.headers)), host: url.host },
        signal: init.signal ?? undefined,
      });
      outgoing.once('error', reject);
      outgoing.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
        });
        response.once('error', reject);
        response.once('end', () => {
          const retryAfter = response.headers['retry-after'];
          const headers = new Headers(retryAfter === undefined ? {} : { 'retry-after': retryAfter });
          resolve(new Response(text, { status: response.statusCode ?? 502, headers }));
        });
      });
      outgoing.end(init.body);
    });

  return {
    fetch,
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}
