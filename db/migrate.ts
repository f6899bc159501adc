import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { bootstrapLogins } from './bootstrap';
import { loginUrl } from './logins';
import { type Migration, readMigrations } from './migration-files';
import { steps } from './migration-steps';
import { completePartitions } from './partitions';
import type { MigrationRun } from './writer-guard';

/** Keeps two migration runs of one database apart. An arbitrary number that nothing else uses. */
const ADVISORY_LOCK = 7_241_803_391;

/** What a run did: the migrations applied, in order, and the version the database is at now. */
export type MigrationReport = { applied: string[]; version: string };

/**
 * Brings a database to the newest version: logins first (as the administrator), then every file of the folder that is
 * not yet recorded, in the order of the names, each as its kind says (migration-files.ts). Concurrent runs wait for each
 * other; an interrupted one is continued by the next. Throws an Error that names the file, and the tenant where it
 * failed at one, when a file fails or an applied one was edited; the database then is at the last version that succeeded.
 */
export async function migrate(options: {
  adminUrl: string;
  folder: string;
  report?: (line: string) => void;
}): Promise<MigrationReport> {
  const report = options.report ?? (() => {});
  const migrations = await readMigrations(options.folder);
  const admin = postgres(options.adminUrl, { max: 1, onnotice: () => {} });
  try {
    await bootstrapLogins(admin);
  } finally {
    await admin.end({ timeout: 5 });
  }

  const [owner, watch] = [connectOwner(options.adminUrl), connectOwner(options.adminUrl)];
  try {
    const run = { owner, watch, report, pid: await lock(owner, report) };
    return await applyAll(run, migrations);
  } finally {
    await Promise.all([owner.end({ timeout: 5 }), watch.end({ timeout: 5 })]);
  }
}

function connectOwner(adminUrl: string): postgres.Sql {
  return postgres(loginUrl('owner', adminUrl), {
    max: 1,
    max_lifetime: null, // a new connection would be without the advisory lock
    onnotice: () => {},
    connection: { application_name: 'ragtoolkit migrate', statement_timeout: 0 },
  });
}

/** Asks again and again instead of waiting in the database: a waiting transaction would hold up concurrent index builds. */
async function lock(owner: postgres.Sql, report: (line: string) => void): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    const [row] = await owner<{ locked: boolean; pid: number }[]>`
      select pg_try_advisory_lock(${ADVISORY_LOCK}) as locked, pg_backend_pid() as pid`;
    if (row?.locked) return row.pid;
    if (attempt === 0) report('another migration is running, waiting for it');
    await sleep(200);
  }
}

async function applyAll(run: MigrationRun, migrations: Migration[]): Promise<MigrationReport> {
  const rows = await readRecorded(run.owner);
  const done = new Map(rows.map((row) => [row.name, row.checksum]));
  let version = rows.at(-1)?.name ?? 'empty';
  const applied: string[] = [];
  await completePartitions(run, { wait: false }); // an interrupted run may not have come to it
  for (const migration of migrations) {
    const checksum = done.get(migration.name);
    if (checksum === migration.checksum) continue;
    if (checksum !== undefined) {
      throw new Error(
        `Migration ${migration.name} was edited after it had been applied. Restore the file and write a new one.`,
      );
    }
    try {
      await steps[migration.kind](run, migration);
    } catch (error) {
      throw new Error(
        `Migration ${migration.name} failed; the database is at ${version}: ${(error as Error).message}`,
        { cause: error },
      );
    }
    version = migration.name;
    applied.push(migration.name);
    run.report(`applied ${migration.name}`);
  }
  return { applied, version };
}

async function readRecorded(owner: postgres.Sql): Promise<{ name: string; checksum: string }[]> {
  await owner.unsafe(`
    create table if not exists schema_migrations (
      name text primary key, checksum text not null, applied_at timestamptz not null default now());
    create table if not exists schema_migration_tenants (
      name text not null, tenant_id uuid not null, checksum text not null, primary key (name, tenant_id));`);
  return owner`select name, checksum from schema_migrations order by name`;
}
