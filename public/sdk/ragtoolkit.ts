// The client of RAG Toolkit, in one file: no packages, Node 18 or newer. Copy it into your program.
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** A chunk that was retrieved for an answer. Its place in the list is its rank. */
export type ChunkInput = {
  text: string;
  source?: string | null;
  /** The retriever's own number, on its own scale. */
  score?: number | null;
  metadata?: Record<string, unknown> | null;
};

/** One answer of an application, as `POST /api/v1/traces` takes it. Everything may be absent; null is the same as absent. */
export type TraceInput = {
  /** The idempotency key, at most 200 characters: sending it again updates the fields that came. Made when absent. */
  trace_id?: string | null;
  /** When it happened: epoch seconds with fraction, ISO 8601 or a Date. */
  timestamp?: number | string | Date | null;
  project?: string | null;
  /** The question. */
  user_input?: string | null;
  /** In rank order, at most 1,000. */
  retrieved_chunks?: (ChunkInput | string)[] | null;
  /** Parallel to the chunks, where they carry no score of their own; may be shorter. */
  retrieval_scores?: (number | null)[] | null;
  /** What the model was given. */
  prompts?: string[] | null;
  /** The answer. */
  model_output?: string | null;
  model_name?: string | null;
  /** Milliseconds from question to answer. */
  response_latency_ms?: number | null;
  tokens_in?: number | null;
  tokens_out?: number | null;
  /** Anything; `user_id` and `session_id` in it are used. */
  metadata?: Record<string, unknown> | null;
  /** What went wrong, if anything did. */
  error?: string | null;
};

/** What somebody says of an answer: at least one of thumbs, score and comment. */
export type FeedbackInput = {
  /** Sending it again updates what came. Made when absent. */
  id?: string | null;
  thumbs?: 'up' | 'down' | null;
  /** From 0, the worst, to 1. */
  score?: number | null;
  comment?: string | null;
  /** Who says it, as your application names its users. */
  user_id?: string | null;
};

/** What is wrong with one field of what was sent. */
export type Issue = { path: string; message: string };

/** Why something is not stored: what `onDrop` is told. */
export type DropReason =
  /** The queue was full. */
  | 'full'
  /** It cannot be written as JSON, or is larger than a request may be. */
  | 'unsendable'
  /** The server refused this one, and says why in its issues. */
  | 'rejected'
  /** The server refused the request: the key, the address, or what was sent. */
  | 'refused'
  /** No attempt was answered with success. */
  | 'undelivered'
  /** The client was shut down before it was sent. */
  | 'closed'
  /** The client was made without an address or key that can be used. */
  | 'misconfigured';

/** What was dropped together, and why. */
export type Drop = {
  reason: DropReason;
  message: string;
  /** The status of the answer that decided it. */
  status?: number;
  items: { kind: 'trace' | 'feedback'; traceId: string; issues: Issue[] }[];
};

/** What went wrong in passing: nothing is lost yet. */
export type Trouble = {
  message: string;
  status?: number;
  /** The attempt that failed, from 1, and the pause before the next, in milliseconds. */
  attempt?: number;
  retryInMs?: number;
};

export type ClientOptions = {
  /** The workspace's address, such as https://acme-corp.ragtoolkit.app. */
  baseUrl: string;
  apiKey: string;
  /** The project of traces that name none. */
  project?: string;
  /** The longest that a trace waits for others, in milliseconds (1,000). */
  flushIntervalMs?: number;
  /** Traces in one request: as many waiting are sent at once (200, at most 1,000). */
  batchSize?: number;
  /** Bytes of JSON in one request (4 MiB, at most 20 MiB). A larger trace is sent alone. */
  batchBytes?: number;
  /** What waits at the most, with what is being sent: items (10,000) and bytes of JSON (32 MiB). */
  queueSize?: number;
  queueBytes?: number;
  /** Which is dropped when the queue is full (oldest). */
  whenFull?: 'drop-oldest' | 'drop-newest';
  /** How often a request is tried (10). Being asked to wait, by a 429, does not count. */
  maxAttempts?: number;
  /** The bound of the first pause, which doubles, and the bound of them all, in milliseconds (250 and 30,000). */
  firstPauseMs?: number;
  longestPauseMs?: number;
  /** How long one attempt may take, in milliseconds (15,000). */
  requestTimeoutMs?: number;
  /** How long exit and `shutdown` wait for what is unsent, in milliseconds (5,000). */
  shutdownTimeoutMs?: number;
  /** Bodies from this many bytes on are sent as gzip (1,024). */
  gzipFrom?: number;
  /** Sends what waits before the process ends by itself (true). */
  flushOnExit?: boolean;
  /** Sends what waits on SIGTERM, and then lets the process end (false). */
  flushOnSigterm?: boolean;
  /** Told of each loss, once. */
  onDrop?: (drop: Drop) => void;
  /** Told of failures that are tried again. */
  onError?: (trouble: Trouble) => void;
  /** Told of the traces and feedback that the server has confirmed. */
  onStored?: (items: { kind: 'trace' | 'feedback'; traceId: string }[]) => void;
  /** In place of the global fetch. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
};

export type Client = {
  /** Queues a trace and returns its id at once. */
  trace(trace: TraceInput): string;
  /** Queues feedback on a trace, which may come later, and returns the feedback's id. */
  feedback(traceId: string, feedback: FeedbackInput): string;
  /** Sends what is queued now. True when all of it has been stored or dropped, false when the time was up first. */
  flush(options?: { timeoutMs?: number }): Promise<boolean>;
  /** Takes no more, sends what is queued, and drops what is left when the time is up. True when nothing was. */
  shutdown(options?: { timeoutMs?: number }): Promise<boolean>;
  /** How many wait, and how many were stored and dropped so far. */
  stats(): { waiting: number; stored: number; dropped: number };
};

/** Deeper than any metadata is meant to be, and far from the end of the stack. */
const MAX_DEPTH = 64;

/**
 * A value as JSON, whatever it holds: cycles, getters that throw and what is too deep become words that say so, a BigInt a
 * number or its digits, an Error its message. Throws only where there is no JSON of such length.
 */
function toJson(value: unknown): string {
  return JSON.stringify(plain(value, [])) ?? 'null';
}

function plain(value: unknown, above: unknown[]): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) return '[circular]';
  if (above.length >= MAX_DEPTH) return '[too deep]';
  try {
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    const own = 'toJSON' in value && typeof value.toJSON === 'function' ? value.toJSON() : value;
    if (typeof own !== 'object' || own === null) return plain(own, above);
    const path = [...above, value];
    if (Array.isArray(own)) return Array.from(own, (item) => plain(item, path));
    return Object.fromEntries(Object.keys(own).map((name) => [name, read(own, name, path)]));
  } catch {
    return '[unreadable]';
  }
}

function read(from: object, name: string, path: unknown[]): unknown {
  try {
    return plain((from as Record<string, unknown>)[name], path);
  } catch {
    return '[unreadable]';
  }
}

const PASSING = new Set([429, 502, 503, 504]);
/** A server may ask for a longer pause than ours, but not for the evening. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/** Whether another attempt may be answered otherwise. */
function isPassing(status: number): boolean {
  return PASSING.has(status);
}

/**
 * How long to wait after an attempt, in milliseconds: what the server asks for in seconds or as a date, up to a minute, and
 * a little more, so that clients do not come back together; else anything below a bound that doubles ("full jitter").
 */
function pauseMs(
  attempt: number,
  retryAfter: string | null,
  { firstPauseMs, longestPauseMs }: { firstPauseMs: number; longestPauseMs: number },
  random: () => number = Math.random,
): number {
  const asked = retryAfter === null ? Number.NaN : toMs(retryAfter);
  if (asked >= 0) return Math.min(asked, LONGEST_RETRY_AFTER_MS) + random() * firstPauseMs;
  return random() * Math.min(firstPauseMs * 2 ** (attempt - 1), longestPauseMs);
}

function toMs(retryAfter: string): number {
  if (/^\s*\d+\s*$/.test(retryAfter)) return Number(retryAfter) * 1000;
  return Math.max(0, Date.parse(retryAfter) - Date.now());
}

/** Timers that do not keep the process alive, except while somebody holds them. */
type Waiting = {
  /** Calls back after a time; returns how to cancel it. */
  after(ms: number, callback: () => void): () => void;
  /** Resolves after a time, or when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Lets timers keep the process alive; returns how to end that. */
  hold(): () => void;
};

/** Makes the timers of one client. */
function createWaiting(): Waiting {
  const timers = new Set<NodeJS.Timeout>();
  let holders = 0;

  function after(ms: number, callback: () => void): () => void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      callback();
    }, ms);
    if (holders === 0) timer.unref();
    timers.add(timer);
    return () => {
      clearTimeout(timer);
      timers.delete(timer);
    };
  }

  return {
    after,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const done = () => {
          cancel();
          signal.removeEventListener('abort', done);
          resolve();
        };
        const cancel = after(ms, done);
        signal.addEventListener('abort', done);
      }),
    hold() {
      holders += 1;
      for (const timer of timers) timer.ref();
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        holders -= 1;
        if (holders === 0) for (const timer of timers) timer.unref();
      };
    },
  };
}

const compress = promisify(gzip);

/** What came of a request: an answer that another attempt would not change, or the last failure. */
type Outcome =
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
function createTransport(settings: Settings) {
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
function messageOf(status: number, body: Record<string, unknown> | null): string {
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
