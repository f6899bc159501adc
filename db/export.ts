import { type SQL, sql } from 'drizzle-orm';
import { toTenantId } from '@/lib/ids';
import type { Db } from './client';

/** A table as the catalogue describes it: columns in their order, and those of the primary key. */
export type TableShape = {
  name: string;
  /** `data`: partitioned in all_tenants; `control`: in public, with rows of all tenants. */
  kind: 'data' | 'control';
  columns: { name: string; type: string; identity: boolean }[];
  key: string[];
};

/** Rows read in one go: their JSON, and the key of the last as text, from which the next reading starts. */
export type Chunk = { lines: string[]; last: string[] | null; more: boolean };

/** How much a chunk holds at the most. The last row is whole, so the bytes may be passed by a few rows. */
export type ChunkLimit = { rows: number; bytes: number };

/** Few, because each may be large: what is fetched at once is in memory beyond what a chunk may hold. */
const ROWS_PER_FETCH = 40;

/** JavaScript has no such numbers: they leave as strings. */
const NUMBERS_AS_TEXT = new Set(['bigint', 'numeric']);

/**
 * Every tenant data table, and those of the named control tables that exist, by name: the columns that the connection's
 * login may read and that are not computed from others.
 */
export async function describeTables(db: Db, controlTables: readonly string[]): Promise<TableShape[]> {
  const rows = await db.execute<TableShape>(sql`
    select c.relname as name, case when c.relkind = 'p' then 'data' else 'control' end as kind,
      (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null),
          'identity', a.attidentity <> '') order by a.attnum)
        from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
          and has_column_privilege(c.oid, a.attnum, 'SELECT')) as columns,
      (select json_agg(a.attname order by k.place)
        from pg_index i cross join unnest(i.indkey::int2[]) with ordinality k (attnum, place)
          join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
        where i.indrelid = c.oid and i.indisprimary) as key
    from pg_class c
    where (c.relnamespace = (select oid from pg_namespace where nspname = 'all_tenants') and c.relkind = 'p')
      or (c.relnamespace = (select oid from pg_namespace where nspname = 'public') and c.relkind = 'r'
        and c.relname in ${[...controlTables, '']})
    order by 1`);
  return [...rows];
}

/**
 * Reads a tenant's rows after a key, in the order of the primary key, inside the caller's transaction of `withTenant`.
 * Rows leave as JSON that PostgreSQL wrote: no number or time passes through JavaScript. Times are ISO 8601 in UTC with
 * microseconds. Throws the signal's reason when that is aborted.
 */
export async function readChunk(
  db: Db,
  table: TableShape,
  from: { tenantId: string; after: string[] | null },
  limit: ChunkLimit,
  signal?: AbortSignal,
): Promise<Chunk> {
  const key = table.key.filter((column) => column !== 'tenant_id');
  if (from.after && key.length === 0) return { lines: [], last: from.after, more: false }; // one row a tenant
  await db.execute(
    sql.raw(
      "set local timezone = 'UTC'; set local intervalstyle = 'iso_8601'; set local extra_float_digits = 1",
    ),
  );
  await db.execute(sql`declare chunk no scroll cursor for ${selectRows(table, key, from)}`);
  const lines: string[] = [];
  let last = from.after;
  let largest = 0;
  for (let bytes = 0; lines.length < limit.rows && bytes < limit.bytes; ) {
    signal?.throwIfAborted();
    // The first is fetched alone, and tells how large the others may be.
    const fitting = largest > 0 ? Math.max(1, Math.floor((limit.bytes - bytes) / largest)) : 1;
    const wanted = Math.min(ROWS_PER_FETCH, limit.rows - lines.length, fitting);
    const rows = await db.execute<{ line: string; key: string[] }>(
      sql.raw(`fetch ${Math.trunc(wanted)} from chunk`),
    );
    for (const row of rows) {
      lines.push(row.line);
      bytes += row.line.length;
      largest = Math.max(largest, row.line.length);
      last = row.key;
    }
    if (rows.length < wanted) return { lines, last, more: false };
  }
  return { lines, last, more: true };
}

function selectRows(
  table: TableShape,
  key: string[],
  { tenantId, after }: { tenantId: string; after: string[] | null },
): SQL {
  const columns = table.columns.map(({ name, type }) =>
    NUMBERS_AS_TEXT.has(type)
      ? sql`t.${sql.identifier(name)}::text as ${sql.identifier(name)}`
      : sql`t.${sql.identifier(name)}`,
  );
  const types = new Map(table.columns.map(({ name, type }) => [name, type]));
  const keyColumns = key.map((name) => sql`t.${sql.identifier(name)}`);
  const place = after?.map((value, i) => sql`${value}::text::${sql.raw(types.get(key[i] ?? '') ?? 'text')}`);
  return sql`
    select row_to_json(r)::text as line, array[${list(keyColumns.map((column) => sql`${column}::text`))}]::text[] as key
    from ${sql.identifier(table.name)} t cross join lateral (select ${list(columns)}) r
    where t.tenant_id = ${toTenantId(tenantId)}::uuid
      ${place ? sql`and (${list(keyColumns)}) > (${list(place)})` : sql``}
    ${key.length > 0 ? sql`order by ${list(keyColumns)}` : sql``}`;
}

/** How many rows there are: counted, estimated by the planner, or known to be more than `rows`. */
export type RowCount = { rows: number; accuracy: 'exact' | 'about' | 'more than' };

/** How many rows the tenant has in a table: exact up to `exactUpTo`, above that the planner's estimate if it has one. */
export async function estimateRows(
  db: Db,
  table: TableShape,
  tenantId: string,
  exactUpTo: number,
): Promise<RowCount> {
  const [counted] = await db.execute<{ rows: number; estimate: number }>(sql`
    select count(*)::int as rows, (select reltuples::float8 from pg_class where oid = ${table.name}::regclass) as estimate
    from (select from ${sql.identifier(table.name)} t where t.tenant_id = ${toTenantId(tenantId)}::uuid
      limit ${exactUpTo + 1}) s`);
  const rows = counted?.rows ?? 0;
  if (rows <= exactUpTo) return { rows, accuracy: 'exact' };
  // Of a control table the planner knows all tenants' rows together, which says nothing about this one.
  const estimate = table.kind === 'data' ? (counted?.estimate ?? 0) : 0;
  return estimate > exactUpTo
    ? { rows: estimate, accuracy: 'about' }
    : { rows: exactUpTo, accuracy: 'more than' };
}

function list(parts: SQL[]): SQL {
  return sql.join(parts, sql`, `);
}
