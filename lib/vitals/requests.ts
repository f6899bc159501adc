import { LATENCY_BUCKETS, latencyBucket } from './latency';

/** Answers of a route: how many, those that were failures of ours (5xx), those that were too much (429), and their times. */
export type AnswerCount = {
  requests: number;
  errors: number;
  limited: number;
  totalMs: number;
  latencies: number[];
};

/** Routes that are told apart; what comes beyond is counted together. Their names are ours, so this is never reached. */
const CAPACITY = 500;
const OTHERS = 'other';
const MINUTE_MS = 60_000;
/** Minutes that are held while the database cannot be reached. */
const MINUTES = 60;

type State = {
  /** Since the process began: what the metrics say. */
  all: Map<string, AnswerCount>;
  /** By minute (its beginning in milliseconds), until they are written. */
  minutes: Map<number, Map<string, AnswerCount>>;
};

// One per process, whichever of its bundles counts.
const COUNTS = Symbol.for('ragtoolkit.vitals.requests');
const globals = globalThis as { [COUNTS]?: State };

function state(): State {
  globals[COUNTS] ??= { all: new Map(), minutes: new Map() };
  return globals[COUNTS];
}

/** Counts an answer. Without I/O. A client that hung up (499) is no failure of ours. */
export function countAnswer(route: string, status: number, durationMs: number): void {
  const { all, minutes } = state();
  const minute = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  let current = minutes.get(minute);
  if (!current) {
    current = new Map();
    minutes.set(minute, current);
    const oldest = minutes.size > MINUTES ? minutes.keys().next() : undefined;
    if (oldest && !oldest.done) minutes.delete(oldest.value);
  }
  for (const counts of [all, current]) add(counts, route, status, durationMs);
}

function add(counts: Map<string, AnswerCount>, route: string, status: number, durationMs: number): void {
  const name = counts.has(route) || counts.size < CAPACITY ? route : OTHERS;
  const count = counts.get(name) ?? noAnswers();
  counts.set(name, count);
  count.requests += 1;
  if (status >= 500) count.errors += 1;
  if (status === 429) count.limited += 1;
  count.totalMs += durationMs;
  const bucket = latencyBucket(durationMs);
  count.latencies[bucket] = (count.latencies[bucket] ?? 0) + 1;
}

function noAnswers(): AnswerCount {
  return { requests: 0, errors: 0, limited: 0, totalMs: 0, latencies: new Array(LATENCY_BUCKETS).fill(0) };
}

/** What this process has answered since it began, by route. */
export function answersSinceStart(): ReadonlyMap<string, AnswerCount> {
  return state().all;
}

/** A minute's answers of a route, to be written. */
export type MinuteCount = AnswerCount & { minute: Date; route: string };

/** Takes what was counted since the last time out. */
export function takeMinutes(): MinuteCount[] {
  const { minutes } = state();
  state().minutes = new Map();
  return [...minutes].flatMap(([minute, routes]) =>
    [...routes].map(([route, count]) => ({ ...count, route, minute: new Date(minute) })),
  );
}

/** Puts back what could not be written. */
export function returnMinutes(counts: readonly MinuteCount[]): void {
  const { minutes } = state();
  for (const { minute, route, ...count } of counts) {
    const routes = minutes.get(minute.getTime()) ?? new Map<string, AnswerCount>();
    minutes.set(minute.getTime(), routes);
    const known = routes.get(route);
    routes.set(route, known ? sum(known, count) : count);
  }
}

function sum(a: AnswerCount, b: AnswerCount): AnswerCount {
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    limited: a.limited + b.limited,
    totalMs: a.totalMs + b.totalMs,
    latencies: a.latencies.map((count, bucket) => count + (b.latencies[bucket] ?? 0)),
  };
}
