import type { Db } from '@/db/client';
import { statsDirtyHours } from '@/db/schema/stats';
import type { TenantContext } from '@/lib/tenancy/context';

const HOUR_MS = 3_600_000;

/**
 * Notes, inside the caller's transaction, in which hours before the current one traces were changed or added late, so
 * that their rollups are written anew. The current hour needs no note: it is not rolled up yet.
 */
export async function noteChangedHours(
  db: Db,
  ctx: Pick<TenantContext, 'tenant'>,
  received: readonly Date[],
): Promise<void> {
  const current = toHour(Date.now());
  const hours = new Set(received.map((at) => toHour(at.getTime())).filter((hour) => hour < current));
  if (hours.size === 0) return;
  await db
    .insert(statsDirtyHours)
    .values([...hours].map((hour) => ({ tenantId: ctx.tenant.id, hour: new Date(hour) })));
}

function toHour(time: number): number {
  return Math.floor(time / HOUR_MS) * HOUR_MS;
}
