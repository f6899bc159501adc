import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Box } from '../box';
export async function answerPage(
  _b: Box,
  _r: IncomingMessage,
  response: ServerResponse,
  _u: URL,
  _s: string,
): Promise<void> {
  response.writeHead(404).end();
}
