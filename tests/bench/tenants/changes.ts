import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrate } from '@/db/migrate';
import { env } from '@/lib/env';
import { median, percentile, timed } from '../measure';
import { asTenant, insertOne } from './world';
import { startWriters } from './writers';

/** How long a change took, and what writers waited meanwhile, in milliseconds. */
export type Change = { ms: number; longest: number; p99: number; median: number; writes: number };

let number = 9_000;

/** Applies a migration as `npm run db:migrate` does, beside writers of all tenants. */
export async function applyBesideWriters(tenants: readonly string[], statements: string): Promise<Change> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'migrations-'));
  try {
    await writeFile(path.join(folder, `${++number}_bench.sql`), statements);
    return await besideWriters(tenants, () => migrate({ adminUrl: env().databaseUrl, folder }));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The same while one transaction of one tenant stays open for so long. */
export async function applyBehindTransaction(
  tenants: readonly string[],
  statements: string,
  openMs: number,
): Promise<Change> {
  const id = tenants[Math.floor(tenants.length / 2)] ?? '';
  let begun = () => {};
  const isOpen = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const open = asTenant(id, async (db) => {
    await insertOne(db, 'traces', id);
    begun();
    await sleep(openMs);
  });
  await isOpen;
  const change = await applyBesideWriters(tenants, statements);
  await open;
  return change;
}

/** Runs `work` beside writers and answers what those waited that were writing meanwhile. */
export async function besideWriters(
  tenants: readonly string[],
  work: () => Promise<unknown>,
): Promise<Change> {
  const writers = startWriters(tenants);
  await sleep(500); // until each has its connection
  const from = performance.now();
  const took = await timed(work);
  const writes = (await writers.stop()).filter(({ began, ended }) => ended > from && began < from + took);
  const waits = writes.map(({ began, ended }) => ended - began);
  return {
    ms: took,
    longest: Math.max(...waits),
    p99: percentile(waits, 0.99),
    median: median(waits),
    writes: waits.length,
  };
}
