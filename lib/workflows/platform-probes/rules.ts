import { LATENCY_BOUNDS } from '@/lib/vitals/latency';
import type { AnswerCount } from '@/lib/vitals/requests';
import type { SweepRun } from '@/lib/vitals/sweeps';

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
