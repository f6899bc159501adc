import type { Migration } from './migration-files';
import { createCounter } from './migration-progress';
import { lockPartitions } from './partitions';
import { assertStillOurs, guarded, type MigrationRun, retried } from './writer-guard';

/**
 * Indexes without holding up writers: CREATE INDEX CONCURRENTLY, which PostgreSQL does not do for a partitioned table.
 * There the index is made on the parent alone, which a tenant that is provisioned from then on copies; then concurrently
 * on each partition and attached to the parent's, which becomes valid with the last one. What is left to do is read
 * from the catalogue, so an interrupted run is continued by the next.
 */

/** `definition` is what stands after the table's name. Names are plain identifiers, so they may stand in SQL. */
type Index = { name: string; unique: 'UNIQUE ' | ''; schema: string; table: string; definition: string };

type Partition = { id: string; slug: string; schema: string; table: string };

const CREATE_INDEX =
  /^create\s+(unique\s+)?index\s+"?([a-z_][a-z0-9_]{0,62})"?\s+on\s+(?:"?([a-z_]\w*)"?\.)?"?([a-z_]\w*)"?\s*((?:using\s+\w+\s*)?\(.*)$/is;

/** A build waits for transactions older than itself, and nobody waits for it: longer than any of the app login may last. */
const BUILD_LOCK_TIMEOUT_MS = 120_000;

/**
 * Builds the indexes of a `concurrently` migration. Throws an Error that names the tenant at which a build failed (a
 * unique index and duplicates, say), and one for a statement that is no plain CREATE INDEX.
 */
export async function buildIndexes(run: MigrationRun, migration: Migration): Promise<void> {
  for (const index of parseIndexes(migration.statements)) {
    if (index.schema === 'all_tenants') await buildOnPartitions(run, migration, index);
    else await buildConcurrently(run, migration.name, index, index);
  }
}

/** The CREATE INDEX statements of a text, as drizzle-kit writes them. Throws an Error for any other statement. */
export function parseIndexes(text: string): Index[] {
  const statements = text
    .replace(/^[ \t]*--.*$/gm, '')
    .split(/;[ \t]*(?:\r?\n|$)/)
    .map((statement) => statement.trim())
    .filter(Boolean);
  if (statements.length === 0) throw new Error('there is no CREATE INDEX in it');
  return statements.map((statement) => {
    const [, unique, name, schema = 'public', table, definition] = CREATE_INDEX.exec(statement) ?? [];
    if (!name || !table || !definition) {
      throw new Error(
        `"${statement.slice(0, 60)}" is not of the form CREATE [UNIQUE] INDEX <name> ON <table> [USING …] (…)`,
      );
    }
    return { name, unique: unique ? 'UNIQUE ' : '', schema, table, definition };
  });
}

async function buildOnPartitions(run: MigrationRun, migration: Migration, index: Index): Promise<void> {
  await createOnParent(run, migration, index);
  const counter = createCounter(run, migration.name, await countAttached(run, index));
  for (;;) {
    const pending = await listPending(run, index);
    if (pending.length === 0) break;
    counter.expect(pending.length);
    for (const partition of pending) {
      try {
        await buildOnPartition(run, migration, index, partition);
      } catch (error) {
        // A tenant that was dropped meanwhile needs no index any more.
        if (await isThere(run, partition.schema, partition.table)) throw counter.failure(partition, error);
      }
      counter.done();
    }
  }
  counter.end();
  if (await isValid(run, index)) return;
  // The last one left to do was not attached but dropped with its tenant, and attaching is what makes a parent's valid.
  await guarded(run, migration.name, async (tx) => {
    const drop = `DROP INDEX ${index.schema}.${index.name}`;
    await lockPartitions(tx, drop);
    await tx.unsafe(drop);
  });
  await buildOnPartitions(run, migration, index);
}

/** On the parent alone: it takes a lock that no writer needs, because writers address their partition. */
async function createOnParent(run: MigrationRun, migration: Migration, index: Index): Promise<void> {
  const { name, unique, schema, table, definition } = index;
  const create = (as: string) => `CREATE ${unique}INDEX ${as} ON ONLY ${schema}.${table} ${definition}`;
  await guarded(run, migration.name, async (tx) => {
    const found = await readDefinition(tx, schema, name);
    if (found === null) {
      await tx.unsafe(create(name));
      return;
    }
    // One of that name is there, from an interrupted run if it is the same.
    const probe = 'ragtoolkit_probe';
    await tx.unsafe(create(probe));
    const wanted = await readDefinition(tx, schema, probe);
    await tx.unsafe(`DROP INDEX ${schema}.${probe}`);
    if (found !== wanted?.replace(probe, name)) {
      throw new Error(`there is another index ${schema}.${name} already: ${found}`);
    }
  });
}

async function buildOnPartition(
  run: MigrationRun,
  migration: Migration,
  index: Index,
  partition: Partition,
): Promise<void> {
  const label = `${migration.name} at tenant ${partition.slug}`;
  await buildConcurrently(run, label, index, partition);
  await guarded(run, label, (tx) =>
    tx.unsafe(`ALTER INDEX ${index.schema}.${index.name} ATTACH PARTITION ${partition.schema}.${index.name}`),
  );
}

/** An index of that name that is there already was left behind by an interrupted build, valid or not: it is built anew. */
async function buildConcurrently(
  run: MigrationRun,
  label: string,
  { name, unique, definition }: Index,
  on: { schema: string; table: string },
): Promise<void> {
  await retried(run, label, async () => {
    await assertStillOurs(run, run.owner);
    await run.owner.unsafe(`SET lock_timeout = ${BUILD_LOCK_TIMEOUT_MS}`);
    await run.owner.unsafe(`DROP INDEX CONCURRENTLY IF EXISTS ${on.schema}.${name}`);
    await run.owner.unsafe(
      `CREATE ${unique}INDEX CONCURRENTLY ${name} ON ${on.schema}.${on.table} ${definition}`,
    );
  });
}

async function readDefinition(
  sql: Pick<MigrationRun['owner'], 'unsafe'>,
  schema: string,
  name: string,
): Promise<string | null> {
  const [row] = await sql.unsafe<{ definition: string | null }[]>(
    `select pg_get_indexdef(to_regclass('${schema}.${name}')) as definition`,
  );
  return row?.definition ?? null;
}

/** Partitions of the table on which no index is attached to the parent's. */
function listPending({ owner }: MigrationRun, index: Index): Promise<Partition[]> {
  return owner<Partition[]>`
    select coalesce(t.id::text, n.nspname) as id, coalesce(t.slug, n.nspname) as slug, n.nspname as schema, c.relname as table
      from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_namespace n on n.oid = c.relnamespace
        left join public.tenants t on n.nspname = 't_' || replace(t.id::text, '-', '')
      where i.inhparent = ${`${index.schema}.${index.table}`}::regclass and not i.inhdetachpending
        and not exists (select from pg_index x join pg_inherits xi on xi.inhrelid = x.indexrelid
          where x.indrelid = c.oid and xi.inhparent = ${`${index.schema}.${index.name}`}::regclass)
      order by n.nspname`;
}

async function countAttached({ owner }: MigrationRun, index: Index): Promise<number> {
  const [row] = await owner<{ attached: number }[]>`
    select count(*)::int as attached from pg_inherits where inhparent = ${`${index.schema}.${index.name}`}::regclass`;
  return row?.attached ?? 0;
}

async function isThere({ owner }: MigrationRun, schema: string, table: string): Promise<boolean> {
  const [row] = await owner<{ found: boolean }[]>`
    select to_regclass(${`${schema}.${table}`}) is not null as found`;
  return row?.found ?? false;
}

async function isValid({ owner }: MigrationRun, index: Index): Promise<boolean> {
  const [row] = await owner<{ valid: boolean }[]>`
    select indisvalid as valid from pg_index where indexrelid = ${`${index.schema}.${index.name}`}::regclass`;
  return row?.valid ?? false;
}
