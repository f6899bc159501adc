import { readFile } from 'node:fs/promises';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { closePools, type Db } from '@/db/client';
import { loginUrl } from '@/db/logins';
import { asTenant, insertOne, PLAIN, readOne } from './world';

/**
 * Memory of one server process in MB; undefined where there is no /proc that tells. `own` leaves out shared memory (the
 * buffers, which do not grow); `pss` counts the process's share of it.
 */
export type Memory = { own: number; pss: number } | undefined;

/** A connection of the app login to the plain table. Call `end`. */
export function connectPlain() {
  const client = postgres(loginUrl('app'), { max: 1, onnotice: () => {} });
  return { db: drizzle({ client }) as Db, end: () => client.end({ timeout: 5 }) };
}

/** The memory of one connection after it has read and written for so many tenants, for each of the counts in turn. */
export async function measureTenants(
  tenants: readonly string[],
  counts: readonly number[],
): Promise<Memory[]> {
  await closePools(); // one call after the other then uses one connection, a fresh one
  const found: Memory[] = [];
  let done = 0;
  for (const count of counts) {
    let pid = 0;
    for (const id of tenants.slice(done, count)) {
      await asTenant(id, async (db) => {
        await insertOne(db, 'traces', id);
        await readOne(db, 'traces', id);
        pid = await pidOf(db);
      });
    }
    done = count;
    found.push(await memoryOf(pid));
  }
  return found;
}

/** The memory of one connection after it has read and written for all these tenants in the plain table. */
export async function measurePlain(tenants: readonly string[]): Promise<Memory> {
  const { db, end } = connectPlain();
  for (const id of tenants) {
    await db.transaction(async (tx) => {
      await insertOne(tx, PLAIN, id);
      await readOne(tx, PLAIN, id);
    });
  }
  const memory = await memoryOf(await pidOf(db));
  await end();
  return memory;
}

async function pidOf(db: Db): Promise<number> {
  const [row] = await db.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
  return row?.pid ?? 0;
}

async function memoryOf(pid: number): Promise<Memory> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const mb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / 1024;
  return { own: mb('Pss_Anon'), pss: mb('Pss') };
}
