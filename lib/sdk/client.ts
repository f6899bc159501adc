import { randomUUID } from 'node:crypto';
import { toJson } from './json';
import { createTransport, messageOf, type Outcome } from './transport';
import type { Client, ClientOptions, Drop, DropReason, FeedbackInput, Issue, TraceInput } from './types';
import { createWaiting } from './waiting';

/** What the API takes in one request. */
const MOST_IN_BATCH = 1_000;
const LARGEST_BODY = 20 * 1024 * 1024 - 1024;

/** Something queued, as the JSON it will be sent as: what the application changes later is not sent. */
type Item = { kind: 'trace' | 'feedback'; traceId: string; json: string; bytes: number };

/**
 * A client that sends traces and feedback in the background. Nothing it is given makes it throw, and nothing it does keeps
 * the process alive: what is lost is counted, and told to `onDrop`.
 */
export function createClient(options: ClientOptions): Client {
  const settings = readOptions(options);
  const { batchSize, batchBytes, queueSize, queueBytes } = settings;
  const waiting = createWaiting();
  const post = createTransport({
    ...settings,
    waiting,
    onTrouble: (trouble) => tell(settings.onError, trouble),
  });

  const queue: Item[] = [];
  const sending = new Set<Item>();
  const flushes = new Set<{ left: Set<Item>; done: (all: boolean) => void }>();
  let bytes = 0; // of both
  let stored = 0;
  let dropped = 0;
  let pumping = false;
  let closing: Promise<boolean> | undefined;
  let abort = new AbortController();
  let cancelTimer: (() => void) | undefined;

  function drop(items: Item[], reason: DropReason, message: string, more: Partial<Drop> = {}) {
    if (items.length === 0) return;
    settle(items);
    dropped += items.length;
    const told = items.map(({ kind, traceId }) => ({ kind, traceId, issues: [] }));
    tell(settings.onDrop, { reason, message, items: told, ...more });
  }

  /** Forgets what is dealt with. Only what was taken into the queue counts there. */
  function settle(items: Item[]) {
    for (const item of items) {
      const place = sending.has(item) ? -1 : queue.indexOf(item);
      if (sending.delete(item)) bytes -= item.bytes;
      else if (place >= 0) {
        queue.splice(place, 1);
        bytes -= item.bytes;
      }
      for (const flush of flushes) {
        if (flush.left.delete(item) && flush.left.size === 0) flush.done(true);
      }
    }
  }

  function enqueue(item: Item) {
    if (settings.problem) return drop([item], 'misconfigured', settings.problem);
    if (closing) return drop([item], 'closed', 'The client has been shut down.');
    if (item.bytes > LARGEST_BODY) return drop([item], 'unsendable', 'It is larger than 20 MiB.');
    const isFull = () => queue.length + sending.size >= queueSize || bytes + item.bytes > queueBytes;
    const mayMakeRoom = settings.whenFull === 'drop-oldest' && item.bytes <= queueBytes;
    const full = 'More was queued than the server took.';
    while (isFull() && mayMakeRoom && queue[0]) drop([queue[0]], 'full', full);
    if (isFull()) return drop([item], 'full', full);
    queue.push(item);
    bytes += item.bytes;
    if (queue.length >= batchSize || bytes >= batchBytes) void pump();
    else cancelTimer ??= waiting.after(settings.flushIntervalMs, () => void pump());
  }

  /** Sends until the queue is empty, one request at a time: what is sent twice arrives in its order. */
  async function pump() {
    cancelTimer?.();
    cancelTimer = undefined;
    if (pumping) return;
    pumping = true;
    while (queue[0]) {
      const items = takeBatch(queue[0].kind);
      const { signal } = abort;
      const [first] = items;
      if (!first) break;
      const isBatch = first.kind === 'trace';
      const path = isBatch
        ? '/api/v1/traces/batch'
        : `/api/v1/traces/${encodeURIComponent(first.traceId)}/feedback`;
      const json = isBatch ? `{"traces":[${items.map((item) => item.json).join(',')}]}` : first.json;
      const failed = (error: unknown): Outcome => ({ kind: 'undelivered', message: String(error) });
      finish(items, await post(path, json, signal).catch(failed));
    }
    pumping = false;
  }

  function takeBatch(kind: Item['kind']): Item[] {
    const most = kind === 'trace' ? batchSize : 1;
    const taken: Item[] = [];
    let size = 0;
    for (const item of queue) {
      if (item.kind !== kind) continue;
      if (taken.length >= most || (taken.length > 0 && size + item.bytes > batchBytes)) break;
      size += item.bytes + 1;
      taken.push(item);
    }
    for (const item of taken) sending.add(item);
    queue.splice(0, queue.length, ...queue.filter((item) => !sending.has(item)));
    return taken;
  }

  function finish(items: Item[], outcome: Outcome) {
    const left = items.filter((item) => sending.has(item)); // a shutdown may have dropped them meanwhile
    if (outcome.kind === 'aborted') return drop(left, 'closed', 'The client was shut down.');
    if (outcome.kind === 'undelivered') {
      const { message, status } = outcome;
      return drop(left, 'undelivered', message, status === undefined ? {} : { status });
    }
    const { status, body } = outcome;
    const confirmed = confirmedBy(items, status, body);
    if (!confirmed) {
      const said = status < 300 ? 'The answer does not confirm what was sent.' : messageOf(status, body);
      return drop(left, 'refused', said, { status });
    }
    const rejected = left.filter((item) => confirmed.rejected.has(item));
    const kept = left.filter((item) => !confirmed.rejected.has(item));
    settle(kept);
    stored += kept.length;
    if (kept.length > 0)
      tell(
        settings.onStored,
        kept.map(({ kind, traceId }) => ({ kind, traceId })),
      );
    drop(rejected, 'rejected', 'The server refused it.', {
      status,
      items: rejected.map((item) => ({
        kind: item.kind,
        traceId: item.traceId,
        issues: confirmed.rejected.get(item) ?? [],
      })),
    });
  }

  function flush({ timeoutMs }: { timeoutMs?: number } = {}): Promise<boolean> {
    const left = new Set([...sending, ...queue]);
    if (left.size === 0) return Promise.resolve(true);
    const release = waiting.hold();
    return new Promise((resolve) => {
      const entry = {
        left,
        done(all: boolean) {
          flushes.delete(entry);
          cancel?.();
          release();
          resolve(all);
        },
      };
      const cancel = timeoutMs === undefined ? undefined : waiting.after(timeoutMs, () => entry.done(false));
      flushes.add(entry);
      void pump();
    });
  }

  /** Sends what is there within a time, and drops what is left of it. */
  async function drain(timeoutMs: number): Promise<boolean> {
    const all = await flush({ timeoutMs });
    if (all) return true;
    const lost = [...sending, ...queue];
    drop(lost, 'closed', `It was not sent within ${timeoutMs} ms.`);
    abort.abort();
    abort = new AbortController();
    return false;
  }

  function shutdown({ timeoutMs = settings.shutdownTimeoutMs }: { timeoutMs?: number } = {}) {
    closing ??= drain(timeoutMs).finally(() => {
      process.off('beforeExit', onBeforeExit);
      process.off('SIGTERM', onSigterm);
    });
    return closing;
  }

  function onBeforeExit() {
    if (queue.length + sending.size > 0) void drain(settings.shutdownTimeoutMs);
  }
  function onSigterm() {
    void shutdown().then(() => {
      // Without us the signal would have ended the process; others who listen decide for themselves.
      if (process.listenerCount('SIGTERM') === 0) process.kill(process.pid, 'SIGTERM');
    });
  }
  if (settings.problem) tell(settings.onError, { message: settings.problem });
  else {
    if (settings.flushOnExit) process.on('beforeExit', onBeforeExit);
    if (settings.flushOnSigterm) process.on('SIGTERM', onSigterm);
  }

  function add(kind: Item['kind'], traceId: string, fields: () => unknown) {
    try {
      const json = toJson(fields());
      enqueue({ kind, traceId, json, bytes: Buffer.byteLength(json) });
    } catch (error) {
      drop([{ kind, traceId, json: '', bytes: 0 }], 'unsendable', String(error));
    }
  }

  return {
    trace(trace: TraceInput): string {
      const given = readText(trace, 'trace_id');
      const traceId = given ?? randomUUID();
      add('trace', traceId, () => {
        const { project } = settings;
        // One that is sent again under its id keeps the time it has.
        const made = given === undefined ? { timestamp: Date.now() / 1000 } : {};
        return { ...(project !== undefined && { project }), ...made, ...present(trace), trace_id: traceId };
      });
      return traceId;
    },
    feedback(traceId: string, feedback: FeedbackInput): string {
      const id = readText(feedback, 'id') ?? randomUUID();
      add('feedback', typeof traceId === 'string' ? traceId : '', () => ({ ...present(feedback), id }));
      return id;
    },
    flush,
    shutdown,
    stats: () => ({ waiting: queue.length + sending.size, stored, dropped }),
  };
}

/** The items that an answer refuses, with what is wrong; all others it confirms. Null where it confirms nothing at all. */
function confirmedBy(items: Item[], status: number, body: Record<string, unknown> | null) {
  const rejected = new Map<Item, Issue[]>();
  if (items[0]?.kind === 'feedback')
    return (status === 200 || status === 201) && typeof body?.id === 'string' ? { rejected } : null;
  if (!Array.isArray(body?.accepted) || !Array.isArray(body.rejected)) return null;
  for (const one of body.rejected as ({ index: number; issues?: Issue[] } | null)[]) {
    const item = items[one?.index ?? -1];
    if (item) rejected.set(item, one?.issues ?? []);
  }
  return { rejected };
}

/** The fields that are there, each read for itself: a getter that throws spoils no other. */
function present(fields: object): Record<string, unknown> {
  if (typeof fields !== 'object' || fields === null) throw new TypeError('expected an object');
  const found: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) {
    try {
      const value = (fields as Record<string, unknown>)[name];
      if (value !== null && value !== undefined) found[name] = value;
    } catch {
      // Left out: the server would refuse the whole trace for a word in a number's place.
    }
  }
  return found;
}

function readText(fields: unknown, name: string): string | undefined {
  try {
    const value = (fields as Record<string, unknown>)[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Calls the application back; what it throws is its own. */
function tell<T>(callback: ((value: T) => unknown) | undefined, value: T) {
  try {
    const result = callback?.(value);
    if (result instanceof Promise) result.catch(() => {});
  } catch {
    // Reporting must not break what it reports on.
  }
}

function readOptions(given: ClientOptions) {
  const options: Partial<ClientOptions> = given ?? {};
  const within = (value: number | undefined, fallback: number, least: number, most: number) =>
    typeof value === 'number' && value >= least ? Math.min(value, most) : fallback;
  const url = typeof options.baseUrl === 'string' && URL.canParse(options.baseUrl) ? options.baseUrl : '';
  const apiKey = typeof options.apiKey === 'string' ? options.apiKey.trim() : '';
  const problem = !/^https?:/i.test(url)
    ? 'baseUrl is no http address: nothing is sent.'
    : /^[\x21-\x7e]+$/.test(apiKey)
      ? undefined
      : 'apiKey is missing, or holds characters that no key has: nothing is sent.';
  return {
    problem,
    apiKey,
    baseUrl: toBase(url, options.fetch !== undefined),
    project: options.project,
    onDrop: options.onDrop,
    onError: options.onError,
    onStored: options.onStored,
    flushOnExit: options.flushOnExit ?? true,
    flushOnSigterm: options.flushOnSigterm ?? false,
    whenFull: options.whenFull ?? 'drop-oldest',
    fetch: options.fetch ?? ((input: string, init: RequestInit) => fetch(input, init)),
    flushIntervalMs: within(options.flushIntervalMs, 1_000, 0, 2 ** 31 - 1),
    batchSize: within(options.batchSize, 200, 1, MOST_IN_BATCH),
    batchBytes: within(options.batchBytes, 4 * 1024 * 1024, 1, LARGEST_BODY),
    queueSize: within(options.queueSize, 10_000, 1, Number.MAX_SAFE_INTEGER),
    queueBytes: within(options.queueBytes, 32 * 1024 * 1024, 1, Number.MAX_SAFE_INTEGER),
    maxAttempts: within(options.maxAttempts, 10, 1, 1_000),
    firstPauseMs: within(options.firstPauseMs, 250, 0, 60_000),
    longestPauseMs: within(options.longestPauseMs, 30_000, 0, 3_600_000),
    requestTimeoutMs: within(options.requestTimeoutMs, 15_000, 1, 3_600_000),
    shutdownTimeoutMs: within(options.shutdownTimeoutMs, 5_000, 0, 3_600_000),
    gzipFrom: within(options.gzipFrom, 1_024, 0, Number.MAX_SAFE_INTEGER),
  };
}

/** Names below .localhost mean this machine, which Node does not know everywhere; the key tells the workspace. */
function toBase(text: string, asIs: boolean): string {
  if (text === '') return text;
  const url = new URL(text);
  if (!asIs && url.hostname.endsWith('.localhost')) url.hostname = '127.0.0.1';
  return url.origin + url.pathname.replace(/\/+$/, '');
}
