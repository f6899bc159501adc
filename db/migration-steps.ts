import type postgres from 'postgres';
import { tenantSchemaName, toTenantId } from '@/lib/ids';
import { buildIndexes } from './indexes';
import type { Migration, MigrationKind } from './migration-files';
import { createCounter } from './migration-progress';
import { completePartitions, listParents, lockPartitions } from './partitions';
import { guarded, type MigrationRun } from './writer-guard';

/** What applies a migration of each kind and records it. All of them go on where an interrupted run stopped. */
export const steps = {
  transaction: applyInTransaction,
  'each tenant': applyToEachTenant,
  concurrently: applyConcurrently,
} as const satisfies Record<MigrationKind, (run: MigrationRun, migration: Migration) => Promise<void>>;

async function applyInTransaction(run: MigrationRun, migration: Migration): Promise<void> {
  const parents = await listParents(run);
  await guarded(run, migration.name, async (tx) => {
    await lockPartitions(tx, migration.statements);
    await tx.unsafe(migration.statements);
    await record(tx, migration);
  });
  const isKnown = (parent: string) => parents.includes(parent);
  if (!(await listParents(run)).every(isKnown)) await completePartitions(run, { wait: true });
}

async function applyConcurrently(run: MigrationRun, migration: Migration): Promise<void> {
  await buildIndexes(run, migration);
  await guarded(run, migration.name, (tx) => record(tx, migration));
}

type Tenant = { id: string; slug: string };

/**
 * Tenants are taken in the order of their ids, each in a transaction that also notes it as done. One that was made
 * meanwhile has its turn in the next round, and the last look and the record are one transaction in which none is made.
 */
async function applyToEachTenant(run: MigrationRun, migration: Migration): Promise<void> {
  if (!/\{(schema|tenant_id)\}/.test(migration.statements))
    throw new Error('it is to run for each tenant, but says neither {schema} nor {tenant_id}');
  const counter = createCounter(run, migration.name, await countDone(run, migration));
  for (;;) {
    const pending = await guarded(run, migration.name, async (tx) => {
      // Waits for sign-ups under way, whose tenants we cannot see yet, and holds back new ones for this moment.
      await tx`lock table public.tenants in share mode`;
      const tenants = await listPending(tx, migration);
      if (tenants.length === 0) await record(tx, migration);
      return tenants;
    });
    if (pending.length === 0) break;
    counter.expect(pending.length);
    for (const tenant of pending) {
      try {
        await guarded(run, `${migration.name} at tenant ${tenant.slug}`, (tx) =>
          applyToTenant(tx, migration, tenant),
        );
      } catch (error) {
        throw counter.failure(tenant, error);
      }
      counter.done();
    }
  }
  counter.end();
}

async function applyToTenant(
  tx: postgres.TransactionSql,
  migration: Migration,
  tenant: Tenant,
): Promise<void> {
  const id = toTenantId(tenant.id);
  const schema = tenantSchemaName(id);
  if (!(await isDismantled(tx, id, schema)))
    await tx.unsafe(migration.statements.replaceAll('{schema}', schema).replaceAll('{tenant_id}', `'${id}'`));
  await tx`
    insert into schema_migration_tenants (name, tenant_id, checksum) values (${migration.name}, ${id}, ${migration.checksum})
    on conflict (name, tenant_id) do update set checksum = excluded.checksum`;
}

/** Whether the tenant is being dropped and has lost tables already, or all of them. */
async function isDismantled(tx: postgres.TransactionSql, id: string, schema: string): Promise<boolean> {
  const [row] = await tx<{ isDismantled: boolean }[]>`
    select t.status = 'deleting' and exists (
        select from pg_partitioned_table p join pg_class c on c.oid = p.partrelid
            left join pg_class k on k.relname = c.relname and k.relnamespace = to_regnamespace(${schema})
          where c.relnamespace = to_regnamespace('all_tenants') and k.oid is null
      ) as "isDismantled"
      from public.tenants t where t.id = ${id}`;
  return row?.isDismantled ?? true;
}

/** A file that was edited after an interrupted run counts for nobody: it runs for every tenant. */
function listPending(sql: postgres.ISql, { name, checksum }: Migration): Promise<Tenant[]> {
  return sql<Tenant[]>`
    select id, slug from tenants t
      where not exists (select from schema_migration_tenants m
        where m.name = ${name} and m.checksum = ${checksum} and m.tenant_id = t.id)
      order by id`;
}

async function countDone({ owner }: MigrationRun, { name, checksum }: Migration): Promise<number> {
  const [row] = await owner<{ done: number }[]>`
    select count(*)::int as done from schema_migration_tenants m join tenants t on t.id = m.tenant_id
      where m.name = ${name} and m.checksum = ${checksum}`;
  return row?.done ?? 0;
}

async function record(tx: postgres.TransactionSql, { name, checksum }: Migration): Promise<void> {
  await tx`insert into schema_migrations (name, checksum) values (${name}, ${checksum})`;
  await tx`delete from schema_migration_tenants where name = ${name}`;
}
