import { and, asc, eq } from 'drizzle-orm';
import postgres from 'postgres';
import { pool } from '@/db/client';
import { usageRecords } from '@/db/schema/metering';
import { env } from '@/lib/env';
import { runTick } from '@/lib/metering/mutations';
import type { MeteringRun, MetricId } from '@/lib/metering/schema';

export const HOUR = 3_600_000;
export const platform = { actor: { kind: 'system', name: 'test' }, requestId: 'test' } as const;

/** Connections of the administrator, who may write what no login of the product may: the past, above all. */
export function connectAsOwner(): postgres.Sql {
  return postgres(env().databaseUrl, { max: 3, onnotice: () => {} });
}

/** A tick of these tenants alone, at another time than the database's: other suites are in the same database. */
export function tick(of: readonly { id: string }[], now: Date): Promise<MeteringRun | null> {
  return runTick(platform, { trigger: 'operator', now, only: of.map(({ id }) => id) });
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
