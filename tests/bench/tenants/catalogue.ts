import { pool } from '@/db/client';

/** What the database's own bookkeeping holds. */
export type Catalogue = { relations: number; catalogueMb: number; lockTable: number };

/** Counts relations and adds up the size of the system catalogues. */
export async function readCatalogue(): Promise<Catalogue> {
  const [row] = await pool('owner').sql<[Catalogue]>`
    select (select count(*)::int from pg_class) as relations,
      (select sum(pg_total_relation_size(oid))::float8 / 1048576 from pg_class
        where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r' and not relisshared) as "catalogueMb",
      current_setting('max_locks_per_transaction')::int
        * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int) as "lockTable"`;
  return row;
}

/** How many locks a transaction holds after these statements. It is rolled back. */
export async function countLocks(statements: string): Promise<number> {
  const rolledBack = new Error('rolled back');
  let locks = 0;
  try {
    await pool('owner').sql.begin(async (tx) => {
      await tx.unsafe(statements);
      const [row] = await tx<[{ locks: number }]>`
        select count(*)::int as locks from pg_locks where pid = pg_backend_pid() and locktype in ('relation', 'object')`;
      locks = row.locks;
      throw rolledBack;
    });
  } catch (error) {
    if (error !== rolledBack) throw error;
  }
  return locks;
}
