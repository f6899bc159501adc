import { randomBytes } from 'node:crypto';
import path from 'node:path';
import postgres from 'postgres';
import { migrate } from '@/db/migrate';

/** The folder of the real migrations. */
export const migrationsFolder = path.resolve(import.meta.dirname, '../../db/migrations');

export type TestDatabase = {
  name: string;
  /** The administrator's URL, as DATABASE_URL is. */
  url: string;
  drop: () => Promise<void>;
};

/** The administrator's URL of the throw-away cluster. Throws an Error that says what to set when there is none. */
export function clusterUrl(): string {
  const url = process.env.TEST_DATABASE_URL;
  if (!url) {
    throw new Error(
      'TEST_DATABASE_URL is not set. Integration tests need a throw-away PostgreSQL cluster whose superuser it names, ' +
        'such as postgres://postgres:password@127.0.0.1:5432/postgres. `npm test` starts one.',
    );
  }
  return url;
}

/** A connection of its own, for one test or suite. Closes itself at process end only: call `end()`. */
export function connect(url: string, options: postgres.Options<Record<string, never>> = {}): postgres.Sql {
  return postgres(url, { max: 1, onnotice: () => {}, ...options });
}

/** Makes an empty database with a random name in the cluster. */
export async function createDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asSuperuser((sql) => sql.unsafe(`CREATE DATABASE ${name}`));
  return {
    name,
    url: urlOfDatabase(name),
    drop: async () => {
      await asSuperuser((sql) => sql.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

/** Makes a database at the newest version. */
export async function createMigratedDatabase(): Promise<TestDatabase> {
  const database = await createDatabase();
  try {
    await migrate({ adminUrl: database.url, folder: migrationsFolder });
    return database;
  } catch (error) {
    await database.drop();
    throw error;
  }
}

/** Runs `fn` on a connection to the cluster's own database. */
export async function asSuperuser<T>(fn: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = connect(clusterUrl());
  try {
    return await fn(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function urlOfDatabase(name: string): string {
  const url = new URL(clusterUrl());
  url.pathname = `/${name}`;
  return url.toString();
}
