import type postgres from 'postgres';
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
    // statements are short: compiling one takes longer than it runs. `fn` begins before it is answered: a connection’s statements
    // are sent together and run in their order, and when this one fails, PostgreSQL refuses those behind it.
    const scoped = clientOf(tx)
      .unsafe(
        `SET LOCAL app.tenant_id = '${id}'; SET LOCAL search_path = ${tenantSchemaName(id)}, public; SET LOCAL jit = off`,
      )
      .execute();
    // Both are waited for: nothing of a transaction may be under way when its connection goes to the next.
    const [scope, outcome] = await Promise.allSettled([scoped, (async () => fn(tx))()]);
    if (scope.status === 'rejected') throw scope.reason;
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

/** The driver's own client of a transaction: what it is given is sent at once, and not when somebody waits for it. */
function clientOf(tx: Db): postgres.TransactionSql {
  return (tx._.session as unknown as { client: postgres.TransactionSql }).client;
}

/** A transaction of the platform login: control tables of all tenants, no tenant data. */
export async function withPlatform<T>(fn: (db: Db) => Promise<T>): Promise<T> {
  return pool('platform').db.transaction(fn);
}

/** A transaction of the owner login: provisioning and dropping. Not for requests that only read or write rows. */
export async function withOwner<T>(fn: (db: Db) => Promise<T>): Promise<T> {
  return pool('owner').db.transaction(fn);
}
