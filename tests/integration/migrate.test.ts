import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type postgres from 'postgres';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loginUrl } from '@/db/logins';
import { migrate } from '@/db/migrate';
import {
  asSuperuser,
  connect,
  createDatabase,
  migrationsFolder,
  type TestDatabase,
} from '@/tests/support/databases';
import { unique } from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';

let database: TestDatabase;
let folder: string;
let admin: postgres.Sql;

beforeEach(async () => {
  [database, folder] = await Promise.all([createDatabase(), mkdtemp(path.join(os.tmpdir(), 'migrations-'))]);
  admin = connect(database.url);
});
afterEach(async () => {
  await admin.end();
  await Promise.all([database.drop(), rm(folder, { recursive: true })]);
});

const write = (name: string, statements: string) => writeFile(path.join(folder, `${name}.sql`), statements);

async function run(report: string[] = []) {
  return migrate({ adminUrl: database.url, folder, report: (line) => report.push(line) });
}

const recorded = async () =>
  (await admin<{ name: string }[]>`select name from public.schema_migrations order by applied_at, name`).map(
    (row) => row.name,
  );
const exists = async (table: string) =>
  (await admin`select to_regclass(${`public.${table}`}) as table`)[0]?.table !== null;

describe('migrate', () => {
  test('brings an empty database to the newest version, and then has nothing to do', async () => {
    const first = await migrate({ adminUrl: database.url, folder: migrationsFolder });
    expect(first.applied.length).toBeGreaterThan(1);
    expect(first.version).toBe(first.applied.at(-1));
    expect(await recorded()).toEqual(first.applied);

    const second = await migrate({ adminUrl: database.url, folder: migrationsFolder });
    expect(second).toEqual({ applied: [], version: first.version });
  });

  test('lets three who start at once do the work once', async () => {
    const reports = await Promise.all(
      [1, 2, 3].map(() => migrate({ adminUrl: database.url, folder: migrationsFolder })),
    );
    const all = reports.flatMap((report) => report.applied);
    expect(all.length).toBeGreaterThan(1);
    expect(new Set(all).size).toBe(all.length);
    expect(await recorded()).toEqual(all);
    expect(new Set(reports.map((report) => report.version)).size).toBe(1);
  });

  test('applies files in the order of their names, and only .sql', async () => {
    await write('0002_second', 'alter table first add column second int');
    await write('0001_first', 'create table first (id int)');
    await writeFile(path.join(folder, 'readme.md'), 'nothing');
    expect(await run()).toEqual({ applied: ['0001_first', '0002_second'], version: '0002_second' });
  });

  test('applies what was added since the last time', async () => {
    await write('0001_first', 'create table first (id int)');
    await run();
    await write('0002_second', 'create table second (id int)');
    expect(await run()).toEqual({ applied: ['0002_second'], version: '0002_second' });
  });

  test('refuses a file that was edited after it had been applied, by name, and applies nothing after it', async () => {
    await write('0001_first', 'create table first (id int)');
    await run();
    await write('0001_first', 'create table first (id bigint)');
    await write('0002_second', 'create table second (id int)');
    await expect(run()).rejects.toThrow(/0001_first was edited/);
    expect(await exists('second')).toBe(false);
    expect(await recorded()).toEqual(['0001_first']);

    await write('0001_first', 'create table first (id int)');
    expect(await run()).toMatchObject({ applied: ['0002_second'] });
  });

  test('stays at the version before a file that fails, with nothing of that file, and names both', async () => {
    await write('0001_first', 'create table first (id int)');
    await write('0002_broken', 'create table half (id int); select 1 / 0; create table never (id int)');
    await write('0003_third', 'create table third (id int)');
    await expect(run()).rejects.toThrow(
      /0002_broken failed; the database is at 0001_first: .*division by zero/,
    );
    expect(await recorded()).toEqual(['0001_first']);
    expect([await exists('half'), await exists('third')]).toEqual([false, false]);

    await write('0002_broken', 'create table whole (id int)');
    expect(await run()).toEqual({ applied: ['0002_broken', '0003_third'], version: '0003_third' });
  });

  test('says that an empty database is empty when the first file fails', async () => {
    await write('0001_broken', 'select 1 / 0');
    await expect(run()).rejects.toThrow(/0001_broken failed; the database is at empty/);
    await write('0001_broken', 'select 1');
    expect(await run()).toMatchObject({ applied: ['0001_broken'] });
  });

  test('lets the next one in after a failure', async () => {
    await write('0001_broken', 'select 1 / 0');
    await expect(run()).rejects.toThrow();
    const locks =
      await admin`select 1 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = ${database.name})`;
    expect(locks).toHaveLength(0);
  });

  test('gives up waiting for a lock, tries again, and holds a second migration back meanwhile', async () => {
    await write('0001_first', 'create table first (id int)');
    await run();
    await write('0002_second', 'alter table first add column second int');

    const reader = connect(database.url);
    let release = () => {};
    let held: Promise<unknown> = Promise.resolve();
    // The migration starts only once the reader has its lock.
    await new Promise<void>((reading) => {
      held = reader.begin(async (tx) => {
        await tx`select * from first`;
        await new Promise<void>((resolve) => {
          release = resolve;
          reading();
        });
      });
    });
    const [ahead, behind]: string[][] = [[], []];
    const first = run(ahead);
    await poll(
      () => ahead?.some((line) => line.includes('0002_second waits for a lock')),
      15_000,
      'a first attempt',
    );
    const second = run(behind);
    await poll(
      () => behind?.some((line) => line.includes('another migration')),
      15_000,
      'the wait of the second',
    );
    expect(await recorded()).toEqual(['0001_first']);
    // Between attempts nobody queues behind the change: a reader gets through.
    await admin`select * from first`;

    release();
    await held;
    expect(await first).toEqual({ applied: ['0002_second'], version: '0002_second' });
    expect(await second).toEqual({ applied: [], version: '0002_second' });
    await reader.end();
  });

  test('works as an administrator who may make roles and owns the database, without being superuser', async () => {
    const role = `admin_${unique()}`;
    const granted = 'ragtoolkit_owner, ragtoolkit_app, ragtoolkit_platform';
    await asSuperuser(async (sql) => {
      await sql.unsafe(`create role ${role} login createrole nosuperuser nocreatedb password 'secret'`);
      // What such an administrator has of roles that it made itself.
      await sql.unsafe(`grant ${granted} to ${role} with admin true, inherit false, set false`);
      await sql.unsafe(`alter database ${database.name} owner to ${role}`);
    });
    try {
      const url = new URL(database.url);
      url.username = role;
      url.password = 'secret';
      const report = await migrate({ adminUrl: url.toString(), folder: migrationsFolder });
      expect(report.applied.length).toBeGreaterThan(1);
    } finally {
      await database.drop();
      await asSuperuser((sql) => sql.unsafe(`drop role ${role}`));
    }
  });
});

describe('the logins that migrate makes', () => {
  test('may connect to this database, with limits of their own', async () => {
    await write('0001_first', 'create table first (id int)');
    await run();
    const app = connect(loginUrl('app', database.url));
    expect(await app`show statement_timeout`).toEqual([{ statement_timeout: '30s' }]);
    expect(await app`show idle_in_transaction_session_timeout`).toEqual([
      { idle_in_transaction_session_timeout: '1min' },
    ]);
    await app.end();
  });

  test('are the only ones that may connect besides the administrator', async () => {
    await run();
    const [row] = await admin`
      select has_database_privilege('public', current_database(), 'CONNECT') as connect,
        has_schema_privilege('public', 'public', 'USAGE') as usage`;
    expect(row).toEqual({ connect: false, usage: false });
  });
});
