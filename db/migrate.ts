import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import postgres from 'postgres';
import { bootstrapLogins } from './bootstrap';
import { loginUrl } from './logins';

/** Keeps two migration runs of one database apart. An arbitrary number that nothing else uses. */
const ADVISORY_LOCK = 7_241_803_391;
/** A schema change queues behind readers and then blocks everybody: give up soon, and try again. */
const LOCK_TIMEOUT_MS = 2_000;
const LOCK_ATTEMPTS = 30;
const LOCK_NOT_AVAILABLE = '55P03';

type Migration = { name: string; checksum: string; statements: string };

/** What a run did: the migrations applied, in order, and the version the database is at now. */
export type MigrationReport = { applied: string[]; version: string };

/**
 * Brings a database to the newest version: logins first (as the administrator), then every file of the folder that is
 * not yet recorded, each in a transaction of its own, in the order of the names. Concurrent runs wait for each other.
 * Throws an Error that names the file when one fails or an applied one was edited; the database then stays at the last
 * version that succeeded.
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

  const owner = postgres(loginUrl('owner', options.adminUrl), {
    max: 1,
    onnotice: () => {},
    connection: { application_name: 'ragtoolkit migrate' },
  });
  try {
    await lock(owner, report);
    return await applyAll(owner, migrations, report);
  } finally {
    await owner.end({ timeout: 5 });
  }
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  return Promise.all(
    files.map(async (file) => {
      const statements = await readFile(path.join(folder, file), 'utf8');
      return {
        name: file.replace(/\.sql$/, ''),
        checksum: createHash('sha256').update(statements).digest('hex'),
        statements,
      };
    }),
  );
}

async function lock(owner: postgres.Sql, report: (line: string) => void): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const [row] = await owner<{ locked: boolean }[]>`select pg_try_advisory_lock(${ADVISORY_LOCK}) as locked`;
    if (row?.locked) return;
    if (attempt === 0) report('another migration is running, waiting for it');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function applyAll(
  owner: postgres.Sql,
  migrations: Migration[],
  report: (line: string) => void,
): Promise<MigrationReport> {
  await owner`create table if not exists schema_migrations (
    name text primary key, checksum text not null, applied_at timestamptz not null default now())`;
  const rows = await owner<
    { name: string; checksum: string }[]
  >`select name, checksum from schema_migrations order by name`;
  const done = new Map(rows.map((row) => [row.name, row.checksum]));
  let version = rows.at(-1)?.name ?? 'empty';
  const applied: string[] = [];
  for (const migration of migrations) {
    const checksum = done.get(migration.name);
    if (checksum === migration.checksum) continue;
    if (checksum !== undefined) {
      throw new Error(
        `Migration ${migration.name} was edited after it had been applied. Restore the file and write a new one.`,
      );
    }
    try {
      await applyOne(owner, migration, report);
    } catch (error) {
      throw new Error(
        `Migration ${migration.name} failed; the database is at ${version}: ${(error as Error).message}`,
        { cause: error },
      );
    }
    version = migration.name;
    applied.push(migration.name);
    report(`applied ${migration.name}`);
  }
  return { applied, version };
}

async function applyOne(
  owner: postgres.Sql,
  migration: Migration,
  report: (line: string) => void,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await owner.begin(async (tx) => {
        await tx.unsafe(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
        await tx.unsafe(migration.statements);
        await tx`insert into schema_migrations (name, checksum) values (${migration.name}, ${migration.checksum})`;
      });
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE || attempt >= LOCK_ATTEMPTS) throw error;
      report(`${migration.name} waits for a lock (attempt ${attempt} of ${LOCK_ATTEMPTS})`);
      await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 400));
    }
  }
}
