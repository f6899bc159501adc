import { setTimeout as sleep } from 'node:timers/promises';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { tenantSchemaName, toTenantId } from '@/lib/ids';
import type { Db } from './client';
import { loginUrl } from './logins';

/** Keeps two erasures of one database apart. An arbitrary number that nothing else uses. */
const ADVISORY_LOCK = 7_241_803_392;
/** A statement that waits for a lock makes others wait behind it: give up soon, and try again. */
const LOCK_TIMEOUT_MS = 1_000;
const LOCK_ATTEMPTS = 20;
/** lock_not_available, deadlock_detected. */
const RETRYABLE = new Set(['55P03', '40P01']);
/** Rows deleted by one statement: none holds locks, or old versions of rows, for long. */
const ROWS_AT_ONCE = 5_000;

/**
 * Control tables whose rows of a tenant are not simply deleted: the receipt that remains, the job's own state, and what
 * the last step of the erasure deals with itself. Every other table of `public` with a `tenant_id` is emptied of the
 * tenant, whoever added it.
 */
const SPARED = ['erasure_receipts', 'erasures', 'memberships', 'reserved_slugs'];

/** The connection of an erasure: the owner login's, with statements that give up on locks. */
export type Eraser = { sql: postgres.Sql; db: Db };

/**
 * Runs `work` on a connection of its own that holds the erasure lock; answers false, having done nothing, when another
 * process holds it. The lock ends with the connection, so a process that is killed leaves none behind.
 */
export async function withErasureLock(work: (eraser: Eraser) => Promise<void>): Promise<boolean> {
  const sql = postgres(loginUrl('owner'), {
    max: 1,
    max_lifetime: null, // a connection that is renewed has lost the lock
    onnotice: () => {},
    connection: { application_name: 'ragtoolkit erasure', lock_timeout: LOCK_TIMEOUT_MS },
  });
  try {
    const [row] = await sql<{ locked: boolean }[]>`select pg_try_advisory_lock(${ADVISORY_LOCK}) as locked`;
    if (!row?.locked) return false;
    await work({ sql, db: drizzle({ client: sql }) });
    return true;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** The tables of a tenant's own schema, those that refer to others first. Empty when they are all gone. */
export async function listDataTables({ sql }: Eraser, tenantId: string): Promise<string[]> {
  const schema = tenantSchemaName(toTenantId(tenantId));
  const rows = await sql<{ name: string; refersTo: string[] }[]>`
    select c.relname as name, array(
        select r.relname from pg_constraint f join pg_class r on r.oid = f.confrelid
        where f.contype = 'f' and f.conrelid = c.oid and r.relname <> c.relname) as "refersTo"
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schema} and c.relkind = 'r' order by 1`;
  return referrersFirst(rows);
}

/** The control tables from which a tenant's rows are deleted, those that refer to others first. */
export async function listControlTables({ sql }: Eraser): Promise<string[]> {
  const rows = await sql<{ name: string; refersTo: string[] }[]>`
    select c.relname as name, array(
        select r.relname from pg_constraint f join pg_class r on r.oid = f.confrelid
        where f.contype = 'f' and f.conrelid = c.oid and r.relname <> c.relname) as "refersTo"
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attname = 'tenant_id'
      and a.atttypid = 'uuid'::regtype and not a.attisdropped and c.relname <> all (${SPARED}) order by 1`;
  return referrersFirst(rows);
}

/** How many rows of a tenant each of these tables holds. A table counts as the tenant's own when `place` is `data`. */
export async function countRows(
  db: Db,
  tenantId: string,
  tables: { data: readonly string[]; control: readonly string[] },
): Promise<Record<string, number>> {
  const id = toTenantId(tenantId);
  const schema = tenantSchemaName(id);
  const counts: Record<string, number> = {};
  const count = async (table: string, name: string) => {
    const [row] = await db.execute<{ n: string }>(
      `select count(*) as n from ${table} where tenant_id = '${id}'`,
    );
    counts[name] = Number(row?.n ?? 0);
  };
  for (const name of tables.data) await count(`${schema}.${quoted(name)}`, name);
  for (const name of tables.control) await count(`public.${quoted(name)}`, name);
  return counts;
}

/**
 * Takes a tenant's table out of its parent. `CONCURRENTLY` waits for those who use the parent without holding a lock
 * that others would queue behind. One that was cut off in between is left "pending" and blocks the next of this parent:
 * whatever is pending is finished first. Does nothing for a table that is detached already.
 */
export async function detachPartition(eraser: Eraser, tenantId: string, table: string): Promise<void> {
  const { sql } = eraser;
  const schema = tenantSchemaName(toTenantId(tenantId));
  const parent = `all_tenants.${quoted(table)}`;
  await retrying(async () => {
    const attached = await sql<{ schema: string; pending: boolean }[]>`
      select n.nspname as schema, i.inhdetachpending as pending
      from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_namespace n on n.oid = c.relnamespace
      where i.inhparent = to_regclass(${parent}) and (n.nspname = ${schema} or i.inhdetachpending)`;
    for (const { schema: left } of attached.filter(({ pending }) => pending))
      await sql.unsafe(`alter table ${parent} detach partition ${left}.${quoted(table)} finalize`);
    if (attached.some((one) => one.schema === schema && !one.pending))
      await sql.unsafe(`alter table ${parent} detach partition ${schema}.${quoted(table)} concurrently`);
  });
}

/** Drops a detached table of a tenant, if it is there. */
export async function dropDataTable({ sql }: Eraser, tenantId: string, table: string): Promise<void> {
  const schema = tenantSchemaName(toTenantId(tenantId));
  await retrying(() => sql.unsafe(`drop table if exists ${schema}.${quoted(table)}`));
}

/** Drops a tenant's schema with whatever is left in it, if it is there. */
export async function dropTenantSchema({ sql }: Eraser, tenantId: string): Promise<void> {
  await retrying(() => sql.unsafe(`drop schema if exists ${tenantSchemaName(toTenantId(tenantId))} cascade`));
}

/** Deletes a tenant's rows of a control table, some at a time. */
export async function deleteControlRows({ sql }: Eraser, tenantId: string, table: string): Promise<void> {
  const target = `public.${quoted(table)}`;
  const some = `delete from ${target} where ctid = any (array(
    select ctid from ${target} where tenant_id = '${toTenantId(tenantId)}' limit ${ROWS_AT_ONCE}))`;
  while ((await retrying(() => sql.unsafe(some))).count > 0);
}

async function retrying<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (attempt >= LOCK_ATTEMPTS || !RETRYABLE.has((error as { code?: string }).code ?? '')) throw error;
      await sleep(100 + Math.random() * 400);
    }
  }
}

/** Orders tables so that each comes before those it refers to. References in a circle are left as they come. */
function referrersFirst(tables: readonly { name: string; refersTo: string[] }[]): string[] {
  const left = [...tables];
  const ordered: string[] = [];
  while (left.length > 0) {
    const free = left.findIndex(({ name }) => !left.some((other) => other.refersTo.includes(name)));
    ordered.push(...left.splice(Math.max(free, 0), 1).map(({ name }) => name));
  }
  return ordered;
}

/** Names come from the database's catalogue, not from anybody outside; they are quoted all the same. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
