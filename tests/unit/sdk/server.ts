import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export type Received = { path: string; headers: IncomingHttpHeaders; body: Body };
type Body = { traces: ({ trace_id: string } & Record<string, unknown>)[] } & Record<string, unknown>;
export type Script = (received: Received, response: ServerResponse, count: number) => void;

/** A server on a free port that answers as it is told, and remembers what came. */
export async function serve(script: Script = storeAll) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const bytes = Buffer.concat(parts);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
      const one = {
        path: request.url ?? '',
        headers: request.headers,
        body: JSON.parse(text.toString()) as Body,
      };
      received.push(one);
      script(one, response, received.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Answers as the API does when all is well. */
export function storeAll({ path, body }: Received, response: ServerResponse): void {
  if (path.endsWith('/feedback')) answer(response, 201, { id: body.id, status: 'created' });
  else answer(response, 201, { accepted: body.traces.map(({ trace_id }) => trace_id), rejected: [] });
}

export function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
