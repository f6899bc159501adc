import { lt, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { requestMinutes, sweepRuns } from '@/db/schema/operator';
import { type MinuteCount, returnMinutes, takeMinutes } from '@/lib/vitals/requests';
import { sweepsRun } from '@/lib/vitals/sweeps';

/**
 * Adds what this process has answered, and when its sweeps ran, to the tables that all processes write. Answers that cannot
 * be written are kept for the next time. Throws what the database throws.
 */
export async function flushVitals(): Promise<void> {
  const counts = takeMinutes();
  try {
    if (counts.length > 0) await writeMinutes(counts);
  } catch (error) {
    returnMinutes(counts);
    throw error;
  }
  await writeSweeps();
}

/** Forgets answers of more than two hours ago. */
export async function sweepVitals(): Promise<void> {
  await pool('platform')
    .db.delete(requestMinutes)
    .where(lt(requestMinutes.minute, sql`now() - interval '2 hours'`));
}

/** In one order, so that processes that write at once wait for each other and never in a circle. */
async function writeMinutes(counts: MinuteCount[]): Promise<void> {
  const name = ({ minute, route }: MinuteCount) => `${minute.toISOString()} ${route}`;
  const rows = counts
    .sort((a, b) => (name(a) < name(b) ? -1 : 1))
    .map(({ minute, route, requests, errors, latencies }) => ({
      minute,
      route,
      requests,
      errors,
      latencies,
    }));
  await pool('platform')
    .db.insert(requestMinutes)
    .values(rows)
    .onConflictDoUpdate({
      target: [requestMinutes.minute, requestMinutes.route],
      set: {
        requests: sql`${requestMinutes.requests} + excluded.requests`,
        errors: sql`${requestMinutes.errors} + excluded.errors`,
        latencies: sql`array(select coalesce(a, 0) + coalesce(b, 0)
          from unnest(${requestMinutes.latencies}, excluded.latencies) with ordinality u (a, b, place) order by place)`,
      },
    });
}

/** The newest run of each sweep stands, whichever process it was in. */
async function writeSweeps(): Promise<void> {
  const runs = sweepsRun().sort((a, b) => (a.name < b.name ? -1 : 1));
  if (runs.length === 0) return;
  await pool('platform')
    .db.insert(sweepRuns)
    .values(
      runs.map(({ finishedAt, succeededAt, ...run }) => ({
        ...run,
        finishedAt: new Date(finishedAt),
        succeededAt: succeededAt === null ? null : new Date(succeededAt),
      })),
    )
    .onConflictDoUpdate({
      target: sweepRuns.name,
      set: {
        everyMs: sql`excluded.every_ms`,
        finishedAt: sql`excluded.finished_at`,
        durationMs: sql`excluded.duration_ms`,
        succeededAt: sql`greatest(${sweepRuns.succeededAt}, excluded.succeeded_at)`,
        error: sql`excluded.error`,
      },
      setWhere: sql`${sweepRuns.finishedAt} < excluded.finished_at`,
    });
}
