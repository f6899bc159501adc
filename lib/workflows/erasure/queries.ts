import { and, asc, eq, lte, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { erasureReceipts } from '@/db/schema/lifecycle';
import { memberships, tenants } from '@/db/schema/tenancy';
import { namedOperators } from '@/lib/auth/operators';
import type { ErasureReceipt } from './schema';

/** The receipt of an erased tenant, or null. For the platform's own use: no tenant is left that could ask. */
export async function findReceipt(tenantId: string): Promise<ErasureReceipt | null> {
  const [row] = await pool('platform')
    .db.select()
    .from(erasureReceipts)
    .where(eq(erasureReceipts.tenantId, tenantId));
  return row
    ? {
        version: 1,
        tenant_id: row.tenantId,
        slug_hash: row.slugHash,
        requested_at: row.requestedAt.toISOString(),
        erased_at: row.erasedAt.toISOString(),
        row_counts: row.rowCounts,
        signature: row.signature,
      }
    : null;
}

/** The ids of tenants whose days of grace are over, by the database's clock, the longest overdue first. */
export async function listDueErasures(): Promise<string[]> {
  const rows = await pool('platform')
    .db.select({ id: tenants.id })
    .from(tenants)
    .where(and(eq(tenants.status, 'deleting'), lte(tenants.deleteAfter, sql`now()`)))
    .orderBy(asc(tenants.deleteAfter));
  return rows.map((row) => row.id);
}

/** Those of a tenant's members who belong to no other tenant and are no operators, locked until the transaction ends. */
export async function lockLeavers(db: Db, tenantId: string): Promise<{ id: string; email: string }[]> {
  const named = namedOperators();
  const isNamed = named.length > 0 ? sql`u.email in ${named}` : sql`false`;
  const alone = sql`not u.is_operator and not ${isNamed} and not exists (
    select 1 from ${memberships} o where o.user_id = u.id and o.tenant_id <> ${tenantId})`;
  const found = await db.execute<{ id: string }>(sql`
    select u.id from users u join ${memberships} m on m.user_id = u.id and m.tenant_id = ${tenantId}
    where ${alone} order by u.id for update of u`);
  if (found.length === 0) return [];
  // Asked again under the lock: a membership elsewhere that was being made is either visible now or will be refused.
  const ids = sql.join(
    found.map(({ id }) => sql`${id}::uuid`),
    sql`, `,
  );
  return db.execute<{ id: string; email: string }>(
    sql`select u.id, u.email from users u where u.id in (${ids}) and ${alone} order by u.id`,
  );
}
