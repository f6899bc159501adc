import { sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { withOwner, withTenant } from '@/db/tenant';
import { newId } from '@/lib/ids';
import { createTenant } from '@/lib/tenants/mutations';

/** Rows that each tenant has before anything is measured. */
export const ROWS_PER_TENANT = 100;

/** The shared table to which everything is compared: the same columns and indexes, no partitions, no policies. */
export const PLAIN = 'public.bench_plain';

/** A tenant by the verb that makes real ones. */
export async function makeTenant(): Promise<string> {
  const id = newId();
  const by = { actor: { kind: 'system', name: 'bench' }, requestId: 'bench' } as const;
  await withOwner((db) => createTenant(db, { id, slug: `bench-${id}`, name: 'Bench' }, by));
  return id;
}

/** Gives every tenant that has none its rows. The ids are `seed-1` to `seed-100`. */
export async function fill(): Promise<void> {
  await withOwner(async (db) => {
    await db.execute(sql`
      insert into all_tenants.traces (tenant_id, trace_id, question, answer, model, latency_ms, byte_size)
        select t.id, 'seed-' || n, 'How long is the trial of plan ' || n || '?', repeat('The trial lasts 14 days. ', 8),
          'gpt-4o-mini', 100 + n, 300
        from tenants t, generate_series(1, ${ROWS_PER_TENANT}::int) n on conflict do nothing`);
  });
  await pool('owner').sql.unsafe('ANALYZE all_tenants.traces');
}

/** Makes the plain table, with the rows that all tenants have together. */
export async function makePlainTable(): Promise<void> {
  await pool('owner').sql.unsafe(`
    CREATE TABLE ${PLAIN} (LIKE all_tenants.traces INCLUDING ALL);
    INSERT INTO ${PLAIN} SELECT * FROM all_tenants.traces;
    GRANT SELECT, INSERT ON ${PLAIN} TO ragtoolkit_app;
    ANALYZE ${PLAIN};`);
}

/** One row by its key, as a request for a trace reads it. */
export async function readOne(db: Db, table: string, tenantId: string): Promise<void> {
  const traceId = `seed-${1 + Math.floor(Math.random() * ROWS_PER_TENANT)}`;
  const rows = await db.execute(sql`
    select trace_id, received_at, question, answer, model, latency_ms from ${sql.raw(table)}
      where tenant_id = ${tenantId} and trace_id = ${traceId}`);
  if (rows.length !== 1) throw new Error(`there is no ${traceId} of ${tenantId} in ${table}`);
}

/** One new row. */
export async function insertOne(db: Db, table: string, tenantId: string): Promise<void> {
  await db.execute(sql`
    insert into ${sql.raw(table)} (tenant_id, trace_id, question, answer, model, latency_ms, byte_size)
      values (${tenantId}, ${newId()}, 'How long is the trial?', 'The trial lasts 14 days.', 'gpt-4o-mini', 100, 50)`);
}

/** What a request does with a tenant: a transaction through the one door. */
export const asTenant = (id: string, work: (db: Db) => Promise<void>) => withTenant({ tenant: { id } }, work);

export const anyOf = (ids: readonly string[]) => ids[Math.floor(Math.random() * ids.length)] ?? '';
