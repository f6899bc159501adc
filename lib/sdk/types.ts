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
