import { readFile, stat } from 'node:fs/promises';
import type { Database } from 'sql.js';
import { type LegacyRow, type LegacySource, type LegacyTable, legacyColumns } from '../legacy-source/schema';

/** sql.js holds the whole file in memory, and WebAssembly has 2 GB at the most. */
const MAX_FILE_BYTES = 1_000_000_000;
const MAGIC = 'SQLite format 3\u0000';
/** Where the header says how the file is written and read: 2 is with a write-ahead log, 1 without. */
const JOURNAL_BYTES = [18, 19] as const;

type Table = { columns: string[]; hasIntegerKey: boolean };

/**
 * Opens a copy in memory of the predecessor's SQLite file; the file itself is not touched. Throws an Error that says
 * what to do when it is missing, no SQLite database, too large, or when changes are still in its write-ahead log.
 */
export async function openSqlite(path: string, name: { id: string; label: string }): Promise<LegacySource> {
  const file = await load(path);
  const { default: initSqlJs } = await import('sql.js');
  const { Database } = await initSqlJs();
  const db = new Database(file);
  const tables = new Map<LegacyTable, Table>();
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(String(select(db, 'pragma encoding')[0]?.[0] ?? 'utf-8'));
    for (const table of Object.keys(legacyColumns) as LegacyTable[]) {
      const found = describeTable(db, table);
      if (found) tables.set(table, found);
    }
    if (!tables.has('traces')) throw new Error('there is no table "traces" with a column "trace_id"');
  } catch (error) {
    db.close();
    throw new Error(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const shapeOf = (table: LegacyTable) => {
    const shape = tables.get(table);
    if (!shape) throw new Error(`There is no table ${table}.`);
    return shape;
  };
  const readRows = (table: LegacyTable, columns: readonly string[], rest: string): LegacyRow[] =>
    select(db, `select rowid, ${columns.map(asBytes).join(', ')} from ${table} ${rest}`).map(
      ([key, ...values]) => ({
        key: String(key),
        values: Object.fromEntries(
          values.map((value, at) => [
            columns[at],
            value instanceof Uint8Array ? decoder.decode(value) : value,
          ]),
        ),
      }),
    );

  return {
    ...name,
    tables: [...tables.keys()],
    keepsKeys: (table) => shapeOf(table).hasIntegerKey,
    count: async (table) => Number(select(db, `select count(*) from ${table}`)[0]?.[0] ?? 0),
    read: async (table, after, limit) =>
      readRows(
        table,
        shapeOf(table).columns,
        `${after === null ? '' : `where rowid > ${Math.trunc(Number(after))}`} order by rowid limit ${Math.trunc(limit)}`,
      ),
    readDuplicates: async () => {
      const wanted = ['id', 'trace_id', 'created_at', 'updated_at'];
      const columns = shapeOf('traces').columns.filter((column) => wanted.includes(column));
      return readRows(
        'traces',
        columns,
        'where trace_id in (select trace_id from traces group by trace_id having count(*) > 1) order by rowid',
      );
    },
    findTraceIds: async (ids) => {
      const marks = ids.map(() => '?').join(', ');
      const found = select(db, `select trace_id from traces where trace_id in (${marks})`, [...ids]);
      return new Set(found.map(([id]) => String(id)));
    },
    close: async () => db.close(),
  };
}

async function load(path: string): Promise<Uint8Array> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw new Error(`There is no file ${path}.`);
  if (found.size > MAX_FILE_BYTES)
    throw new Error(
      `${path} has ${Math.round(found.size / 1e6)} MB. A SQLite file is read into memory, which takes 1,000 MB at the ` +
        'most. Load it into a PostgreSQL database (with pgloader, for example) and give its URL.',
    );
  const log = await stat(`${path}-wal`).catch(() => null);
  if (log && log.size > 0)
    throw new Error(
      `${path} has changes in ${path}-wal. Stop the application that writes it, run ` +
        `\`sqlite3 ${path} 'PRAGMA wal_checkpoint(TRUNCATE)'\`, and try again.`,
    );
  const file = await readFile(path);
  if (file.subarray(0, MAGIC.length).toString('latin1') !== MAGIC)
    throw new Error(`${path} is not a SQLite database.`);
  // In memory there is no log, and no place for one.
  for (const at of JOURNAL_BYTES) if (file[at] === 2) file[at] = 1;
  return file;
}

/** The table as it is there; null where there is none, or one without trace_id. */
function describeTable(db: Database, table: LegacyTable): Table | null {
  const found = select(db, `select name, type, pk from pragma_table_info('${table}')`).map(
    ([name, type, key]) => ({ name: String(name).toLowerCase(), type: String(type), isKey: Number(key) > 0 }),
  );
  const names = new Set(found.map((column) => column.name));
  if (!names.has('trace_id')) return null;
  const [only, second] = found.filter((column) => column.isKey);
  return {
    columns: legacyColumns[table].filter((column) => names.has(column)),
    // Otherwise VACUUM may give a row another rowid.
    hasIntegerKey: only !== undefined && second === undefined && only.type.toUpperCase() === 'INTEGER',
  };
}

/** Text is read as bytes: sql.js would cut it at the first NUL character. */
function asBytes(column: string): string {
  return `case typeof("${column}") when 'text' then cast("${column}" as blob) else "${column}" end`;
}

function select(db: Database, query: string, values: string[] = []) {
  const statement = db.prepare(query, values);
  try {
    const rows: ReturnType<typeof statement.get>[] = [];
    while (statement.step()) rows.push(statement.get());
    return rows;
  } finally {
    statement.free();
  }
}
