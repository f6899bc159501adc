import { sql } from 'drizzle-orm';
import { toTenantId } from '@/lib/ids';
import type { Db } from './client';

/**
 * Makes a tenant's schema, with a locked and granted partition of every tenant data table, inside the caller's
 * transaction of the owner login: the tenant's rows and its schema come into being together or not at all.
 */
export async function provisionTenantSchema(db: Db, tenant: { id: string; slug: string }): Promise<void> {
  await db.execute(sql`select all_tenants.provision_tenant(${toTenantId(tenant.id)}::uuid, ${tenant.slug})`);
}

/** Writes a tenant's new slug into the comment of its schema, inside the caller's transaction of the owner login. */
export async function describeTenantSchema(db: Db, tenant: { id: string; slug: string }): Promise<void> {
  await db.execute(sql`select all_tenants.describe_tenant(${toTenantId(tenant.id)}::uuid, ${tenant.slug})`);
}
