import type postgres from 'postgres';
import { toTenantId } from '@/lib/ids';
import { guarded, type MigrationRun } from './writer-guard';

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

/** The tables of which every tenant has a partition. */
export async function listParents({ owner }: MigrationRun): Promise<string[]> {
  const rows = await owner<{ parent: string }[]>`
    select p.partrelid::regclass::text as parent from pg_partitioned_table p join pg_class c on c.oid = p.partrelid
      where c.relnamespace = to_regnamespace('all_tenants') order by 1`;
  return rows.map((row) => row.parent);
}

function listMissing(sql: postgres.ISql): Promise<Missing[]> {
  return sql<Missing[]>`
    select t.id, t.slug, p.partrelid::regclass::text as parent
      from public.tenants t
        join pg_namespace n on n.nspname = 't_' || replace(t.id::text, '-', '')
        cross join pg_partitioned_table p join pg_class c on c.oid = p.partrelid
      where c.relnamespace = 'all_tenants'::regnamespace and t.status <> 'deleting'
        and not exists (select from pg_inherits i join pg_class k on k.oid = i.inhrelid
          where i.inhparent = p.partrelid and k.relnamespace = n.oid)
      order by t.id, parent`;
}
