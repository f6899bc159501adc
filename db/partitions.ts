import type postgres from 'postgres';
import { toTenantId } from '@/lib/ids';
import { guarded, type MigrationRun } from './writer-guard';

const CHANGE = /\b(?:alter\s+table|drop\s+index)\s+(?:if\s+exists\s+)?"?all_tenants"?\."?([a-z_]\w*)"?/gi;

const UNDEFINED_TABLE = '42P01';
const LOCK_NOT_AVAILABLE = '55P03';

type Missing = { id: string; slug: string; parent: string };

/**
 * Adds partitions that a tenant lacks. A migration that makes a tenant data table adds one for each tenant it sees; a
 * tenant whose sign-up is under way at that moment is not among them, and its provisioning does not see the new table.
 * `wait` lets such sign-ups end first, and holds back new ones for the moment of the look.
 */
export async function completePartitions(run: MigrationRun, { wait }: { wait: boolean }): Promise<void> {
  const [ready] = await run.owner<{ isReady: boolean }[]>`
    select to_regclass('public.tenants') is not null
      and to_regprocedure('all_tenants.add_partition(uuid, regclass)') is not null as "isReady"`;
  if (!ready?.isReady) return;
  const missing = await guarded(run, 'the look for missing partitions', async (tx) => {
    if (wait) await tx`lock table public.tenants in share mode`;
    return listMissing(tx);
  });
  for (const { id, slug, parent } of missing) {
    await guarded(run, `the partition of ${parent} for tenant ${slug}`, async (tx) => {
      await tx`select all_tenants.add_partition(${toTenantId(id)}::uuid, ${parent}::regclass)`;
    });
    run.report(`added the partition of ${parent} that tenant ${slug} lacked`);
  }
}

/**
 * Locks the partitions of the tables that the statements change, before those come to lock them. A change locks the
 * parent first and then each partition, and a connection that has written a partition looks into the parent when it
 * meets the partition for the first time: with 1,000 tenants the two wait for each other more often than not.
 */
export async function lockPartitions(tx: postgres.TransactionSql, statements: string): Promise<void> {
  const changed = [...statements.matchAll(CHANGE)].map((match) => `all_tenants.${match[1]}`);
  if (changed.length === 0) return;
  const partitions = await tx<{ name: string }[]>`
    select i.inhrelid::regclass::text as name
      from unnest(${changed}::text[]) changed left join pg_index x on x.indexrelid = to_regclass(changed)
        join pg_inherits i on i.inhparent = coalesce(x.indrelid, to_regclass(changed))
      order by i.inhrelid`;
  if (partitions.length === 0) return;
  const names = partitions.map(({ name }) => name).join(', ');
  await tx.unsafe(`LOCK TABLE ${names} IN ACCESS EXCLUSIVE MODE`).catch((error: { code?: string }) => {
    // A tenant was dropped since the list was read: as good a reason to try again as a lock that is held.
    throw error.code === UNDEFINED_TABLE ? Object.assign(error, { code: LOCK_NOT_AVAILABLE }) : error;
  });
}

/** The tables of which every tenant has a partition. */
export async function listParents({ owner }: MigrationRun): Promise<string[]> {
  const rows = await owner<{ parent: string }[]>`
    select p.partrelid::regclass::text as parent from pg_partitioned_table p join pg_class c on c.oid = p.partrelid
      where c.relnamespace = to_regnamespace('all_tenants') order by 1`;
  return rows.map((row) => row.parent);
}

/** A partition has the name of its parent: looking it up by name is quick however many there are. */
function listMissing(sql: postgres.ISql): Promise<Missing[]> {
  return sql<Missing[]>`
    select t.id, t.slug, c.oid::regclass::text as parent
      from public.tenants t
        join pg_namespace n on n.nspname = 't_' || replace(t.id::text, '-', '')
        cross join pg_partitioned_table p join pg_class c on c.oid = p.partrelid
        left join pg_class k on k.relnamespace = n.oid and k.relname = c.relname
      where c.relnamespace = 'all_tenants'::regnamespace and t.status <> 'deleting' and k.oid is null
      order by t.id, parent`;
}
