import { lt, sql } from 'drizzle-orm';
import { deliveries, deliveryRefusals } from '@/db/schema/deliveries';
import { withPlatform } from '@/db/tenant';

/** Forgets what the ledger says of more than 90 days ago. */
export async function sweepDeliveries(): Promise<void> {
  const oldest = sql`now() - interval '90 days'`;
  await withPlatform(async (db) => {
    await db.delete(deliveries).where(lt(deliveries.hour, oldest));
    await db.delete(deliveryRefusals).where(lt(deliveryRefusals.at, oldest));
  });
}
