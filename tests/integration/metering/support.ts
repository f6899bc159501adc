import { and, asc, eq, max } from 'drizzle-orm';
import postgres from 'postgres';
import { pool } from '@/db/client';
import { usageMeters, usageRecords } from '@/db/schema/metering';
import { usageDeltas } from '@/db/schema/usage';
import { env } from '@/lib/env';
import { runTick } from '@/lib/metering/mutations';
import type { MeteringRun, MetricId } from '@/lib/metering/schema';
import { poll } from '@/tests/support/poll';

export const HOUR = 3_600_000;
export const platform = { actor: { kind: 'system', name: 'test' }, requestId: 'test' } as const;

/** Connections of the administrator, who may write what no login of the product may: the past, above all. */
export function connectAsOwner(): postgres.Sql {
  return postgres(env().databaseUrl, { max: 8, onnotice: () => {} });
}

/** A tick of these tenants alone, at another time than the database's: other suites are in the same database. */
export function tick(of: readonly { id: string }[], now: Date): Promise<MeteringRun | null> {
  return runTick(platform, { trigger: 'operator', now, only: of.map(({ id }) => id) });
}

/**
 * Ticks until what was counted when this was called is settled. That waits for every transaction of the cluster that was open
 * then, those of other suites too.
 */
export async function settle(of: { id: string }, now: Date): Promise<void> {
  const meter = async () => {
    const [row] = await pool('platform')
      .db.select({ seen: usageMeters.seenId, settled: usageMeters.settledId })
      .from(usageMeters)
      .where(eq(usageMeters.tenantId, of.id));
    return row ?? { seen: 0n, settled: 0n };
  };
  const newest = await newestDelta(of);
  await poll(
    async () => {
      await tick([of], now);
      return (await meter()).settled >= newest;
    },
    20_000,
    'the deltas to be settled',
  );
}

async function newestDelta(of: { id: string }): Promise<bigint> {
  const [row] = await pool('platform')
    .db.select({ id: max(usageDeltas.id) })
    .from(usageDeltas)
    .where(eq(usageDeltas.tenantId, of.id));
  return BigInt(row?.id ?? 0);
}

/** A metric's records, oldest first, as hour and value. */
export async function recordsOf(of: { id: string }, metric: MetricId): Promise<[string, number][]> {
  const rows = await pool('platform')
    .db.select()
    .from(usageRecords)
    .where(and(eq(usageRecords.tenantId, of.id), eq(usageRecords.metric, metric)))
    .orderBy(asc(usageRecords.hour));
  return rows.map(({ hour, value }) => [hour.toISOString(), value]);
}
