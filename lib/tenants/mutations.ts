import type { Db } from '@/db/client';
import { provisionTenantSchema } from '@/db/provision';
import { tenants } from '@/db/schema/tenancy';
import { emit } from '@/lib/audit/emit';
import type { Actor } from '@/lib/tenancy/context';
import { announceTenantChange, type TenantEntry } from '@/lib/tenancy/directory';

/**
 * Makes a tenant: its row, its schema with its partitions, and the audit row, inside the caller's transaction of the
 * owner login. Throws the database's unique violation when the slug is taken.
 */
export async function createTenant(
  db: Db,
  input: { id: string; slug: string; name: string },
  by: { actor: Actor; requestId: string },
): Promise<TenantEntry> {
  const tenant: TenantEntry = { ...input, status: 'active' };
  await db.insert(tenants).values(tenant);
  await provisionTenantSchema(db, tenant);
  await emit(
    db,
    { tenant, ...by },
    {
      action: 'tenant.create',
      target: { kind: 'tenant', id: tenant.id },
      after: { slug: tenant.slug, name: tenant.name },
    },
  );
  await announceTenantChange(db, { id: tenant.id, slugs: [tenant.slug] });
  return tenant;
}
