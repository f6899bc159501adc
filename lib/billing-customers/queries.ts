import { eq, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { billingCustomers } from '@/db/schema/billing';
import { stripeMode } from '@/lib/stripe/client';

/** The id of a tenant's customer at whom this installation speaks to; null while there is none. */
export async function findCustomerId(tenantId: string): Promise<string | null> {
  const [row] = await pool('platform')
    .db.select({ id: billingCustomers.stripeCustomerId, mode: billingCustomers.mode })
    .from(billingCustomers)
    .where(eq(billingCustomers.tenantId, tenantId));
  return row && row.mode === stripeMode() ? row.id : null;
}

/** The database's clock. */
export async function readClock(): Promise<Date> {
  const [row] = await pool('platform').db.execute<{ now: string }>(
    sql`select clock_timestamp()::text as now`,
  );
  return new Date(row?.now ?? 0);
}
