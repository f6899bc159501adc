import { asc, gte, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { isoTime } from '@/db/iso-time';
import type { Login } from '@/db/logins';
import { requestMinutes, sweepRuns } from '@/db/schema/operator';
import { withPlatform } from '@/db/tenant';
import { authorizeOperator } from '@/lib/auth/authorize';
import { env } from '@/lib/env';
import { groupBy } from '@/lib/group-by';
import { logError } from '@/lib/log';
import { getMeteringState } from '@/lib/metering/queries';
import { rateLimitStatus } from '@/lib/rate-limit/limit';
import { limitOf } from '@/lib/rate-limit/policies';
import { actAs, type OperatorContext } from '@/lib/tenancy/context';
import { ingestLoad } from '@/lib/trace-ingest/mutations';
import { sweepsRun } from '@/lib/vitals/sweeps';
import { readStripeState } from '@/lib/workflows/billing-operations/queries';
import { hasIsolationFailed } from '@/lib/workflows/isolation-canary/queries';
import { listHottestTenants } from '@/lib/workflows/limits/queries';
import { listFindings } from '@/lib/workflows/metering-reconciliation/queries';
import { version } from '@/package.json';
import { judge, type RouteHour, summarise, sumRoutes, sweepLateMs, thresholds, toRouteRow } from './rules';
import type { HealthFact, HealthFinding, HealthSection, PlatformHealth } from './schema';

type Told = { facts: HealthFact[]; findings?: HealthFinding[]; table?: HealthSection['table'] };
type Section = { id: string; title: string; read: (ctx: OperatorContext) => Promise<Told> };

/**
 * The parts of the page, in their order. A part of the platform that has something to tell adds a line here; what it reads
 * stands in its own domain.
 */
const sections: readonly Section[] = [
  { id: 'requests', title: 'Answers of the last hour', read: readRequests },
  { id: 'database', title: 'Database', read: readDatabase },
  { id: 'queues', title: 'Queues', read: readQueues },
  { id: 'tenants', title: 'Hottest tenants', read: readHottest },
  { id: 'limits', title: 'Rate limits', read: readLimits },
  { id: 'metering', title: 'Metering', read: readMetering },
  { id: 'stripe', title: 'Stripe', read: readStripe },
  { id: 'mail', title: 'Mail', read: readMail },
  { id: 'build', title: 'Build', read: readBuild },
  { id: 'sweeps', title: 'Sweeps', read: readSweeps },
];

/** How the platform is: every part, and in one line whether all is well and, if not, what to do. */
export async function getPlatformHealth(ctx: OperatorContext): Promise<PlatformHealth> {
  authorizeOperator(ctx);
  const read = await Promise.all(sections.map((section) => readSection(ctx, section)));
  return { ...summarise(read), at: new Date().toISOString(), version, sections: read };
}

/** A part that cannot be read is itself something to say. */
async function readSection(ctx: OperatorContext, { id, title, read }: Section): Promise<HealthSection> {
  try {
    return { id, title, findings: [], table: null, ...(await read(ctx)) };
  } catch (error) {
    logError(error, `health: ${id} could not be read`);
    const finding = {
      state: 'bad',
      says: `“${title}” cannot be read.`,
      todo: 'See the log of this process.',
    } as const;
    return { id, title, facts: [], findings: [finding], table: null };
  }
}

const count = (label: string, value: number | null): HealthFact => ({ label, value, unit: 'count' });
const ms = (label: string, value: number | null): HealthFact => ({ label, value, unit: 'ms' });
const text = (label: string, value: string | null): HealthFact => ({ label, value, unit: 'text' });

/** Routes that the page lists: those that are asked most, and all that have failed. */
const ROUTES = 20;

async function readRequests(): Promise<Told> {
  const routes = await readRouteHours();
  const all = sumRoutes(routes);
  const [, , errors, half, most] = toRouteRow(all);
  const { warn, bad, least } = thresholds.errors;
  const worst = [...routes].sort((a, b) => b.errors - a.errors)[0];
  const shown = routes.filter((route, index) => index < ROUTES || route.errors > 0);
  return {
    facts: [
      count('Answers', all.requests),
      { label: 'Failures of ours (5xx)', value: errors ?? null, unit: 'share' },
      ms('Half within', half as number | null),
      ms('95 % within', most as number | null),
    ],
    findings: judge(
      all.requests >= least ? all.errors / all.requests : null,
      { warn, bad },
      `${all.errors} of ${all.requests} answers were failures, most of them of ${worst?.route}.`,
      'Look for their request ids in the log.',
    ),
    table: {
      columns: [
        { label: 'Route', unit: 'text' },
        { label: 'Answers', unit: 'count' },
        { label: 'Failed', unit: 'share' },
        { label: 'Half within', unit: 'ms' },
        { label: '95 % within', unit: 'ms' },
      ],
      rows: shown.map(toRouteRow),
    },
  };
}

/** What all processes have answered in the last hour, the route that is asked most first. */
async function readRouteHours(): Promise<RouteHour[]> {
  const rows = await withPlatform((db) =>
    db.select().from(requestMinutes).where(gte(requestMinutes.minute, sql`now() - interval '1 hour'`)),
  );
  const byRoute = groupBy(rows, ({ route }) => route);
  return [...byRoute]
    .map(([route, minutes]) => ({ ...sumRoutes(minutes), route }))
    .sort((a, b) => b.requests - a.requests);
}

type OwnConnections = { connections: number; oldestMs: number };

async function readDatabase(): Promise<Told> {
  // A login is shown the transactions of its own connections alone.
  const logins: Login[] = ['owner', 'app', 'platform'];
  const own = await Promise.all(logins.map(readConnections));
  const [row] = await pool('platform').sql<
    {
      used: number;
      most: number;
      bytes: string;
      partitions: number;
      tenants: number;
      replicas: number;
      lag: string | null;
    }[]
  >`
    select (select sum(numbackends) from pg_stat_database)::int as used,
      current_setting('max_connections')::int as most, pg_database_size(current_database())::text as bytes,
      (select count(*) from pg_inherits i join pg_class p on p.oid = i.inhparent
        where p.relnamespace = 'all_tenants'::regnamespace and p.relkind = 'p')::int as partitions,
      (select count(*) from tenants)::int as tenants,
      (select count(*) from pg_stat_replication)::int as replicas,
      (select max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)) from pg_stat_replication)::text as lag`;
  if (!row) throw new Error('the database told nothing of itself');
  const oldest = Math.max(...own.map(({ oldestMs }) => oldestMs));
  const ours = own.reduce((sum, { connections }) => sum + connections, 0);
  return {
    facts: [
      count('Connections', row.used),
      count('Most allowed', row.most),
      count('Of this service', ours),
      ms('Oldest transaction', oldest),
      { label: 'Size', value: Number(row.bytes), unit: 'bytes' },
      count('Tenants', row.tenants),
      count('Partitions', row.partitions),
      row.replicas === 0
        ? text('Replicas', 'none')
        : {
            label: `Behind by (${row.replicas} replicas)`,
            value: row.lag === null ? null : Number(row.lag),
            unit: 'bytes',
          },
    ],
    findings: [
      ...judge(
        row.used / row.most,
        thresholds.connections,
        `${row.used} of ${row.most} connections are in use.`,
        'Raise max_connections, or run fewer processes.',
      ),
      ...judge(
        oldest,
        thresholds.transactionMs,
        `A transaction has been open for ${Math.round(oldest / 60_000)} minutes.`,
        'Find it in pg_stat_activity and end it.',
      ),
      ...judge(
        row.lag === null ? null : Number(row.lag),
        thresholds.replicationBytes,
        'A replica is behind.',
        'Look at its disk and network.',
      ),
    ],
  };
}

async function readConnections(login: Login): Promise<OwnConnections> {
  const [row] = await pool(login).sql<OwnConnections[]>`
    select count(*)::int as connections,
      coalesce(extract(epoch from max(clock_timestamp() - xact_start)) * 1000, 0)::float8 as "oldestMs"
    from pg_stat_activity where usename = current_user and datname = current_database() and pid <> pg_backend_pid()`;
  return row ?? { connections: 0, oldestMs: 0 };
}

async function readQueues(): Promise<Told> {
  const load = ingestLoad();
  const [row] = await pool('platform').sql<
    { words: number; mails: number; mailAge: number | null; erasures: number; erasureLate: number | null }[]
  >`
    select (select count(*) from trace_words_pending)::int as words,
      (select count(*) from mail_outbox where sent_at is null and failed_at is null)::int as mails,
      (select extract(epoch from now() - min(created_at)) * 1000 from mail_outbox
        where sent_at is null and failed_at is null)::float8 as "mailAge",
      (select count(*) from tenants where delete_after <= now())::int as erasures,
      (select extract(epoch from now() - min(delete_after)) * 1000 from tenants where delete_after <= now())::float8 as "erasureLate"`;
  if (!row) throw new Error('the database told nothing of its queues');
  const sends = env().smtpUrl !== undefined;
  return {
    facts: [
      count('Traces waiting to be stored (this process)', load.traces),
      { label: 'Their bytes', value: load.bytes, unit: 'bytes' },
      count('Commits whose words are not filed', row.words),
      count('Mails to send', row.mails),
      ms('The oldest has waited', row.mailAge),
      count('Erasures due', row.erasures),
      ms('The oldest is late by', row.erasureLate),
    ],
    findings: [
      ...judge(
        row.words,
        thresholds.words,
        `${row.words} commits wait for their words: the search lags behind.`,
        'It catches up once less comes; add a process if it does not.',
      ),
      ...judge(
        sends ? row.mailAge : null,
        thresholds.mailAgeMs,
        'Mails wait to be sent.',
        'See Jobs for what the mail server says.',
      ),
      ...judge(
        row.erasureLate,
        thresholds.erasuresLateMs,
        'An erasure that is due has not been done.',
        'See Jobs, and the log of the sweep “erasure”.',
      ),
    ],
  };
}

async function readHottest(ctx: OperatorContext): Promise<Told> {
  const hottest = await listHottestTenants(actAs(ctx));
  return {
    facts: [],
    table: {
      columns: [
        { label: 'Tenant', unit: 'tenant' },
        { label: 'Requests a second', unit: 'count' },
        { label: 'Limit', unit: 'count' },
        { label: 'Refused', unit: 'count' },
      ],
      rows: hottest.map(({ slug, perSecond, limit, limited }) => [
        slug,
        Number(perSecond.toFixed(perSecond < 10 ? 1 : 0)),
        limit,
        limited,
      ]),
    },
  };
}

async function readLimits(): Promise<Told> {
  const { store, inCharge } = rateLimitStatus();
  const { limit } = limitOf('tenant');
  return {
    facts: [
      text('Store', store),
      text('In charge', inCharge ? 'yes' : 'no: each process counts for itself'),
      count('A tenant’s requests a second', limit),
    ],
    findings: inCharge
      ? []
      : [
          {
            state: 'bad',
            says: `The rate limits’ store (${store}) does not answer; each process counts for itself.`,
            todo: 'Bring it back: the limits are narrower until then.',
          },
        ],
  };
}

async function readMetering(ctx: OperatorContext): Promise<Told> {
  const by = actAs(ctx);
  const [{ openHours, lagSeconds, failing }, differences] = await Promise.all([
    getMeteringState(by),
    listFindings(by),
  ]);
  const isWrong = (number: number, says: string, todo: string): HealthFinding[] =>
    number > 0 ? [{ state: 'bad', says, todo }] : [];
  return {
    facts: [
      ms('Behind', lagSeconds * 1_000),
      count('Open hours', openHours),
      count('Workspaces that fail', failing.length),
      count('Differences', differences.length),
    ],
    findings: [
      ...judge(
        lagSeconds * 1_000,
        thresholds.meteringLateMs,
        `${openHours} hours of usage are due and not closed.`,
        'See the runs at Metering, and run it.',
      ),
      ...isWrong(
        failing.length,
        `The usage of ${failing.length} workspaces cannot be closed.`,
        'See why at Metering.',
      ),
      ...isWrong(
        differences.length,
        `${differences.length} numbers of usage are not what they should be.`,
        'See which at Metering; docs/operations.md says what to do.',
      ),
    ],
  };
}

async function readStripe(): Promise<Told> {
  const { mode, takesWebhooks, lastEventAt, failedEvents, failingCustomers, reports } =
    await readStripeState();
  const warn = (isSo: boolean, says: string, todo: string): HealthFinding[] =>
    isSo ? [{ state: 'warn', says, todo }] : [];
  return {
    facts: [
      text('Mode', mode ?? 'none: nothing is charged'),
      { label: 'Last event', value: lastEventAt, unit: 'time' },
      count('Events that failed', failedEvents),
      count('Customers that cannot be fetched', failingCustomers),
      count('Reports of usage to send', reports.waiting),
      ms('The oldest has waited', reports.waiting > 0 ? reports.oldestSeconds * 1_000 : null),
      count('Reports given up', reports.givenUp),
    ],
    findings: [
      ...warn(
        mode !== null && !takesWebhooks,
        'Webhooks of Stripe are refused: changes are seen once a night.',
        'Set STRIPE_WEBHOOK_SECRET.',
      ),
      ...warn(
        failedEvents > 0,
        `${failedEvents} events of Stripe failed.`,
        'See why at Jobs, and replay them.',
      ),
      ...warn(
        failingCustomers > 0,
        `${failingCustomers} customers cannot be fetched from Stripe.`,
        'See why at Billing; they are tried again.',
      ),
      ...warn(
        reports.givenUp > 0,
        `${reports.givenUp} reports of usage were given up, and are not billed.`,
        'See why at Billing, and send them again.',
      ),
      ...judge(
        mode !== null && reports.waiting > 0 ? reports.oldestSeconds * 1_000 : null,
        thresholds.reportAgeMs,
        'Usage waits to be reported to Stripe.',
        'See Billing for what Stripe says.',
      ),
    ],
  };
}

async function readMail(): Promise<Told> {
  const { smtpUrl } = env();
  const server = smtpUrl ? new URL(smtpUrl).host : null;
  const [row] = await pool('platform').db.execute<{
    sent: number;
    failed: number;
    retrying: number;
    lastSent: string | null;
  }>(sql`
    select count(*) filter (where sent_at > now() - interval '24 hours')::int as sent,
      count(*) filter (where failed_at > now() - interval '24 hours')::int as failed,
      count(*) filter (where sent_at is null and failed_at is null and attempts > 0)::int as retrying,
      ${isoTime(sql`max(sent_at)`)} as "lastSent"
    from mail_outbox`);
  const failed = row?.failed ?? 0;
  return {
    facts: [
      text('Server', server ?? 'none: mails stay in the outbox'),
      count('Sent in 24 hours', row?.sent ?? 0),
      count('Given up in 24 hours', failed),
      count('Tried again', row?.retrying ?? 0),
      { label: 'Last sent', value: row?.lastSent ?? null, unit: 'time' },
    ],
    findings:
      failed > 0
        ? [
            {
              state: 'warn',
              says: `${failed} mails were given up.`,
              todo: 'See why at Jobs, and try them again.',
            },
          ]
        : [],
  };
}

async function readSweeps(): Promise<Told> {
  const rows = await withPlatform((db) => db.select().from(sweepRuns).orderBy(asc(sweepRuns.name)));
  // What this process knows is newer than what it has written.
  const own = new Map(sweepsRun().map((run) => [run.name, run]));
  const now = Date.now();
  const findings: HealthFinding[] = [];
  const lines = rows.map((row) => {
    const mine = own.get(row.name);
    const finishedAt = Math.max(row.finishedAt.getTime(), mine?.finishedAt ?? 0);
    const isMine = mine !== undefined && mine.finishedAt === finishedAt;
    const error = isMine ? mine.error : row.error;
    const late = sweepLateMs({ everyMs: row.everyMs, finishedAt, durationMs: row.durationMs }, now);
    if (late > 0)
      findings.push({
        state: 'bad',
        says: `The sweep “${row.name}” has not run when it should.`,
        todo: 'Restart the process that ran it.',
      });
    else if (error !== null)
      findings.push({
        state: 'warn',
        says: `The sweep “${row.name}” has failed.`,
        todo: 'The log says why.',
      });
    const duration = isMine ? mine.durationMs : row.durationMs;
    return [row.name, row.everyMs, new Date(finishedAt).toISOString(), duration, error ?? 'ok'];
  });
  return {
    facts: [],
    findings,
    table: {
      columns: [
        { label: 'Sweep', unit: 'text' },
        { label: 'Every', unit: 'ms' },
        { label: 'Last run', unit: 'time' },
        { label: 'Took', unit: 'ms' },
        { label: 'Outcome', unit: 'text' },
      ],
      rows: lines,
    },
  };
}

async function readBuild(): Promise<Told> {
  const failed = hasIsolationFailed();
  const { mode } = env();
  const started = new Date(Date.now() - process.uptime() * 1_000).toISOString();
  return {
    facts: [
      text('Version', version),
      text('Node.js', process.version),
      text('Mode', mode),
      { label: 'This process began', value: started, unit: 'time' },
      { label: 'Its memory', value: process.memoryUsage().rss, unit: 'bytes' },
      text('Isolation', failed ? 'FAILED' : 'holds'),
    ],
    findings: failed
      ? [
          {
            state: 'bad',
            says: 'The isolation check of a tenant has failed.',
            todo: 'Stop the service and see the log: this is the emergency.',
          },
        ]
      : [],
  };
}
