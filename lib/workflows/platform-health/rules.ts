import { LATENCY_BOUNDS, latencyQuantile } from '@/lib/vitals/latency';
import type { AnswerCount } from '@/lib/vitals/requests';
import type { SweepRun } from '@/lib/vitals/sweeps';
import type { HealthFinding, HealthSection } from './schema';

/** From where on something is not well; `bad` is what tenants notice. */
export const thresholds = {
  /** Connections in use, as a share of those that the server allows. */
  connections: { warn: 0.8, bad: 0.95 },
  /** The oldest transaction that is open, in milliseconds: it keeps vacuum from cleaning up. */
  transactionMs: { warn: 60_000, bad: 600_000 },
  /** Failures of ours (5xx) in the last hour, as a share of the answers; below so many answers it says nothing. */
  errors: { warn: 0.01, bad: 0.05, least: 50 },
  /** How long the mail that has waited longest has been due, in milliseconds. */
  mailAgeMs: { warn: 300_000, bad: 3_600_000 },
  /** Commits whose words are not filed yet: the search finds those traces later. */
  words: { warn: 5_000, bad: 100_000 },
  /** Erasures that are due; one a minute goes. */
  erasuresLateMs: { warn: 900_000, bad: 86_400_000 },
  /** How long the oldest hour that is not closed has been due, in milliseconds: it is closed within a minute. */
  meteringLateMs: { warn: 3_600_000, bad: 86_400_000 },
  /** How long the report of usage that has waited longest has waited for Stripe, in milliseconds. */
  reportAgeMs: { warn: 7_200_000, bad: 86_400_000 },
  /** Behind this replicas are, in bytes of the log. */
  replicationBytes: { warn: 64_000_000, bad: 1_000_000_000 },
} as const;

/** The finding that a figure makes against its thresholds; none where it is below both. */
export function judge(
  value: number | null,
  { warn, bad }: { warn: number; bad: number },
  says: string,
  todo: string,
): HealthFinding[] {
  if (value === null || value < warn) return [];
  return [{ state: value >= bad ? 'bad' : 'warn', says, todo }];
}

/** How late a sweep is, in milliseconds: 0 while it comes as it should. One run may be missed without a word. */
export function sweepLateMs(
  { everyMs, finishedAt, durationMs }: { everyMs: number; finishedAt: number; durationMs: number },
  now: number,
): number {
  const due = finishedAt + 2 * everyMs + durationMs + 60_000;
  return Math.max(0, now - due);
}

/** Answers of a route in an hour. Latencies are counts in the buckets of lib/vitals. */
export type RouteHour = { route: string; requests: number; errors: number; latencies: number[] };

/** All routes together. */
export function sumRoutes(routes: readonly RouteHour[]): RouteHour {
  const latencies: number[] = [];
  for (const route of routes)
    for (const [bucket, count] of route.latencies.entries())
      latencies[bucket] = (latencies[bucket] ?? 0) + count;
  return {
    route: 'all',
    requests: routes.reduce((sum, { requests }) => sum + requests, 0),
    errors: routes.reduce((sum, { errors }) => sum + errors, 0),
    latencies,
  };
}

/** The row of a route: its answers, failures as a share, and the times that half and 95 % of the answers kept to. */
export function toRouteRow({ route, requests, errors, latencies }: RouteHour): (string | number | null)[] {
  const time = (share: number) => latencyQuantile(latencies, share);
  return [route, requests, requests === 0 ? 0 : errors / requests, time(0.5), time(0.95)];
}

/** The page's one line: the worst that was found and what to do, or that all is well. */
export function summarise(sections: readonly HealthSection[]): {
  state: 'ok' | 'warn' | 'bad';
  line: string;
} {
  const found = sections.flatMap(({ findings }) => findings);
  const worst = found.find(({ state }) => state === 'bad') ?? found[0];
  if (!worst) return { state: 'ok', line: 'All is well.' };
  const others = found.length - 1;
  const more = others === 0 ? '' : ` ${others} more below.`;
  return { state: worst.state, line: `${worst.says} ${worst.todo}${more}` };
}

/** What the metrics tell. Times are seconds, as Prometheus wants them. */
export type Vitals = {
  version: string;
  store: string;
  inCharge: boolean;
  isolationHolds: boolean;
  /** NaN where this process does not listen for changes. */
  heardSeconds: number;
  uptimeSeconds: number;
  memoryBytes: number;
  ingest: { traces: number; bytes: number; tenants: number };
  /** By queue; null where the database could not be asked. */
  queues: Record<string, number> | null;
  answers: ReadonlyMap<string, AnswerCount>;
  sweeps: readonly SweepRun[];
};

type Sample = { labels?: Record<string, string>; suffix?: string; value: number };

/** The vitals in the text format of Prometheus (0.0.4). */
export function toMetrics(vitals: Vitals): string {
  const one = (value: number): Sample[] => [{ value }];
  const { answers, sweeps, queues } = vitals;
  const perRoute = (read: (count: AnswerCount) => number): Sample[] =>
    [...answers].map(([route, found]) => ({ labels: { route }, value: read(found) }));
  return [
    metric('ragtoolkit_build_info', 'gauge', 'The version that runs.', [
      { labels: { version: vitals.version }, value: 1 },
    ]),
    metric('ragtoolkit_uptime_seconds', 'gauge', 'Since this process began.', one(vitals.uptimeSeconds)),
    metric('ragtoolkit_memory_bytes', 'gauge', 'Resident memory of this process.', one(vitals.memoryBytes)),
    metric(
      'ragtoolkit_isolation_holds',
      'gauge',
      '0 when an isolation check has failed.',
      one(Number(vitals.isolationHolds)),
    ),
    metric(
      'ragtoolkit_changes_heard_seconds',
      'gauge',
      'Since changes of other processes were last proved to arrive.',
      one(vitals.heardSeconds),
    ),
    metric('ragtoolkit_rate_limit_store_in_charge', 'gauge', '0 while this process counts for itself.', [
      { labels: { store: vitals.store }, value: Number(vitals.inCharge) },
    ]),
    metric(
      'ragtoolkit_ingest_waiting_traces',
      'gauge',
      'Traces that wait to be stored.',
      one(vitals.ingest.traces),
    ),
    metric(
      'ragtoolkit_ingest_waiting_bytes',
      'gauge',
      'Bytes that wait to be stored.',
      one(vitals.ingest.bytes),
    ),
    ...(queues
      ? [
          metric(
            'ragtoolkit_queue_depth',
            'gauge',
            'What waits, by queue.',
            Object.entries(queues).map(([queue, value]) => ({ labels: { queue }, value })),
          ),
        ]
      : []),
    metric(
      'ragtoolkit_requests_total',
      'counter',
      'Answers, by route.',
      perRoute(({ requests }) => requests),
    ),
    metric(
      'ragtoolkit_request_errors_total',
      'counter',
      'Failures of ours (5xx), by route.',
      perRoute(({ errors }) => errors),
    ),
    metric(
      'ragtoolkit_requests_limited_total',
      'counter',
      'Answers 429, by route.',
      perRoute(({ limited }) => limited),
    ),
    metric(
      'ragtoolkit_request_duration_seconds',
      'histogram',
      'Time to answer, by route.',
      [...answers].flatMap(toHistogram),
    ),
    metric(
      'ragtoolkit_sweep_last_success_timestamp_seconds',
      'gauge',
      'When a sweep last ended well.',
      sweeps.map(({ name, succeededAt }) => ({ labels: { sweep: name }, value: (succeededAt ?? 0) / 1_000 })),
    ),
  ].join('');
}

function toHistogram([route, count]: [string, AnswerCount]): Sample[] {
  let below = 0;
  const buckets = LATENCY_BOUNDS.map((bound, bucket) => {
    below += count.latencies[bucket] ?? 0;
    return { suffix: '_bucket', labels: { route, le: String(bound / 1_000) }, value: below };
  });
  return [
    ...buckets,
    { suffix: '_bucket', labels: { route, le: '+Inf' }, value: count.requests },
    { suffix: '_sum', labels: { route }, value: count.totalMs / 1_000 },
    { suffix: '_count', labels: { route }, value: count.requests },
  ];
}

function metric(
  name: string,
  type: 'gauge' | 'counter' | 'histogram',
  help: string,
  samples: readonly Sample[],
): string {
  const lines = samples.map(({ labels = {}, suffix = '', value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    return `${name}${suffix}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function escapeLabel(text: string): string {
  return text.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));
}
