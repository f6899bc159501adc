import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';

/**
 * Notes, inside the transaction that makes them members, that people take seats from now on. It leaves a delta of nothing: should
 * the hour be closed when this commits, that is what has it counted anew.
 */
export async function openSeats(db: Db, tenantId: string, userIds: readonly string[]): Promise<void> {
  if (userIds.length === 0) return;
  await db.execute(sql`
    insert into membership_intervals (tenant_id, user_id)
      select ${tenantId}::uuid, sent.id::uuid from json_array_elements_text(${JSON.stringify(userIds)}::text::json) as sent(id)
      where not exists (select from membership_intervals i
        where i.tenant_id = ${tenantId} and i.user_id = sent.id::uuid and i.ended_at is null)`);
  await noteSeats(db, tenantId);
}

/** Notes, inside the transaction that ends a membership, that the person’s seat is free from now on. */
export async function closeSeat(db: Db, tenantId: string, userId: string): Promise<void> {
  await db.execute(sql`
    update membership_intervals set ended_at = greatest(now(), began_at)
      where tenant_id = ${tenantId} and user_id = ${userId} and ended_at is null`);
  await noteSeats(db, tenantId);
}

async function noteSeats(db: Db, tenantId: string): Promise<void> {
  await db.execute(sql`insert into usage_deltas (tenant_id, project) values (${tenantId}, '')`);
  // Whoever pays by the seat has Stripe told of it, a moment later: of several changes in a row, once.
  await db.execute(sql`
    insert into billing_seat_changes (tenant_id, next_at)
      select tenant_id, clock_timestamp() + interval '2 seconds' from billing_customers
        where tenant_id = ${tenantId} and stripe_customer_id is not null
      on conflict (tenant_id) do update
        set revision = billing_seat_changes.revision + 1, changed_at = now(), next_at = excluded.next_at`);
}
