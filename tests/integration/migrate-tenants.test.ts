import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { closePools } from '@/db/client';
import { migrate } from '@/db/migrate';
import { traces } from '@/db/schema/traces';
import { withOwner, withTenant } from '@/db/tenant';
import { newId } from '@/lib/ids';
import { createTenant } from '@/lib/tenants/mutations';
import { checkCatalogue } from '@/tests/support/catalogue';
import { connect, createDatabase, migrationsFolder } from '@/tests/support/databases';
import { unique } from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';

// A database of its own, whose pools withTenant opens too: the schema that it changes is shared with no other suite.
const database = await createDatabase();
process.env.DATABASE_URL = database.url;

const TENANTS = 12;

type Tenant = { id: string; slug: string };
let tenants: Tenant[] = [];
let admin: postgres.Sql;
let folder: string;
/** What each migration of a test is called, so that no two tests share one. */
let name: string;
let number = 9_000;
let releases: (() => void)[] = [];

beforeAll(async () => {
  admin = connect(database.url, { max: 4 });
  await migrate({ adminUrl: database.url, folder: migrationsFolder });
  folder = await mkdtemp(path.join(os.tmpdir(), 'migrations-'));
  for (let index = 0; index < TENANTS; index++) await makeTenant();
  await admin`create table visits (tenant_id uuid not null)`;
  await admin`grant all on visits to ragtoolkit_owner`;
});
beforeEach(async () => {
  name = `${++number}_change`;
  await admin`truncate visits`;
});
afterEach(() => {
  for (const release of releases) release();
  releases = [];
});
afterAll(async () => {
  await closePools();
  await admin.end();
  await Promise.all([database.drop(), rm(folder, { recursive: true })]);
});

/** A tenant by the verb that makes real ones, without a person; `hold` keeps its transaction open. */
async function makeTenant(hold: Promise<void> | undefined = undefined): Promise<Tenant> {
  const tenant = { id: newId(), slug: `team-${unique()}`, name: 'Team' };
  const by = { actor: { kind: 'system', name: 'test' }, requestId: 'test' } as const;
  await withOwner(async (db) => {
    await createTenant(db, tenant, by);
    await hold;
  });
  tenants = [...tenants, tenant].sort((a, b) => (a.id < b.id ? -1 : 1));
  return tenant;
}

const schemaOf = ({ id }: Tenant) => `t_${id.replaceAll('-', '')}`;
const write = (file: string, statements: string) => writeFile(path.join(folder, `${file}.sql`), statements);
const run = (report: string[] = []) =>
  migrate({ adminUrl: database.url, folder, report: (line) => report.push(line) });
const insert = (tenant: Tenant) =>
  withTenant({ tenant }, async (db) => {
    await db.insert(traces).values({ tenantId: tenant.id, traceId: newId(), byteSize: 0 });
  });

/** Something that is held until it is released, at the end of the test at the latest. */
function promise() {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  releases.push(release);
  return { held, release };
}

/** Writes for every tenant in turn, in several loops, until it is stopped; answers what failed. */
function keepWriting() {
  let stopped = false;
  let written = 0;
  const failures: unknown[] = [];
  const loops = [0, 1, 2].map(async (offset) => {
    for (let turn = offset; !stopped; turn++) {
      const tenant = tenants[turn % tenants.length];
      if (tenant) await insert(tenant).catch((error) => failures.push(error));
      written++;
    }
  });
  return {
    written: () => written,
    async stop() {
      stopped = true;
      await Promise.all(loops);
      return failures;
    },
  };
}

/** An open transaction that has written a tenant's traces, for which changes and concurrent builds wait. */
function holdTraces(tenant: Tenant) {
  const { held, release } = promise();
  const begun = promise();
  const done = withTenant({ tenant }, async (db) => {
    await db.insert(traces).values({ tenantId: tenant.id, traceId: newId(), byteSize: 0 });
    begun.release();
    await held;
  });
  const end = () => {
    release();
    return done;
  };
  return { begun: begun.held, end };
}

/** Ends the connection of the run under way, as a crash of its machine would. */
async function killRun(condition: () => Promise<unknown> | unknown) {
  await poll(condition, 15_000, 'the moment to kill the run');
  await admin`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'ragtoolkit migrate' and datname = current_database()`;
}

const visits = async () =>
  (await admin<{ id: string }[]>`select tenant_id as id from visits order by 1`).map(({ id }) => id);
const version = async () =>
  (await admin<{ name: string }[]>`select name from schema_migrations order by name desc limit 1`)[0]?.name;
const indexesOf = (index: string) => admin<{ schema: string; valid: boolean; attached: boolean }[]>`
  select n.nspname as schema, i.indisvalid as valid, p.inhparent is not null as attached
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_index i on i.indexrelid = c.oid
      left join pg_inherits p on p.inhrelid = c.oid
    where c.oid = to_regclass('all_tenants.' || ${index}) or p.inhparent = to_regclass('all_tenants.' || ${index})
      or c.relname = ${index}
    order by 1`;

async function expectIndexEverywhere(index: string) {
  const partitions = tenants.map((tenant) => ({ schema: schemaOf(tenant), valid: true, attached: true }));
  expect(await indexesOf(index)).toEqual([
    { schema: 'all_tenants', valid: true, attached: false },
    ...partitions,
  ]);
}

describe('a change of a tenant data table', () => {
  test('reaches every tenant while others write and sign up, and no write fails', async () => {
    await write(`${name}_1`, 'alter table all_tenants.traces add column reviewer text');
    await write(
      `${name}_2`,
      '-- ragtoolkit: each tenant\ngrant update (reviewer) on {schema}.traces to ragtoolkit_app',
    );
    await write(
      `${name}_3`,
      '-- ragtoolkit: concurrently\nCREATE INDEX "by_reviewer" ON all_tenants."traces" USING btree ("tenant_id","reviewer");',
    );
    const writers = keepWriting();
    await poll(() => writers.written() > 20);
    const report: string[] = [];
    const [{ applied }] = await Promise.all([
      run(report),
      (async () => {
        for (let index = 0; index < 3; index++) await makeTenant();
      })(),
    ]);
    const before = writers.written();
    await poll(() => writers.written() > before + 20);

    expect(await writers.stop()).toEqual([]);
    expect(applied).toEqual([`${name}_1`, `${name}_2`, `${name}_3`]);
    expect(report.some((line) => /_2: 1\d of 1\d tenants$/.test(line))).toBe(true);
    expect(report.some((line) => /_3: 1\d of 1\d tenants$/.test(line))).toBe(true);
    await expectIndexEverywhere('by_reviewer');
    for (const tenant of tenants) {
      const [row] = await admin`
        select has_column_privilege('ragtoolkit_app', ${`${schemaOf(tenant)}.traces`}, 'reviewer', 'UPDATE') as may`;
      expect(row).toEqual({ may: true });
    }
    const findings = await checkCatalogue(admin);
    expect(findings.filter((line) => !line.startsWith('public.visits'))).toEqual([]);
  });

  test('lets writers through while a transaction of one tenant keeps it waiting', async () => {
    await write(name, 'alter table all_tenants.traces add column later text');
    const open = holdTraces(tenants[5] as Tenant);
    await open.begun;
    const report: string[] = [];
    const migration = run(report);
    await poll(() => report.some((line) => line.startsWith(`${name} waits for a lock`)));
    await Promise.all(tenants.map(insert));
    await open.end();
    expect(await migration).toEqual({ applied: [name], version: name });
  });

  test('gives way to a writer that waits for it, however long it would go on', async () => {
    await admin`insert into visits values (${newId()})`;
    await write(
      name,
      `alter table all_tenants.traces add column slow text;
       select case when exists (select from visits) then pg_sleep(3600) end;`,
    );
    const migration = run();
    await poll(
      async () =>
        (
          await admin`select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`
        ).length > 0,
    );
    await insert(tenants[0] as Tenant);
    await admin`truncate visits`;
    await insert(tenants[0] as Tenant); // an attempt that began before goes on sleeping
    expect(await migration).toEqual({ applied: [name], version: name });
  });
});

describe('a new tenant data table', () => {
  test('reaches the tenant whose sign-up was under way', async () => {
    const signUp = promise();
    const made = makeTenant(signUp.held);
    const isOpen =
      () => admin`select from pg_locks where relation = 'all_tenants.traces'::regclass and granted
      and mode = 'ShareUpdateExclusiveLock'`;
    await poll(async () => (await isOpen()).length > 0);
    await write(
      name,
      `create table all_tenants.notes (tenant_id uuid not null, id uuid not null, note text, primary key (tenant_id, id))
         partition by list (tenant_id);
       select all_tenants.protect_tenant_table('all_tenants.notes');
       select all_tenants.add_partition(id, 'all_tenants.notes') from tenants order by id;`,
    );
    const report: string[] = [];
    const migration = run(report);
    await poll(() => report.some((line) => line.includes('missing partitions waits')));
    signUp.release();
    const { slug } = await made;
    await migration;
    expect(report).toContain(`added the partition of all_tenants.notes that tenant ${slug} lacked`);
    const partitions = await admin`select from pg_inherits where inhparent = 'all_tenants.notes'::regclass`;
    expect(partitions).toHaveLength(tenants.length);
  });
});

describe('a migration for each tenant', () => {
  const visit = '-- ragtoolkit: each tenant\ninsert into public.visits values ({tenant_id});';
  const ids = () => tenants.map(({ id }) => id);

  test('names the tenant at which it fails, stays at the version before, and goes on from there', async () => {
    const before = await version();
    const [failing] = tenants.slice(7) as [Tenant];
    await admin.unsafe(`alter table visits add constraint refused check (tenant_id <> '${failing.id}')`);
    await write(name, visit);
    await expect(run()).rejects.toThrow(
      new RegExp(
        `${name} failed; the database is at ${before}: tenant ${failing.slug} .* 7 of ${tenants.length} tenants done: .*refused`,
      ),
    );
    expect(await version()).toBe(before);
    expect(await visits()).toEqual(ids().slice(0, 7));

    await admin`alter table visits drop constraint refused`;
    const report: string[] = [];
    expect(await run(report)).toEqual({ applied: [name], version: name });
    expect(report).toContain(`${name} goes on after 7 tenants`);
    expect(await visits()).toEqual(ids());
    expect(await admin`select from schema_migration_tenants`).toHaveLength(0);
  });

  test('is continued after its connection was lost, once for each tenant', async () => {
    await write(name, visit);
    const { held, release } = promise();
    const lock = admin.begin(async (tx) => {
      await tx`lock table visits in exclusive mode`;
      await held;
    });
    const report: string[] = [];
    const killed = run(report);
    killed.catch(() => {});
    await killRun(() => report.some((line) => line.includes('waits for a lock')));
    await expect(killed).rejects.toThrow(name);
    release();
    await lock;
    expect(await run()).toMatchObject({ applied: [name] });
    expect(await visits()).toEqual(ids());
  });

  test('runs for every tenant again when the file was edited after an interruption', async () => {
    await admin.unsafe(`alter table visits add constraint refused check (tenant_id <> '${tenants[3]?.id}')`);
    await write(name, visit);
    await expect(run()).rejects.toThrow('refused');
    await admin`alter table visits drop constraint refused`;
    await write(name, `${visit} -- mended`);
    await run();
    expect(await visits()).toEqual([...ids(), ...ids().slice(0, 3)].sort());
  });

  test('is done once by two who start at once', async () => {
    await write(name, visit);
    const reports = await Promise.all([run(), run()]);
    expect(reports.flatMap(({ applied }) => applied)).toEqual([name]);
    expect(await visits()).toEqual(ids());
  });

  test('reaches a tenant whose sign-up was under way', async () => {
    await write(name, visit);
    const signUp = promise();
    const made = makeTenant(signUp.held);
    await poll(
      async () =>
        (
          await admin`select from pg_locks where relation = 'tenants'::regclass
        and database = (select oid from pg_database where datname = current_database())`
        ).length > 0,
    );
    const report: string[] = [];
    const migration = run(report);
    await poll(() => report.some((line) => line.includes('waits for a lock')));
    signUp.release();
    const { id } = await made;
    await migration;
    expect(await visits()).toContain(id);
    expect(await visits()).toEqual(ids());
  });

  test('passes over a tenant that is being dropped and has lost tables already', async () => {
    const tenant = await makeTenant();
    await admin`update tenants set status = 'deleting' where id = ${tenant.id}`;
    await admin.unsafe(`drop schema ${schemaOf(tenant)} cascade`);
    tenants = tenants.filter((one) => one !== tenant);
    await write(name, `${visit}\nalter table {schema}.traces set (fillfactor = 90);`);
    await run();
    expect(await visits()).toEqual(ids());
  });

  test('is refused when it names no tenant, or when the directive is unknown or not at the head', async () => {
    for (const [statements, message] of [
      ['-- ragtoolkit: each tenant\nselect 1', /neither \{schema\} nor \{tenant_id\}/],
      ['-- ragtoolkit: each customer\nselect 1', /has a directive that is none of/],
      ['select 1;\n-- ragtoolkit: each tenant\n', /has a directive that is none of/],
      ['-- ragtoolkit: concurrently\nDROP INDEX x', /is not of the form CREATE/],
      ['-- ragtoolkit: concurrently\n-- nothing', /there is no CREATE INDEX/],
    ] as const) {
      await write(name, statements);
      await expect(run()).rejects.toThrow(message);
    }
    await write(name, 'select 1');
    await run();
  });
});

describe('a concurrent index', () => {
  const index = () => `index_${number}`;
  const create = (columns = '(tenant_id, user_id)') =>
    `-- ragtoolkit: concurrently\nCREATE INDEX ${index()} ON all_tenants.traces ${columns};`;

  /** Kills the run while it builds for this tenant; the index of it is left invalid. */
  async function interruptAt(tenant: Tenant) {
    const open = holdTraces(tenant);
    await open.begun;
    const killed = run();
    killed.catch(() => {});
    await killRun(
      async () =>
        (await admin`select to_regclass(${`${schemaOf(tenant)}.${index()}`})::text as found`)[0]?.found,
    );
    await expect(killed).rejects.toThrow(name);
    await open.end();
  }

  test('is continued after an interruption, and what that left invalid is built anew', async () => {
    const before = await version();
    await write(name, create());
    await interruptAt(tenants[4] as Tenant);
    expect(await version()).toBe(before);
    expect(await indexesOf(index())).toEqual([
      { schema: 'all_tenants', valid: false, attached: false },
      ...tenants.slice(0, 4).map((tenant) => ({ schema: schemaOf(tenant), valid: true, attached: true })),
      { schema: schemaOf(tenants[4] as Tenant), valid: false, attached: false },
    ]);
    const inTheMiddle = await makeTenant();

    const report: string[] = [];
    expect(await run(report)).toEqual({ applied: [name], version: name });
    expect(report[0]).toBe(`${name} goes on after 5 tenants`);
    expect((await indexesOf(index())).filter(({ valid }) => !valid)).toEqual([]);
    expect((await indexesOf(index())).map(({ schema }) => schema)).toContain(schemaOf(inTheMiddle));
    await expectIndexEverywhere(index());
  });

  test('is made anew when the last tenant that lacked it was dropped', async () => {
    const last = tenants.at(-1) as Tenant;
    await write(name, create('(tenant_id, session_id)'));
    await interruptAt(last);
    await admin.unsafe(`drop schema ${schemaOf(last)} cascade`);
    await admin`delete from audit_log where tenant_id = ${last.id}`;
    await admin`delete from tenants where id = ${last.id}`;
    tenants = tenants.filter((tenant) => tenant !== last);
    await run();
    await expectIndexEverywhere(index());
  });

  test('names the tenant whose rows it refuses', async () => {
    const before = await version();
    const tenant = tenants[2] as Tenant;
    for (const traceId of ['a', 'b'])
      await withTenant({ tenant }, (db) =>
        db.insert(traces).values({ tenantId: tenant.id, traceId, userId: 'twice', byteSize: 0 }),
      );
    await write(
      name,
      create('(tenant_id, user_id) WHERE user_id IS NOT NULL').replace('INDEX', 'UNIQUE INDEX'),
    );
    await expect(run()).rejects.toThrow(
      new RegExp(
        `${name} failed; the database is at ${before}: tenant ${tenant.slug} .*could not create unique`,
      ),
    );
    await admin.unsafe(`delete from ${schemaOf(tenant)}.traces where trace_id = 'b'`);
    await run();
    await expectIndexEverywhere(index());
  });

  test('is refused when another one of its name is there', async () => {
    await admin.unsafe(`create index ${index()} on only all_tenants.traces (tenant_id, error)`);
    await write(name, create());
    await expect(run()).rejects.toThrow(`there is another index all_tenants.${index()} already`);
    await admin.unsafe(`drop index all_tenants.${index()}`);
    await run();
  });

  test('is made on a control table too', async () => {
    await write(
      name,
      `-- ragtoolkit: concurrently\nCREATE INDEX ${index()} ON "audit_log" USING btree ("tenant_id","action");`,
    );
    await run();
    expect(await indexesOf(index())).toEqual([{ schema: 'public', valid: true, attached: false }]);
  });
});
