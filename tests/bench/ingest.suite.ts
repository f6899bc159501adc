import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { migrate } from '@/db/migrate';
import { apiKeys } from '@/db/schema/api-keys';
import { withPlatform, withTenant } from '@/db/tenant';
import { mintApiKey } from '@/lib/auth/api-key';
import { env } from '@/lib/env';
import { setTenantAmounts } from '@/lib/workflows/quotas/mutations';
import { measureBaseline as measure } from './ingest/baseline';
import { cpuReader } from './ingest/cpu';
import { closedLoop, type Outcome, openLoop, type Shape } from './ingest/load';
import { type BenchServer, startServer } from './ingest/server';
import { SPANS, spansProtobuf, TRACES } from './ingest/spans';
import { batchJson, traceJson } from './ingest/traces';
import { count, ms, percentile, ratio } from './measure';
import type { Report } from './report';
import type { BenchTools } from './suite';
import { makeTenant } from './tenants/world';

export const name = 'ingest';

const BATCH = 50;
/** What each of five tenants sends in a second, and what PostgreSQL alone takes on the machine that this is meant for. */
const PER_SECOND = 200;
const QUIET_RATE = 5_800;
/** Traces before anything is measured: the engine compiles what runs often. */
const WARM_UP = 4_000;
const single: Shape = { path: '/api/v1/traces', traces: 1, make: traceJson };
const batch: Shape = { path: '/api/v1/traces/batch', traces: BATCH, make: () => batchJson(BATCH) };

const otlp: Shape = {
  path: '/api/otel/v1/traces',
  contentType: 'application/x-protobuf',
  traces: TRACES,
  make: spansProtobuf,
};

/** `withSpans`: PostgreSQL's own rate, to which it is compared, is of traces with their spans. */
const loads: { label: string; shape: Shape; connections: number; withSpans?: true }[] = [
  { label: 'one trace, 16 connections', shape: single, connections: 16 },
  { label: 'one trace, 64 connections', shape: single, connections: 64 },
  { label: `${BATCH} traces, 4 connections`, shape: batch, connections: 4 },
  {
    label: `OTLP, ${SPANS} spans of ${TRACES} traces, 4 connections`,
    shape: otlp,
    connections: 4,
    withSpans: true,
  },
];

/**
 * How fast traces are stored through the server, with the load generator, the server and PostgreSQL on the same cores:
 * `npm run bench -- ingest [seconds a load, 10 unless told] [minutes of steady load, 1 unless told]`.
 */
export async function run({ report, args }: BenchTools): Promise<void> {
  const seconds = Number(args[0] ?? 10);
  const minutes = Number(args[1] ?? 1);
  await migrate({ adminUrl: env().databaseUrl, folder: path.resolve('db/migrations') });
  const tenants = await Promise.all(Array.from({ length: 5 }, makeSender));
  const [first] = tenants;
  if (!first) throw new Error('no tenant');
  const server = await startServer((port) => `ragtoolkit.localhost:${port}`);

  const cpu = cpuReader(server.pid);
  report.progress('warming up');
  const warm = await closedLoop(server, first.key, single, { connections: 16, traces: WARM_UP });
  let sent = warm.stored;
  const floor = await makeSender();
  const measureBaseline = () => measure(floor.id, seconds / 3, () => cpu().postgres);
  report.progress('measuring what PostgreSQL takes');
  const baselines = [await measureBaseline()];

  const rows: string[][] = [];
  for (const { label, shape, connections, withSpans } of loads) {
    report.progress(label);
    server.takePeak();
    const before = cpu();
    const commits = await countCommits();
    const outcome = await closedLoop(server, first.key, shape, { connections, seconds });
    const after = cpu();
    const group = outcome.stored / ((await countCommits()) - commits);
    sent += outcome.stored;
    const [earlier] = baselines.slice(-1);
    const later = await measureBaseline();
    baselines.push(later);
    const rate = outcome.stored / outcome.seconds;
    const reference = withSpans
      ? (await measure(floor.id, seconds / 3, () => cpu().postgres, { withSpans })).rate
      : ((earlier ?? later).rate + later.rate) / 2;
    rows.push([
      label,
      count(Math.round(rate)),
      ratio(rate, reference),
      ms(percentile(outcome.ms, 0.5)),
      ms(percentile(outcome.ms, 0.99)),
      group.toFixed(1),
      ms((after.server - before.server) / outcome.stored),
      ms((after.postgres - before.postgres) / outcome.stored),
      mb(server.takePeak()),
      failures(outcome),
    ]);
  }
  report.table(
    [
      'one tenant',
      'traces/s',
      'of PostgreSQL’s',
      'p50',
      'p99',
      'per commit',
      'server CPU',
      'PostgreSQL CPU',
      'peak memory',
      'failed',
    ],
    rows,
  );
  const rates = baselines.map(({ rate }) => count(Math.round(rate))).join(', ');
  const cpuMs = baselines.reduce((sum, baseline) => sum + baseline.cpuMs, 0) / baselines.length;
  report.note(
    `PostgreSQL alone, one connection, batches of 500: ${rates} rows/s before, between and after; ${ms(cpuMs)} CPU a row. CPU is processor time for each trace.`,
  );

  const keys = tenants.map(({ key }) => key);
  await measureTenantsAtOnce(server, keys, report, { perSecond: PER_SECOND, seconds });
  const here = baselines.reduce((sum, { rate }) => sum + rate, 0) / baselines.length;
  // Where the rate is more than the machine takes, its latencies say how long the line was, and nothing else.
  if (here < QUIET_RATE) {
    report.note(
      `PostgreSQL alone takes ${count(Math.round(here))} rows/s here, where ${count(QUIET_RATE)} are what the rate above is meant for: the same share of it.`,
    );
    const perSecond = Math.round((PER_SECOND * here) / QUIET_RATE);
    await measureTenantsAtOnce(server, keys, report, { perSecond, seconds });
  }
  if (minutes > 0) await measureSteady(server, first.key, report, minutes);

  const stored = await withTenant({ tenant: { id: first.id } }, (db) =>
    db.execute<{ n: number }>(sql`select count(*)::int as n from traces`),
  );
  if ((stored[0]?.n ?? 0) < sent) throw new Error(`${sent} were accepted, ${stored[0]?.n} are there`);
  await server.stop();
}

/** Single traces of several tenants at a fixed rate, whatever the answers take. */
async function measureTenantsAtOnce(
  server: BenchServer,
  keys: readonly string[],
  report: Report,
  load: { perSecond: number; seconds: number },
): Promise<void> {
  report.progress(`${keys.length} tenants at once, ${load.perSecond} a second each`);
  server.takePeak();
  const outcomes = await openLoop(server, keys, single, load);
  report.table(
    [
      `${load.perSecond} traces a second for each of ${keys.length} tenants`,
      'traces/s',
      'p50',
      'p99',
      'longest',
      'peak memory',
      'failed',
    ],
    outcomes.map((outcome, index) => [
      `tenant ${index + 1}`,
      count(Math.round(outcome.stored / outcome.seconds)),
      ms(percentile(outcome.ms, 0.5)),
      ms(percentile(outcome.ms, 0.99)),
      ms(Math.max(...outcome.ms)),
      index === 0 ? mb(server.takePeak()) : '',
      failures(outcome),
    ]),
  );
}

/** Whether the server's memory stays where it is under load. */
async function measureSteady(
  server: BenchServer,
  key: string,
  report: Report,
  minutes: number,
): Promise<void> {
  report.progress(`steady load for ${minutes} min`);
  const samples: number[] = [];
  const watch = setInterval(() => samples.push(server.memory()), 1_000);
  const steady = await closedLoop(server, key, single, { connections: 16, seconds: minutes * 60 });
  clearInterval(watch);
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const quarters = [0, 1, 2, 3].map((index) => samples.slice(index * quarter, (index + 1) * quarter));
  report.table(
    [
      `${minutes} min of one trace at 16 connections`,
      'traces/s',
      'first quarter',
      'second',
      'third',
      'last',
      'highest',
    ],
    [
      [
        'memory of the server',
        count(Math.round(steady.stored / steady.seconds)),
        ...quarters.map((values) => mb(mean(values))),
        mb(Math.max(...samples)),
      ],
    ],
  );
}

/** Transactions of this database that have committed. Processes report theirs up to a second late. */
async function countCommits(): Promise<number> {
  await sleep(1_200);
  const [row] = await pool('owner').sql<{ n: number }[]>`
    select xact_commit::int as n from pg_stat_database where datname = current_database()`;
  return row?.n ?? Number.NaN;
}

function failures({ failures: found }: Outcome): string {
  return found.size === 0
    ? '0'
    : [...found].map(([status, times]) => `${count(times)} × ${status}`).join(', ');
}

const mb = (value: number) => (Number.isNaN(value) ? '–' : `${value.toFixed(0)} MB`);

/** A tenant with a key of the system's that may send traces. */
async function makeSender(): Promise<{ id: string; key: string }> {
  const id = await makeTenant();
  // The quota is judged as any other, and far away.
  await setTenantAmounts(
    { actor: { kind: 'system', name: 'bench' }, requestId: 'bench' },
    { tenantId: id, traces: 1_000_000_000, per1000Traces: null, seats: null, reason: 'a bench' },
  );
  const { keyId, key, secretHash } = mintApiKey(id);
  await withPlatform((db) =>
    db.insert(apiKeys).values({
      tenantId: id,
      id: keyId,
      name: 'Bench',
      secretHash,
      scopes: ['traces:write'],
      isService: true,
    }),
  );
  return { id, key };
}
