import { pool } from '@/db/client';
import journal from '@/db/migrations/meta/_journal.json';
import { rateLimitStatus } from '@/lib/rate-limit/limit';
import { changesHeardAgo } from '@/lib/tenancy/live-cache';
import { ingestLoad } from '@/lib/trace-ingest/mutations';
import { answersSinceStart } from '@/lib/vitals/requests';
import { sweepsRun } from '@/lib/vitals/sweeps';
import { readStripeState } from '@/lib/workflows/billing-operations/queries';
import { hasIsolationFailed } from '@/lib/workflows/isolation-canary/queries';
import { version } from '@/package.json';
import { toMetrics } from './rules';
import type { Readiness } from './schema';

/** A check that takes longer has failed: a probe does not wait. */
const CHECK_MS = 2_000;

/**
 * Whether this process can serve: the database answers and is at this version's schema, changes arrive, and no isolation
 * check has failed. What can be done without (the rate limits' shared store) is told and does not count.
 */
export async function readReadiness(): Promise<Readiness> {
  const newest =
    journal.entries
      .map(({ tag }) => tag)
      .sort()
      .at(-1) ?? '';
  const [database, schema] = await Promise.all([
    check(async () => {
      await pool('platform').sql`select 1`;
      return 'answers';
    }),
    check(async () => {
      const [row] = await pool('owner').sql<
        { name: string }[]
      >`select max(name) as name from schema_migrations`;
      if (!row || row.name < newest) throw new Error(`is at ${row?.name ?? 'nothing'}, not ${newest}`);
      return row.name;
    }),
  ]);
  const heard = changesHeardAgo();
  const changes =
    heard === null || heard > 30_000
      ? { ok: false, detail: 'changes of other processes do not arrive' }
      : { ok: true, detail: 'changes of other processes arrive' };
  const isolation = hasIsolationFailed()
    ? { ok: false, detail: 'a check has failed: see the log' }
    : { ok: true, detail: 'holds' };
  const { store, inCharge } = rateLimitStatus();
  const limits = { ok: true, detail: inCharge ? `${store} is in charge` : `${store} is away` };
  const checks = { database, schema, changes, isolation, rate_limits: limits };
  const ready = Object.values(checks).every(({ ok }) => ok);
  return { status: ready ? 'ready' : 'not_ready', checks };
}

async function check(ask: () => Promise<string>): Promise<{ ok: boolean; detail: string }> {
  const late = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error(`no answer within ${CHECK_MS} ms`)), CHECK_MS).unref(),
  );
  try {
    return { ok: true, detail: await Promise.race([ask(), late]) };
  } catch (error) {
    const own = error instanceof Error && !('code' in error) ? error.message : 'does not answer';
    return { ok: false, detail: own };
  }
}

/** What Prometheus reads, in its text format: counts since this process began, and what holds at the moment. */
export async function readMetrics(): Promise<string> {
  const { store, inCharge } = rateLimitStatus();
  const load = ingestLoad();
  const queues = await check(async () => {
    const [row] = await pool('platform').sql<
      { words: number; mails: number; failed: number; erasures: number }[]
    >`
      select (select count(*) from trace_words_pending)::int as words,
        (select count(*) from mail_outbox where sent_at is null and failed_at is null)::int as mails,
        (select count(*) from mail_outbox where failed_at is not null)::int as failed,
        (select count(*) from tenants where delete_after <= now())::int as erasures`;
    const { failedEvents, reports } = await readStripeState();
    return JSON.stringify({ ...row, webhooks_failed: failedEvents, reports: reports.waiting });
  });
  return toMetrics({
    version,
    store,
    inCharge,
    isolationHolds: !hasIsolationFailed(),
    heardSeconds: (changesHeardAgo() ?? Number.NaN) / 1_000,
    uptimeSeconds: process.uptime(),
    memoryBytes: process.memoryUsage().rss,
    ingest: load,
    queues: queues.ok ? (JSON.parse(queues.detail) as Record<string, number>) : null,
    answers: answersSinceStart(),
    sweeps: sweepsRun(),
  });
}
