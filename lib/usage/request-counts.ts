import { sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { requestHours, requestSlots } from '@/db/schema/limits';

/** The width of a stretch in which requests are counted, in milliseconds. */
export const SLOT_MS = 10_000;
const HOUR_MS = 3_600_000;
/** Counts that are held while the database cannot be reached; past that new ones are dropped. */
const CAPACITY = 50_000;
/** Rows of one statement: its parameters have a limit. */
const ROWS = 1_000;

type Count = { tenantId: string; keyId: string; at: number; admitted: number; limited: number };

// One per process, whichever of its bundles counts.
const COUNTS = Symbol.for('ragtoolkit.request-counts');
const globals = globalThis as { [COUNTS]?: Map<string, Count> };

/** Counts a request of a tenant's key, let through or refused for its rate. Without I/O: `flushRequestCounts` writes. */
export function countRequest(key: { tenantId: string; keyId: string }, admitted: boolean): void {
  globals[COUNTS] ??= new Map();
  const at = Math.floor(Date.now() / SLOT_MS) * SLOT_MS;
  add(globals[COUNTS], { ...key, at, admitted: admitted ? 1 : 0, limited: admitted ? 0 : 1 });
}

/**
 * Adds what was counted since the last time to the tables of stretches and hours, which all processes write. What cannot
 * be written is kept for the next time. Throws what the database throws.
 */
export async function flushRequestCounts(): Promise<void> {
  const counted = globals[COUNTS];
  if (!counted || counted.size === 0) return;
  globals[COUNTS] = new Map();
  try {
    await pool('platform').db.transaction(async (db) => {
      await write(db, 'slot', [...counted.values()]);
      await write(db, 'hour', byHour(counted.values()));
    });
  } catch (error) {
    globals[COUNTS] ??= new Map();
    for (const count of counted.values()) add(globals[COUNTS], count);
    throw error;
  }
}

function add(counts: Map<string, Count>, given: Count): void {
  const name = `${given.keyId} ${given.at}`;
  const count = counts.get(name);
  if (count) {
    count.admitted += given.admitted;
    count.limited += given.limited;
  } else if (counts.size < CAPACITY) counts.set(name, { ...given });
}

function byHour(counts: Iterable<Count>): Count[] {
  const hours = new Map<string, Count>();
  for (const count of counts) add(hours, { ...count, at: Math.floor(count.at / HOUR_MS) * HOUR_MS });
  return [...hours.values()];
}

/** In one order, so that processes that write at once wait for each other and never in a circle. */
async function write(db: Db, width: 'slot' | 'hour', counts: Count[]): Promise<void> {
  const name = (count: Count) => `${count.tenantId} ${count.at} ${count.keyId}`;
  const sorted = counts.sort((a, b) => (name(a) < name(b) ? -1 : 1));
  for (let from = 0; from < sorted.length; from += ROWS) {
    const rows = sorted.slice(from, from + ROWS).map(({ at, ...row }) => ({ ...row, at: new Date(at) }));
    if (width === 'slot') {
      const { tenantId, slot, keyId } = requestSlots;
      await db
        .insert(requestSlots)
        .values(rows.map(({ at, ...row }) => ({ ...row, slot: at })))
        .onConflictDoUpdate({ target: [tenantId, slot, keyId], set: sums(requestSlots) });
    } else {
      const { tenantId, hour, keyId } = requestHours;
      await db
        .insert(requestHours)
        .values(rows.map(({ at, ...row }) => ({ ...row, hour: at })))
        .onConflictDoUpdate({ target: [tenantId, hour, keyId], set: sums(requestHours) });
    }
  }
}

function sums(table: typeof requestSlots | typeof requestHours) {
  return {
    admitted: sql`${table.admitted} + excluded.admitted`,
    limited: sql`${table.limited} + excluded.limited`,
  };
}
