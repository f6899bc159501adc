import { latencyQuantile } from '@/lib/vitals/latency';
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
