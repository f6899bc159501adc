import { eq, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { statsProgress } from '@/db/schema/stats';

/**
 * Until when the tenant's hours are rolled up, as PostgreSQL writes a timestamptz; `-infinity` where none is. A statement of its
 * own: of a time that it is told, PostgreSQL sees that few traces are later, and of a subquery it expects a third of all.
 */
export async function readRolledUntil(db: Db, tenantId: string): Promise<string> {
  const [row] = await db
    .select({ until: sql<string>`${statsProgress.rolledUntil}::text` })
    .from(statsProgress)
    .where(eq(statsProgress.tenantId, tenantId));
  return row?.until ?? '-infinity';
}
