import postgres from 'postgres';
import { type LegacyRow, type LegacySource, type LegacyTable, legacyColumns } from '../legacy-source/schema';

type Column = { name: string; type: string; isArray: boolean; isKey: boolean };
/** A table as it is there: what orders its rows, with its type, and what each column of ours is read by. */
type Table = { key: string; keyType: string; columns: Map<string, string> };

/**
 * Opens the predecessor's PostgreSQL database. Each reading is a short transaction of its own that can write nothing.
 * Throws an Error when the server cannot be reached or has no table `traces` on the login's search_path.
 */
export async function openPostgres(url: string, name: { id: string; label: string }): Promise<LegacySource> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 15, fetch_types: false });
  const tables = new Map<LegacyTable, Table>();
  try {
    for (const table of Object.keys(legacyColumns) as LegacyTable[]) {
      const found = await reading(sql, (tx) => describeTable(tx, table));
      if (found) tables.set(table, found);
    }
    if (!tables.has('traces')) throw new Error('there is no table "traces" with a column "trace_id"');
  } catch (error) {
    await sql.end({ timeout: 5 });
    throw new Error(`${name.label} cannot be read: ${(error as Error).message || 'no connection'}`, {
      cause: error,
    });
  }
  const shapeOf = (table: LegacyTable) => {
    const shape = tables.get(table);
    if (!shape) throw new Error(`There is no table ${table}.`);
    return shape;
  };

  return {
    ...name,
    tables: [...tables.keys()],
    keepsKeys: (table) => shapeOf(table).key !== 'ctid',
    async count(table) {
      const [row] = await reading(sql, (tx) =>
        tx.unsafe<{ count: string }[]>(`select count(*) as count from ${table}`),
      );
      return Number(row?.count ?? 0);
    },
    read: (table, after, limit) => {
      const { key, keyType } = shapeOf(table);
      const where = after === null ? '' : `where ${table}.${key} > $2::text::${keyType}`;
      const query = `${selectFrom(table, shapeOf(table))} ${where} order by ${table}.${key} limit $1`;
      return reading(sql, (tx) => readRows(tx, query, after === null ? [limit] : [limit, after]));
    },
    readDuplicates: () => {
      const { key, columns } = shapeOf('traces');
      const wanted = ['id', 'trace_id', 'created_at', 'updated_at'].filter((column) => columns.has(column));
      const some = {
        key,
        columns: new Map(wanted.map((column) => [column, columns.get(column) ?? 'null'])),
      };
      const query = `${selectFrom('traces', some)} where trace_id in (
        select trace_id from traces group by trace_id having count(*) > 1) order by traces.${key}`;
      return reading(sql, (tx) => readRows(tx, query, []));
    },
    async findTraceIds(ids) {
      const rows = await reading(sql, (tx) =>
        tx.unsafe<{ id: string }[]>(
          'select trace_id::text as id from traces where trace_id::text = any (select jsonb_array_elements_text($1::text::jsonb))',
          [JSON.stringify(ids)],
        ),
      );
      return new Set(rows.map((row) => row.id));
    },
    close: () => sql.end({ timeout: 5 }),
  };
}

/** A transaction that only reads, in which the server writes times and numbers in one form, whatever its settings. */
async function reading<T>(sql: postgres.Sql, work: (tx: postgres.TransactionSql) => Promise<T>): Promise<T> {
  // The box keeps postgres.js from unwrapping an array that `work` answers.
  const { result } = await sql.begin('read only', async (tx) => {
    await tx.unsafe(
      `SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL extra_float_digits = 3; SET LOCAL statement_timeout = 0`,
    );
    return { result: await work(tx) };
  });
  return result as T;
}

/** The table as it is there; null where there is none, or one without trace_id. */
async function describeTable(tx: postgres.TransactionSql, table: LegacyTable): Promise<Table | null> {
  const rows = await tx<Column[]>`
    select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, t.typcategory = 'A' as "isArray",
      a.attnotnull and exists (select 1 from pg_index i where i.indrelid = a.attrelid and i.indisunique and i.indisvalid
        and i.indpred is null and i.indnatts = 1 and i.indkey[0] = a.attnum) as "isKey"
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    where a.attrelid = to_regclass(${table}) and a.attnum > 0 and not a.attisdropped`;
  const known = new Set<string>(legacyColumns[table]);
  const columns = rows.filter((column) => known.has(column.name));
  if (!columns.some((column) => column.name === 'trace_id')) return null;
  // Without a key of its own a row is told by its place on disk, which holds as long as the row is not changed.
  const id = columns.find((column) => column.name === 'id' && column.isKey);
  return {
    key: id ? 'id' : 'ctid',
    keyType: id?.type ?? 'tid',
    columns: new Map(
      columns.map(({ name, isArray }) => [
        name,
        isArray ? `array_to_json("${name}")::text` : `"${name}"::text`,
      ]),
    ),
  };
}

function selectFrom(table: LegacyTable, { key, columns }: Pick<Table, 'key' | 'columns'>): string {
  // Keys are written with their table: `order by id` alone would be the text that is read, not the number.
  const values = [...columns].map(([name, expression]) => `${expression} as "${name}"`);
  return `select ${table}.${key}::text as "row key", ${values.join(', ')} from ${table}`;
}

async function readRows(
  tx: postgres.TransactionSql,
  query: string,
  parameters: (string | number)[],
): Promise<LegacyRow[]> {
  const rows = await tx.unsafe<Record<string, string | null>[]>(query, parameters);
  return rows.map(({ 'row key': key, ...values }) => ({ key: key ?? '', values }));
}
