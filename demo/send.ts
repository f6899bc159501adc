import type { Answer, Client } from './http';
import type { DemoTrace } from './pipeline';
import { Problem } from './problem';
import { errorCode, withRetries } from './retry';

/** What became of one trace. */
export type Outcome = { kind: 'created' | 'updated' } | { kind: 'refused'; reason: string };

type Target = { url: URL; key: string; client: Client; signal?: AbortSignal };

/** Throws a Problem unless RAG Toolkit answers at the address. Asked before anything is sent. */
export async function assertReachable({ url, client }: Pick<Target, 'url' | 'client'>): Promise<void> {
  const answer = await client.get('/health').catch((error: unknown) => {
    throw unreachable(url, error);
  });
  const body = parse(answer.text);
  if (typeof body?.status !== 'string') {
    throw new Problem(
      `${url.origin} does not answer like RAG Toolkit (GET /health: ${answer.status}). Check --url.`,
    );
  }
}

/**
 * Sends one trace. What is wrong with this trace alone is an outcome; what would go wrong with every other one too (the
 * key, the address, the connection) is thrown as a Problem.
 */
export async function sendTrace(trace: DemoTrace, { url, key, client, signal }: Target): Promise<Outcome> {
  const headers = { authorization: `Bearer ${key}` };
  const answer = await withRetries(() => client.post('/api/v1/traces', trace, headers), { signal }).catch(
    (error: unknown) => {
      signal?.throwIfAborted();
      throw unreachable(url, error);
    },
  );
  const body = parse(answer.text);
  if (answer.status === 200 || answer.status === 201) {
    if (body?.trace_id !== trace.trace_id) {
      throw new Problem(`${url.origin} took a trace but did not confirm it. Check --url.`);
    }
    return { kind: body.status === 'updated' ? 'updated' : 'created' };
  }
  const reason = `${answer.status}${messageOf(body)}`;
  if (answer.status === 401) {
    throw new Problem(
      `The API key ${shorten(key)} was refused. Give a valid one with --key or RAGTOOLKIT_KEY.`,
    );
  }
  if (answer.status === 403) throw new Problem(`${url.origin} takes no traces with this key: ${reason}`);
  if (answer.status === 404) {
    throw new Problem(
      `${url.origin} has no place for traces of the key ${shorten(key)}: no such workspace, or another one's key. Check --url and --key.`,
    );
  }
  return { kind: 'refused', reason };
}

function unreachable(url: URL, error: unknown): Problem {
  const code = errorCode(error);
  if (code === 'ECONNREFUSED') {
    return new Problem(
      `Nothing answers at ${url.origin}. Start the server with \`npm start\`, or say where it is with --url.`,
    );
  }
  if (code === 'ENOTFOUND') return new Problem(`There is no host ${url.hostname}. Check --url.`);
  const message = error instanceof Error ? error.message : String(error);
  return new Problem(`${url.origin} cannot be reached (${message}). Check --url.`);
}

/** As much of a key as tells which one it was. */
function shorten(key: string): string {
  return key.length > 12 ? `${key.slice(0, 8)}…` : 'that was given';
}

function messageOf(body: Record<string, unknown> | null): string {
  const error = body?.error as
    | { message?: unknown; issues?: { path?: unknown; message?: unknown }[] }
    | undefined;
  if (typeof error?.message !== 'string') return '';
  const issues = (error.issues ?? []).map((issue) => `${issue.path}: ${issue.message}`);
  return ` ${[error.message, ...issues].join(' ')}`;
}

function parse(text: Answer['text']): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
