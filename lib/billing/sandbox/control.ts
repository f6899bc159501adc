import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Box } from './box';
import { faultSchema } from './faults';

/**
 * What tests tell the sandbox, and nobody tells Stripe: `POST /_sandbox/faults` with a fault or a list of them as JSON,
 * `GET` for those that wait, `DELETE` to take all away; `GET /_sandbox/deliveries` for what became of webhooks. A web page
 * cannot do this: its requests carry an `Origin`.
 */
export async function answerControl(
  box: Box,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  body: string,
): Promise<void> {
  if (request.headers.origin !== undefined) return reply(response, 403, { error: 'Not from a web page' });
  const verb = `${request.method} ${url.pathname}`;
  if (verb === 'GET /_sandbox/faults') return reply(response, 200, box.faults.list());
  if (verb === 'DELETE /_sandbox/faults') {
    box.faults.clear();
    return reply(response, 200, []);
  }
  if (verb === 'GET /_sandbox/deliveries') return reply(response, 200, box.store.all('deliveries'));
  if (verb !== 'POST /_sandbox/faults') return reply(response, 404, { error: 'There is no such control' });
  const given = parseJson(body);
  const faults = (Array.isArray(given) ? given : [given]).map((one) => faultSchema.safeParse(one));
  const wrong = faults.find((result) => !result.success);
  if (wrong) return reply(response, 400, { error: wrong.error?.issues });
  for (const result of faults) if (result.success) box.faults.add(result.data);
  reply(response, 200, box.faults.list());
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(value, null, 2));
}
