import { beforeAll, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { describeTables, estimateRows, type TableShape } from '@/db/export';
import { withOwner, withTenant } from '@/db/tenant';
import { tenantSchemaName, toTenantId } from '@/lib/ids';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { exportedControlTables, notExported } from '@/lib/workflows/export/rules';
import { makeTenant, type TestTenant } from '@/tests/support/factories';

/** Tables with rows of tenants: each must be exported, or say in `notExported` why not. */
async function listTenantTables(): Promise<{ name: string; isData: boolean }[]> {
  return pool('owner').sql`
    select c.relname as name, n.nspname = 'all_tenants' as "isData"
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where (n.nspname = 'all_tenants' and c.relkind = 'p')
      or (n.nspname = 'public' and c.relkind in ('r', 'p') and (c.relname = 'tenants'
        or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)))
    order by 1`;
}

let tenant: TestTenant;
let described: TableShape[];
let all: TableShape[];

beforeAll(async () => {
  tenant = await makeTenant();
  const names = Object.keys(exportedControlTables);
  described = await withTenant(tenant.ctx, (db) => describeTables(db, names));
  all = await withOwner((db) => describeTables(db, names));
});

describe('an export', () => {
  test('holds every table with rows of a tenant, but those that say why not', async () => {
    const exported = described.map(({ name }) => name);
    const missing = (await listTenantTables()).filter(
      ({ name, isData }) => !exported.includes(name) && (isData || !(name in notExported)),
    );
    expect(missing).toEqual([]);
  });

  test('has no table in both lists, and none that does not exist', async () => {
    const tables = (await listTenantTables()).map(({ name }) => name);
    const named = [...Object.keys(exportedControlTables), ...Object.keys(notExported)];
    expect(named.filter((name, i) => !tables.includes(name) || named.indexOf(name) !== i)).toEqual([]);
  });

  test('holds every column but the secrets', () => {
    const columnsOf = (tables: TableShape[]) =>
      tables.flatMap(({ name, columns }) => columns.map((column) => `${name}.${column.name}`));
    const exported = new Set(columnsOf(described));
    expect(columnsOf(all).filter((column) => !exported.has(column))).toEqual([
      'api_keys.secret_hash',
      'invitations.token_hash',
    ]);
  });

  test('says of a large table about how many rows it has, or more than how many', async () => {
    const traces = described.find(({ name }) => name === 'traces');
    if (!traces) throw new Error('no traces');
    const { ctx } = tenant;
    await ingestTraces(
      ctx,
      Array.from({ length: 30 }, (_, i) => ({ traceId: `t-${i}` })),
    );
    const estimate = (upTo: number) => withTenant(ctx, (db) => estimateRows(db, traces, ctx.tenant.id, upTo));
    expect(await estimate(30)).toEqual({ rows: 30, accuracy: 'exact' });
    expect(await estimate(10)).toEqual({ rows: 10, accuracy: 'more than' });
    await pool('owner').sql`analyze ${pool('owner').sql(tenantSchemaName(toTenantId(tenant.id)))}.traces`;
    expect(await estimate(10)).toEqual({ rows: 30, accuracy: 'about' });
  });

  test('can page through every table by a primary key that begins with the tenant', () => {
    for (const { name, key } of described) expect(key?.[0], name).toBe('tenant_id');
  });
});
