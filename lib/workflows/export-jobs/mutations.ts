import { eq } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { concurrencyLeases } from '@/db/schema/limits';

/**
 * Part of a verb: takes an export's place away. Whoever sends it notices when they renew it, within 15 s, and cuts it short.
 * Answers null where nobody holds a place for it.
 */
export async function stopExport(db: Db, id: string): Promise<Record<string, unknown> | null> {
  const [lease] = await db
    .delete(concurrencyLeases)
    .where(eq(concurrencyLeases.holder, id))
    .returning({ tenantId: concurrencyLeases.tenantId });
  return lease ?? null;
}
