import { setTimeout as sleep } from 'node:timers/promises';
import { type SQL, sql } from 'drizzle-orm';
import { type TenantId, toTenantId } from '@/lib/ids';
import type { Db } from './client';
import {
  deleteControlRows,
  detachPartition,
  dropDataTable,
  dropTenantSchema,
  type Eraser,
  listControlTables,
  listDataTables,
  withErasureLock,
} from './erase';
import type { TableShape } from './export';

const LOCK_WAIT_MS = 500;

/** What a column gets instead of what the archive says. The expression may name the archive's row as `r`. */
export type Overrides = Record<string, SQL>;

/**
 * Inserts rows as `readChunk` wrote them, as rows of this tenant whatever tenant they name; answers how many. Columns that
 * the database numbers itself are numbered anew, in the order of the lines. Throws what PostgreSQL does.
 */
export async function insertLines(
  db: Db,
  table: TableShape,
  rows: { tenantId: string; columns: readonly string[]; lines: readonly string[] },
  overrides: Overrides = {},
): Promise<number> {
  if (rows.lines.length === 0) return 0;
  const values: Overrides = {};
  for (const { name, identity } of table.columns)
    if (rows.columns.includes(name) && !identity) values[name] = sql`r.${sql.identifier(name)}`;
  Object.assign(values, overrides, { tenant_id: sql`${toTenantId(rows.tenantId)}::uuid` });
  const name = sql.identifier(table.name);
  const inserted = await db.execute(sql`
    insert into ${name} (${sql.join(
      Object.keys(values).map((column) => sql.identifier(column)),
      sql`, `,
    )})
    select ${sql.join(Object.values(values), sql`, `)}
    from json_populate_recordset(null::${name}, ${`[${rows.lines.join(',')}]`}::json) r`);
  return (inserted as unknown as { count: number }).count;
}

/**
 * Removes a tenant that nobody could use yet: its partitions, its schema and its rows in the control tables, without
 * blocking the other tenants. Safe to repeat after it was cut short. Waits up to a minute for an erasure under way, and
 * throws an Error after that.
 */
export async function discardTenant(tenantId: string): Promise<void> {
  const id = toTenantId(tenantId);
  for (let waited = 0; !(await withErasureLock((eraser) => discard(eraser, id))); waited += LOCK_WAIT_MS) {
    if (waited >= 60_000) throw new Error('The tenant could not be removed: an erasure is running.');
    await sleep(LOCK_WAIT_MS);
  }
}

async function discard(eraser: Eraser, id: TenantId): Promise<void> {
  for (const table of await listDataTables(eraser, id)) {
    await detachPartition(eraser, id, table);
    await dropDataTable(eraser, id, table);
  }
  await dropTenantSchema(eraser, id);
  for (const table of [...(await listControlTables(eraser)), 'memberships'])
    await deleteControlRows(eraser, id, table);
  await eraser.sql`delete from tenants where id = ${id}`;
}
