import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { isPassing, pauseMs } from './retry';
import type { ClientOptions, Trouble } from './types';
import type { Waiting } from './waiting';

const compress = promisify(gzip);

/** What came of a request: an answer that another attempt would not change, or the last failure. */
export type Outcome =
  | { kind: 'answer'; status: number; body: Record<string, unknown> | null }
  | { kind: 'undelivered'; status?: number; message: string }
  | { kind: 'aborted' };

type Settings = Required<
  Pick<
    ClientOptions,
    'baseUrl' | 'apiKey' | 'maxAttempts' | 'firstPauseMs' | 'longestPauseMs' | 'requestTimeoutMs' | 'gzipFrom'
  >
> & { fetch: NonNullable<ClientOptions['fetch']>; waiting: Waiting; onTrouble: (trouble: Trouble) => void };

type Attempt = { status: number; retryAfter: string | null; text: string } | { failure: string };

/** Posts JSON, again and again while that may help. Never rejects. */
export function createTransport(settings: Settings) {
  const { maxAttempts, waiting, onTrouble } = settings;

  return async function post(path: string, json: string, signal: AbortSignal): Promise<Outcome> {
    const encoded = await encode(json, settings.gzipFrom);
    for (let attempt = 1, failed = 0; ; attempt += 1) {
      const result = await tryOnce(settings, path, encoded, signal);
      if (signal.aborted) return { kind: 'aborted' };
      const status = 'status' in result ? result.status : undefined;
      if ('status' in result && !isPassing(result.status))
        return { kind: 'answer', status: result.status, body: parse(result.text) };
      const message = 'failure' in result ? result.failure : messageOf(result.status, parse(result.text));
      // A server that asks to wait is there, and will take it: only the queue's bounds end that.
      if (status !== 429) failed += 1;
      if (failed >= maxAttempts)
        return { kind: 'undelivered', message, ...(status !== undefined && { status }) };
      const retryInMs = pauseMs(attempt, 'status' in result ? result.retryAfter : null, settings);
      onTrouble({ message, attempt, retryInMs, ...(status !== undefined && { status }) });
      await waiting.sleep(retryInMs, signal);
      if (signal.aborted) return { kind: 'aborted' };
    }
  };
}

/** What an answer says went wrong, in one line. */
export function messageOf(status: number, body: Record<string, unknown> | null): string {
  const error = body?.error as { message?: unknown; issues?: unknown } | null | undefined;
  if (typeof error?.message !== 'string') return `The server answered ${status}.`;
  const issues = Array.isArray(error.issues) ? error.issues : [];
  return [`${status} ${error.message}`, ...issues.map((issue) => `${issue?.path}: ${issue?.message}`)].join(
    ' ',
  );
}

async function tryOnce(
  { baseUrl, apiKey, requestTimeoutMs, fetch, waiting }: Settings,
  path: string,
  { body, encoding }: Encoded,
  signal: AbortSignal,
): Promise<Attempt> {
  const abort = new AbortController();
  const stop = () => abort.abort();
  let isLate = false;
  const cancel = waiting.after(requestTimeoutMs, () => {
    isLate = true;
    stop();
  });
  signal.addEventListener('abort', stop);
  try {
    const response = await fetch(baseUrl + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...encoding },
      body,
      redirect: 'manual', // a followed redirect would lose the body
      signal: abort.signal,
    });
    const text = await response.text();
    return { status: response.status, retryAfter: response.headers.get('retry-after'), text };
  } catch (error) {
    return { failure: isLate ? `no answer within ${requestTimeoutMs} ms` : causeOf(error) };
  } finally {
    cancel();
    signal.removeEventListener('abort', stop);
  }
}

type Encoded = { body: string | Uint8Array<ArrayBuffer>; encoding: Record<string, string> };

async function encode(json: string, gzipFrom: number): Promise<Encoded> {
  const bytes = Buffer.from(json);
  if (bytes.length < gzipFrom) return { body: json, encoding: {} };
  const body = new Uint8Array(await compress(bytes));
  return { body, encoding: { 'content-encoding': 'gzip' } };
}

/** fetch says only that it failed; what failed is in its cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  const code = 'code' in cause ? String(cause.code) : '';
  return cause.message.includes(code) ? cause.message || code : `${code} ${cause.message}`.trim();
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
