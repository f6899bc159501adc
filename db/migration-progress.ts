import type { MigrationRun } from './writer-guard';

const REPORT_EVERY_MS = 2_000;

const format = (count: number) => count.toLocaleString('en-US');

/** Tells how many tenants a migration has been through, as `0007_x: 340 of 1,000 tenants`, every two seconds and at the end. */
export function createCounter(run: MigrationRun, name: string, doneBefore: number) {
  let done = doneBefore;
  let total = doneBefore;
  let reportedAt = Date.now();
  const line = () => `${name}: ${format(done)} of ${format(total)} tenants`;
  if (doneBefore > 0) run.report(`${name} goes on after ${format(doneBefore)} tenants`);
  return {
    /** So many are left to do. */
    expect(pending: number) {
      total = done + pending;
    },
    done() {
      done += 1;
      if (Date.now() - reportedAt < REPORT_EVERY_MS) return;
      reportedAt = Date.now();
      run.report(line());
    },
    end() {
      if (total > doneBefore) run.report(line());
    },
    /** An Error that names the tenant at which it failed, and says how far it is. */
    failure(tenant: { id: string; slug: string }, error: unknown): Error {
      const message = `tenant ${tenant.slug} (${tenant.id}), with ${format(done)} of ${format(total)} tenants done: ${(error as Error).message}`;
      return new Error(message, { cause: error });
    },
  };
}
