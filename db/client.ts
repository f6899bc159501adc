import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { env } from '@/lib/env';
import { type Login, loginUrl } from './logins';
import { guardTransactions } from './lost-connections';

/** A drizzle transaction or database, as queries take it. */
export type Db = PostgresJsDatabase;

/** Connections per process and login. A connection that has seen 1,000 tenants holds about 55 MB, so pools are small. */
const poolSizes = { owner: 2, app: 10, platform: 5 } as const satisfies Record<Login, number>;

type Pool = { sql: postgres.Sql; db: Db };

// server.ts and Next are two bundles in one process: pools that must be one hang on globalThis.
const POOLS = Symbol.for('ragtoolkit.db.pools');
type Pools = Map<string, Pool>;
const globals = globalThis as { [POOLS]?: Pools };

function pools(): Pools {
  globals[POOLS] ??= new Map();
  return globals[POOLS];
}

/** The process's pool of a login. Connects on first use. */
export function pool(login: Login): Pool {
  const url = loginUrl(login);
  let found = pools().get(url);
  if (!found) {
    const sql = guardTransactions(
      postgres(url, {
        max: poolSizes[login],
        idle_timeout: 60,
        connect_timeout: 10,
        onnotice: () => {},
        connection: {
          application_name: `ragtoolkit ${login} ${env().mode}`,
          // Compiling a statement that counts hours takes seconds, running it milliseconds: what is planned for many rows has few.
          ...(login === 'platform' ? { jit: 'off' } : {}),
        },
      }),
    );
    found = { sql, db: drizzle({ client: sql }) };
    pools().set(url, found);
  }
  return found;
}

/** Ends every connection, waiting up to 5 s for queries under way. For shutdown and tests. */
export async function closePools(): Promise<void> {
  await closePoolsWithin(5);
}

/** The same, with as many seconds as it may take. */
export async function closePoolsWithin(seconds: number): Promise<void> {
  const open = [...pools().values()];
  pools().clear();
  await Promise.all(open.map(({ sql }) => sql.end({ timeout: seconds })));
}
