import type { ServerResponse } from 'node:http';
import { AppError } from '@/lib/errors';
import { answerHeaders } from './endpoint';
import { toErrorBody } from './error-response';

const RETRY_AFTER = 2;

/** Answers a request that came after the process was told to stop: 503, to be sent again on another connection. */
export function answerStopping(requestId: string, response: ServerResponse): void {
  const error = new AppError('unavailable', 'The server is restarting. Send this again.');
  response.writeHead(error.status, {
    ...answerHeaders(requestId),
    'content-type': 'application/json',
    'retry-after': String(RETRY_AFTER),
    connection: 'close',
  });
  response.end(JSON.stringify(toErrorBody(error, requestId)));
}
