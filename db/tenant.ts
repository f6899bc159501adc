import { sql } from 'drizzle-orm';
import { tenantSchemaName, toTenantId } from '@/lib/ids';
import { type Db, pool } from './client';

/** The part of a request's context that names the tenant. Made from the verified credential and host alone. */
export type TenantScope = { readonly tenant: { readonly id: string } };

/**
 * The one door to tenant rows: a transaction of the app login in which unqualified tenant tables are this tenant's own
 * partitions and row-level security shows this tenant's rows. Throws what `fn` throws, after rolling back.
 */
export async function withTenant<T>(scope: TenantScope, fn: (db: Db) => Promise<T>): Promise<T> {
  const id = toTenantId(scope.tenant.id);
  return pool('app').db.transaction(async (tx) => {
    // Literals, because SET LOCAL takes no parameters; toTenantId has checked them. LOCAL ends with the transaction. A request's
    // statements are short: compiling one takes longer than it runs.
    await tx.execute(
      sql.raw(
        `SET LOCAL app.tenant_id = '${id}'; SET LOCAL search_path = ${tenantSchemaName(id)}, public; SET LOCAL jit = off`,
      ),
    );
    return fn(tx);
  });
}

/** A transaction of the platform login: control tables of all tenants, no tenant data. */
export async function withPlatform<T>(fn: (db: Db) => Promise<T>): Promise<T> {
  return pool('platform').db.transaction(fn);
}

/** A transaction of the owner login: provisioning and dropping. Not for requests that only read or write rows. */
export async function withOwner<T>(fn: (db: Db) => Promise<T>): Promise<T> {
  return pool('owner').db.transaction(fn);
}
