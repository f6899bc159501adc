import { timed } from '../measure';
import { connectPlain } from './memory';
import { anyOf, asTenant, insertOne, PLAIN, readOne } from './world';

const ROUNDS = 10;
const OPERATIONS = 200;

export const operations = ['point query', 'insert'] as const;
export type Operation = (typeof operations)[number];

/**
 * How a row is reached.
 * - tenant: through withTenant, in the tenant's partition
 * - transaction: in the plain table, in a transaction
 * - statement: in the plain table, by a statement alone
 */
export const ways = ['tenant', 'transaction', 'statement'] as const;
export type Way = (typeof ways)[number];

const perform = { 'point query': readOne, insert: insertOne } as const;

/** Latencies in milliseconds, one connection for each way, the ways taking turns; each operation for a tenant at random. */
export async function measureLatency(
  tenants: readonly string[],
): Promise<Record<Operation, Record<Way, number[]>>> {
  const plain = connectPlain();
  const run: Record<Way, (id: string, operation: Operation) => Promise<unknown>> = {
    tenant: (id, operation) => asTenant(id, (db) => perform[operation](db, 'traces', id)),
    transaction: (id, operation) => plain.db.transaction((tx) => perform[operation](tx, PLAIN, id)),
    statement: (id, operation) => perform[operation](plain.db, PLAIN, id),
  };
  const empty = () => ({ tenant: [], transaction: [], statement: [] }) as Record<Way, number[]>;
  const found = { 'point query': empty(), insert: empty() };
  for (const way of ways) for (const id of tenants) await run[way](id, 'point query'); // warms every tenant
  for (let round = 0; round < ROUNDS; round++) {
    for (const operation of operations) {
      for (const way of ways) {
        for (let n = 0; n < OPERATIONS; n++) {
          found[operation][way].push(await timed(() => run[way](anyOf(tenants), operation)));
        }
      }
    }
  }
  await plain.end();
  return found;
}
