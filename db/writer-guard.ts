import { setTimeout as sleep } from 'node:timers/promises';
import type postgres from 'postgres';

/**
 * Keeps a schema change from holding up writers. A change queues behind whoever uses a table, and everybody after it
 * queues behind the change; one that has its lock on some partitions and waits for others holds up all of those. So it
 * gives up, and tries again, when it has waited for one lock for too long, or when anybody has waited behind it for too
 * long, however many locks that took. lock_timeout alone would not do: it starts anew with each of a
 * thousand partitions.
 */

/**
 * An attempt: how long it waits for one lock, and how long others wait for it. The usual one is over before
 * deadlock_timeout (1 s by default): where a change and a writer wait for each other, the change yields. Every third
 * one goes beyond it, because a waiter of that age is what makes autovacuum let a table go; still no writer waits 2 s.
 */
const USUAL = { lockTimeoutMs: 500, patienceMs: 700 };
const PATIENT = { lockTimeoutMs: 1_300, patienceMs: 1_500 };
const PATIENT_EVERY = 3;
const LOOK_EVERY_MS = 100;
/** With the pauses about two minutes: longer than any transaction of the app login may stand idle (60 s). */
const ATTEMPTS = 30;
const LONGEST_PAUSE_MS = 5_000;

/** lock_not_available, query_canceled (the watch below), deadlock_detected. */
const RETRYABLE = new Set(['55P03', '57014', '40P01']);

/** A migration run: its connection, a second one that watches it, and where to say what it does. */
export type MigrationRun = {
  owner: postgres.Sql;
  watch: postgres.Sql;
  /** The server's process of `owner`, which holds the advisory lock. */
  pid: number;
  report: (line: string) => void;
};

/**
 * Runs `work` in a transaction that nobody waits for longer than 2 s, again and again until it gets through. Throws what
 * `work` throws, or the last error when it did not get its locks in ATTEMPTS attempts.
 */
export async function guarded<T>(
  run: MigrationRun,
  label: string,
  work: (tx: postgres.TransactionSql) => Promise<T>,
): Promise<T> {
  return retried(run, label, async (attempt) => {
    const { lockTimeoutMs, patienceMs } = attempt % PATIENT_EVERY === 0 ? PATIENT : USUAL;
    const watch = watchWaiters(run, patienceMs);
    try {
      // The box keeps postgres.js from unwrapping an array that `work` answers.
      const box = await run.owner.begin(async (tx) => {
        await assertStillOurs(run, tx);
        await tx.unsafe(`SET LOCAL lock_timeout = ${lockTimeoutMs}`);
        return { result: await work(tx) };
      });
      return box.result as T;
    } finally {
      await watch.stop();
    }
  });
}

/** Runs `work` again, after growing pauses, while it fails for want of a lock. `work` is told the attempt, from 1. */
export async function retried<T>(
  run: MigrationRun,
  label: string,
  work: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (!RETRYABLE.has((error as { code?: string }).code ?? '') || attempt >= ATTEMPTS) throw error;
      run.report(`${label} waits for a lock (attempt ${attempt} of ${ATTEMPTS})`);
      await sleep(Math.min(LONGEST_PAUSE_MS, 100 * 2 ** attempt) * (0.5 + Math.random() / 2));
    }
  }
}

/**
 * Throws an Error when the connection is not the one that took the advisory lock: it was lost, and another run may have
 * begun.
 */
export async function assertStillOurs(run: MigrationRun, sql: postgres.ISql): Promise<void> {
  const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  if (row?.pid !== run.pid) throw new Error('the connection was lost, run it again');
}

/**
 * Cancels what the run's connection is doing as soon as somebody has waited behind it for too long. When `stop` has
 * resolved, no cancellation is under way any more: one that arrives between statements is ignored by the server.
 */
function watchWaiters({ watch, pid }: MigrationRun, patienceMs: number): { stop: () => Promise<void> } {
  const ended = new AbortController();
  const pause = () => sleep(LOOK_EVERY_MS, true, { signal: ended.signal }).catch(() => false);
  const watching = (async () => {
    while (await pause()) {
      // A look that fails is made up for by the next one; lock_timeout stands meanwhile.
      await watch`
        select pg_cancel_backend(${pid}) from (
          select from pg_locks
            where not granted and pid <> ${pid} and waitstart < clock_timestamp() - make_interval(secs => ${patienceMs / 1000})
              and ${pid} = any (pg_blocking_pids(pid))
            limit 1) as waiter`.catch(() => {});
    }
  })();
  return {
    stop: () => {
      ended.abort();
      return watching;
    },
  };
}
