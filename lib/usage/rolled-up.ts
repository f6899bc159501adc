import { eq, type SQL, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { statsProgress } from '@/db/schema/stats';

/** Until when a tenant's traces are rolled up by the hour and by the day: timestamptz values, `-infinity` where none are. */
export type RolledUp = { hours: SQL; days: SQL };

/**
 * How far the tenant's rollups are. A statement of its own: of a time that it is told, PostgreSQL sees that few traces are
 * later, and of a subquery it expects a third of all.
 */
export async function readRolledUp(db: Db, tenantId: string): Promise<RolledUp> {
  const [row] = await db
    .select({
      hours: sql<string>`${statsProgress.rolledUntil}::text`,
      days: sql<string | null>`${statsProgress.daysUntil}::text`,
    })
    .from(statsProgress)
    .where(eq(statsProgress.tenantId, tenantId));
  const time = (value: string | null | undefined) => sql`${value ?? '-infinity'}::timestamptz`;
  return { hours: time(row?.hours), days: time(row?.days) };
}

/**
 * The rollups of what is closed from `from` on, with the `columns` that are asked for and `hour`. By day, `hour` is the day's
 * first one, and `from` must begin a UTC day; what is left of the last day comes by the hour.
 */
export function closedRows(
  tenantId: string,
  { columns, from, rolledUp, by }: { columns: SQL; from: SQL; rolledUp: RolledUp; by: 'hour' | 'day' },
): SQL {
  const hours = (since: SQL) => sql`
    select hour, ${columns} from trace_rollups
    where tenant_id = ${tenantId} and hour >= ${since} and hour < ${rolledUp.hours}`;
  if (by === 'hour') return hours(from);
  return sql`
    select day as hour, ${columns} from trace_rollup_days
    where tenant_id = ${tenantId} and day >= ${from} and day < ${rolledUp.days}
    union all ${hours(sql`greatest(${from}, ${rolledUp.days})`)}`;
}
