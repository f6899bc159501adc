import { createClient } from '@/lib/sdk/client';
import type { ClientOptions, Drop } from '@/lib/sdk/types';
import type { DemoTrace } from './pipeline';
import { Problem } from './problem';

/** What became of one trace. */
export type Outcome = { kind: 'stored' } | { kind: 'refused'; reason: string };

type Target = { url: URL; key: string; fetch: NonNullable<ClientOptions['fetch']>; signal?: AbortSignal };

/** Traces in one request, and how many may wait before the next is answered. */
const BATCH = 20;
const MOST_WAITING = 100;

/** Throws a Problem unless RAG Toolkit answers at the address. Asked before anything is sent. */
export async function assertReachable({ url, fetch, signal }: Omit<Target, 'key'>): Promise<void> {
  const answer = await fetch(`${baseOf(url)}/health`, {
    signal: AbortSignal.any([AbortSignal.timeout(30_000), ...(signal ? [signal] : [])]),
  }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw unreachable(url, error instanceof Error ? `${codeOf(error)} ${error.message}` : String(error));
  });
  const body: unknown = await answer.json().catch(() => null);
  if (typeof (body as { status?: unknown } | null)?.status !== 'string') {
    throw new Problem(
      `${url.origin} does not answer like RAG Toolkit (GET /health: ${answer.status}). Check --url.`,
    );
  }
}

/**
 * Sends traces in the background and tells what became of each. What is wrong with one trace alone is an outcome; what
 * would go wrong with every other one too (the key, the address, the connection) is a Problem, after which nothing is sent.
 */
export function createDelivery(target: Target, onOutcome: (trace: DemoTrace, outcome: Outcome) => void) {
  const { url, key, fetch, signal } = target;
  const waiting = new Map<string, DemoTrace>();
  let problem: Problem | undefined;

  const settle = (traceId: string, outcome: Outcome) => {
    const trace = waiting.get(traceId);
    waiting.delete(traceId);
    if (trace) onOutcome(trace, outcome);
  };
  const client = createClient({
    ...{ baseUrl: baseOf(url), apiKey: key, fetch, batchSize: BATCH, flushIntervalMs: 500 },
    ...{ maxAttempts: 6, longestPauseMs: 8_000, requestTimeoutMs: 30_000, flushOnExit: false },
    onStored: (items) => {
      for (const { traceId } of items) settle(traceId, { kind: 'stored' });
    },
    onDrop: (drop) => {
      problem ??= toProblem(drop, url, key);
      if (problem) return void client.shutdown({ timeoutMs: 0 });
      for (const { traceId, issues } of drop.items) {
        const reasons = issues.map((issue) => `${issue.path}: ${issue.message}`);
        settle(traceId, { kind: 'refused', reason: [drop.message, ...reasons].join(' ') });
      }
    },
  });
  const abort = () => void client.shutdown({ timeoutMs: 0 });
  signal?.addEventListener('abort', abort);
  const check = () => {
    signal?.throwIfAborted();
    if (problem) throw problem;
  };

  return {
    /** Queues a trace, and waits while too many are queued. Throws the Problem that ended the delivery. */
    async send(trace: DemoTrace): Promise<void> {
      check();
      waiting.set(trace.trace_id, trace);
      client.trace(trace);
      if (client.stats().waiting >= MOST_WAITING) await client.flush();
      check();
    },
    /** Waits until all are dealt with. Throws as `send` does. */
    async finish(): Promise<void> {
      await client.flush();
      check();
    },
    close(): void {
      signal?.removeEventListener('abort', abort);
      void client.shutdown({ timeoutMs: 0 });
    },
  };
}

/** What a loss says of every other trace too; undefined where it is the loss of these alone. */
function toProblem({ reason, status, message }: Drop, url: URL, key: string): Problem | undefined {
  if (reason === 'undelivered' && status === undefined) return unreachable(url, message);
  if (reason !== 'refused') return undefined;
  if (status === 401)
    return new Problem(
      `The API key ${shorten(key)} was refused. Give a valid one with --key or RAGTOOLKIT_KEY.`,
    );
  if (status === 403) return new Problem(`${url.origin} takes no traces with this key: ${message}`);
  if (status === 404)
    return new Problem(
      `${url.origin} has no place for traces of the key ${shorten(key)}: no such workspace, or another one's key. Check --url and --key.`,
    );
  return (status ?? 0) < 300
    ? new Problem(`${url.origin} took traces but did not confirm them. Check --url.`)
    : undefined;
}

function unreachable(url: URL, message: string): Problem {
  if (message.includes('ECONNREFUSED'))
    return new Problem(
      `Nothing answers at ${url.origin}. Start the server with \`npm start\`, or say where it is with --url.`,
    );
  if (message.includes('ENOTFOUND')) return new Problem(`There is no host ${url.hostname}. Check --url.`);
  return new Problem(`${url.origin} cannot be reached (${message.trim()}). Check --url.`);
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}

function baseOf(url: URL): string {
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/** As much of a key as tells which one it was. */
function shorten(key: string): string {
  return key.length > 12 ? `${key.slice(0, 8)}…` : 'that was given';
}
