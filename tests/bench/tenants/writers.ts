import { setTimeout as sleep } from 'node:timers/promises';
import { anyOf, asTenant, insertOne } from './world';

const WRITERS = 4;
/** Between two writes of one writer: they keep the database busy without filling the machine. */
const PAUSE_MS = 5;

export type Write = { began: number; ended: number };

/** Writers that insert rows for tenants at random, each in a transaction of its own, until they are stopped. */
export function startWriters(tenants: readonly string[]) {
  const writes: Write[] = [];
  let stopped = false;
  const loops = Array.from({ length: WRITERS }, async () => {
    while (!stopped) {
      const id = anyOf(tenants);
      const began = performance.now();
      await asTenant(id, (db) => insertOne(db, 'traces', id));
      writes.push({ began, ended: performance.now() });
      await sleep(PAUSE_MS);
    }
  });
  return {
    /** Ends them and answers every write that was made. Throws when one failed. */
    async stop(): Promise<Write[]> {
      stopped = true;
      await Promise.all(loops);
      return writes;
    },
  };
}
