import { sql } from 'drizzle-orm';
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { type Login, loginUrl } from '@/db/logins';
import { traces } from '@/db/schema/traces';
import { withOwner, withPlatform, withTenant } from '@/db/tenant';
import { newId, tenantSchemaName, toTenantId } from '@/lib/ids';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { connect } from '@/tests/support/databases';
import { makeTenant, type TestTenant } from '@/tests/support/factories';
import { sqlState, sqlStateOf } from '@/tests/support/postgres-errors';

let a: TestTenant;
let b: TestTenant;
let [schemaA, schemaB] = ['', ''];

beforeAll(async () => {
  [a, b] = await Promise.all([makeTenant(), makeTenant()]);
  [schemaA, schemaB] = [tenantSchemaName(toTenantId(a.id)), tenantSchemaName(toTenantId(b.id))];
  await ingestTraces(a.firstKey.ctx, [{ traceId: 'same-id', question: 'of a' }, { traceId: 'only-a' }]);
  await ingestTraces(b.firstKey.ctx, [{ traceId: 'same-id', question: 'of b' }]);
});

/** Control tables with rows of a tenant, and the column that names it. */
const controlTables = [
  ['tenants', 'id'],
  ['memberships', 'tenant_id'],
  ['api_keys', 'tenant_id'],
  ['usage_deltas', 'tenant_id'],
  ['audit_log', 'tenant_id'],
] as const;

const connections: postgres.Sql[] = [];
afterAll(() => Promise.all(connections.map((connection) => connection.end())));

/** One connection of a login, as a client of its own would make it. */
function raw(login: Login): postgres.Sql {
  const connection = connect(loginUrl(login));
  connections.push(connection);
  return connection;
}

/** Runs statements in a transaction that is rolled back, with these settings. */
async function asTenant<T>(
  settings: { tenant?: string; path?: string },
  fn: (tx: postgres.TransactionSql) => Promise<T>,
  login: Login = 'app',
): Promise<T> {
  const connection = raw(login);
  return connection.begin(async (tx) => {
    if (settings.tenant !== undefined) await tx.unsafe(`SET LOCAL app.tenant_id = '${settings.tenant}'`);
    if (settings.path !== undefined) await tx.unsafe(`SET LOCAL search_path = ${settings.path}, public`);
    return fn(tx);
  }) as Promise<T>;
}

describe('withTenant', () => {
  test('shows a tenant its own rows, where the query names no tenant at all', async () => {
    const read = (tenant: TestTenant) =>
      withTenant(tenant.ctx, (db) =>
        db.select({ id: traces.traceId, question: traces.question }).from(traces),
      );
    expect((await read(a)).map((row) => row.id).sort()).toEqual(['only-a', 'same-id']);
    expect(await read(b)).toEqual([{ id: 'same-id', question: 'of b' }]);
  });

  test('shows nothing of another tenant that the query asks for by name', async () => {
    const rows = await withTenant(a.ctx, (db) =>
      db.execute(sql`select 1 from traces where tenant_id = ${b.id} or question = 'of b'`),
    );
    expect(rows).toHaveLength(0);
  });

  test('changes and deletes nothing of another tenant', async () => {
    const [updated, deleted] = await withTenant(a.ctx, async (db) => [
      await db.execute(sql`update traces set question = 'changed' where tenant_id = ${b.id} returning 1`),
      await db.execute(sql`delete from traces where tenant_id = ${b.id} returning 1`),
    ]);
    expect([updated?.length, deleted?.length]).toEqual([0, 0]);
  });

  test('stores nothing in the name of another tenant', async () => {
    const insert = withTenant(a.ctx, (db) =>
      db.insert(traces).values({ tenantId: b.id, traceId: newId(), byteSize: 1 }),
    );
    expect(await sqlStateOf(insert)).toBe(sqlState.insufficientPrivilege);
  });

  test.each(['all_tenants.traces', 'other'])('reaches no rows through %s', async (name) => {
    const table = name === 'other' ? `${schemaB}.traces` : name;
    const read = withTenant(a.ctx, (db) => db.execute(sql.raw(`select 1 from ${table}`)));
    if (name === 'other') expect(await read).toHaveLength(0);
    else expect(await sqlStateOf(read)).toBe(sqlState.insufficientPrivilege);
  });

  test('shows of the control tables the tenant’s own rows', async () => {
    for (const [table, column] of controlTables) {
      const rows = await withTenant(a.ctx, (db) =>
        db.execute<{ tenant: string }>(sql.raw(`select ${column} as tenant from ${table}`)),
      );
      expect(new Set(rows.map((row) => row.tenant))).toEqual(new Set([a.id]));
    }
  });

  test('errs for a tenant without partitions, rather than reading others', async () => {
    const scope = { tenant: { id: newId() } };
    const read = withTenant(scope, (db) => db.select({ id: traces.traceId }).from(traces));
    expect(await sqlStateOf(read)).toBe(sqlState.undefinedTable);
  });

  test.each(["'; drop table traces; --", '', 'ragtoolkit', `${newId()}', public; --`, newId().toUpperCase()])(
    'refuses %j for a tenant before it asks the database anything',
    async (id) => {
      let ran = false;
      await expect(
        withTenant({ tenant: { id } }, async () => {
          ran = true;
        }),
      ).rejects.toThrow(TypeError);
      expect(ran).toBe(false);
    },
  );

  test('rolls back and passes on what its function throws', async () => {
    const id = newId();
    const failure = new Error('in the middle');
    await expect(
      withTenant(a.ctx, async (db) => {
        await db.insert(traces).values({ tenantId: a.id, traceId: id, byteSize: 1 });
        throw failure;
      }),
    ).rejects.toBe(failure);
    const rows = await withTenant(a.ctx, (db) =>
      db.execute(sql`select 1 from traces where trace_id = ${id}`),
    );
    expect(rows).toHaveLength(0);
  });
});

describe('lock 1, the search path', () => {
  // The owner passes row-level security by, so what is seen here is the path’s doing alone.
  test('makes the unqualified name the tenant’s own partition', async () => {
    for (const [schema, tenant] of [
      [schemaA, a],
      [schemaB, b],
    ] as const) {
      const seen = await asTenant(
        { path: schema },
        async (tx) => [
          await tx`select 'traces'::regclass::oid::regclass::text as name, to_regclass('traces') = ${`${schema}.traces`}::regclass as own`,
          await tx`select distinct tenant_id from traces`,
        ],
        'owner',
      );
      expect(seen[0]?.[0]).toMatchObject({ own: true });
      expect(seen[1]).toEqual([{ tenant_id: tenant.id }]);
    }
  });

  test('is what withTenant sets, with the parents off it', async () => {
    const [row] = await withTenant(a.ctx, (db) =>
      db.execute<{ path: string; own: boolean }>(
        sql`select current_setting('search_path') as path, 'traces'::regclass = ${`${schemaA}.traces`}::regclass as own`,
      ),
    );
    expect(row).toEqual({ path: `${schemaA}, public`, own: true });
  });

  test('is empty for the app login outside of withTenant', async () => {
    const app = raw('app');
    expect(await app`select current_setting('search_path') as path`).toEqual([{ path: '""' }]);
    expect(await sqlStateOf(app`select 1 from traces`)).toBe(sqlState.undefinedTable);
    expect(await sqlStateOf(app`select 1 from tenants`)).toBe(sqlState.undefinedTable);
  });
});

describe('lock 2, the partition', () => {
  test('takes no row of another tenant, from nobody', async () => {
    for (const login of ['owner'] as const) {
      const insert = raw(login).unsafe(
        `insert into ${schemaA}.traces (tenant_id, trace_id, byte_size) values ('${b.id}', 'x', 1)`,
      );
      expect(await sqlStateOf(insert)).toBe(sqlState.checkViolation);
    }
  });

  test('lets no row move to another tenant', async () => {
    const move = raw('owner').unsafe(`update ${schemaA}.traces set tenant_id = '${b.id}'`);
    expect(await sqlStateOf(move)).toBe(sqlState.checkViolation);
  });
});

describe('lock 3, row-level security', () => {
  const partition = () => [`${schemaA}.traces`, `${schemaB}.traces`];

  test('shows the app login nothing while no tenant is set', async () => {
    for (const settings of [{}, { tenant: '' }])
      for (const table of [...partition(), ...controlTables.map(([name]) => `public.${name}`)]) {
        const column = table.endsWith('.tenants') ? 'id' : 'tenant_id';
        expect(await asTenant(settings, (tx) => tx.unsafe(`select ${column} from ${table}`))).toHaveLength(0);
      }
  });

  test('shows nothing where the setting is one tenant’s and the path another’s', async () => {
    const rows = await asTenant({ tenant: a.id, path: schemaB }, (tx) => tx`select 1 from traces`);
    expect(rows).toHaveLength(0);
    expect(await asTenant({ tenant: b.id, path: schemaB }, (tx) => tx`select 1 from traces`)).toHaveLength(1);
  });

  test('stores nothing where the setting is one tenant’s and the path another’s', async () => {
    const insert = asTenant(
      { tenant: a.id, path: schemaB },
      (tx) => tx`insert into traces (tenant_id, trace_id, byte_size) values (${b.id}, 'x', 1)`,
    );
    expect(await sqlStateOf(insert)).toBe(sqlState.insufficientPrivilege);
  });

  test('shows nothing, or errs, for a setting that is no id', async () => {
    for (const tenant of ['*', 'null', `{${a.id}`, `${a.id} or true`])
      expect(await sqlStateOf(asTenant({ tenant, path: schemaA }, (tx) => tx`select 1 from traces`))).toBe(
        '22P02',
      );
  });

  test('writes audit and usage in the tenant’s own name only', async () => {
    for (const insert of [
      `insert into public.usage_deltas (tenant_id, project) values ('${b.id}', 'x')`,
      `insert into public.audit_log (tenant_id, actor_kind, action, target_kind, target_id) values ('${b.id}', 'system', 'x.y', 'x', 'x')`,
    ])
      expect(await sqlStateOf(asTenant({ tenant: a.id, path: schemaA }, (tx) => tx.unsafe(insert)))).toBe(
        sqlState.insufficientPrivilege,
      );
  });

  test('cannot be switched off by the app login', async () => {
    const off = asTenant({ tenant: a.id, path: schemaA }, async (tx) => {
      await tx`set local row_security = off`;
      return tx`select 1 from traces`;
    });
    expect(await sqlStateOf(off)).toBe(sqlState.insufficientPrivilege);
    expect(
      await sqlStateOf(raw('app').unsafe(`alter table ${schemaA}.traces disable row level security`)),
    ).toBe(sqlState.insufficientPrivilege);
  });

  test('shows the platform login the control rows of all tenants', async () => {
    for (const [table, column] of controlTables) {
      const rows = await withPlatform((db) =>
        db.execute<{ tenant: string }>(
          sql.raw(
            `select distinct ${column} as tenant from ${table} where ${column} in ('${a.id}', '${b.id}')`,
          ),
        ),
      );
      expect(rows.map((row) => row.tenant).sort()).toEqual([a.id, b.id].sort());
    }
  });

  test('keeps tenant data from the platform login altogether', async () => {
    for (const table of [...partition(), 'all_tenants.traces'])
      expect(await sqlStateOf(raw('platform').unsafe(`select 1 from ${table}`))).toBe(
        sqlState.insufficientPrivilege,
      );
  });
});

describe('a pooled connection', () => {
  /** The settings of connections of the pool, outside of any transaction. Asks often enough to meet each of them. */
  async function settingsOfPool() {
    const { sql: app } = pool('app');
    const rows = await Promise.all(
      Array.from(
        { length: 60 },
        () => app<{ pid: number; tenant: string; path: string }[]>`
          select pg_backend_pid() as pid, coalesce(current_setting('app.tenant_id', true), '') as tenant,
            current_setting('search_path') as path`,
      ),
    );
    return rows.flat();
  }

  test('carries nothing from one tenant to the next, 200 times in turn', async () => {
    const seen = await Promise.all(
      Array.from({ length: 200 }, async (_, round) => {
        const tenant = round % 2 ? a : b;
        const [row] = await withTenant(tenant.ctx, (db) =>
          db.execute<{ tenant: string; ids: string[]; pid: number }>(sql`
            select current_setting('app.tenant_id') as tenant, pg_backend_pid() as pid,
              array(select distinct tenant_id::text from traces union select id::text from tenants) as ids`),
        );
        expect(row?.tenant).toBe(tenant.id);
        expect(row?.ids).toEqual([tenant.id]);
        return `${row?.pid} ${tenant.id}`;
      }),
    );
    // The test is worth something only if connections were shared: some served both.
    expect(new Set(seen).size).toBeGreaterThan(new Set(seen.map((one) => one.split(' ')[0])).size);
    for (const { tenant, path } of await settingsOfPool())
      expect({ tenant, path }).toEqual({ tenant: '', path: '""' });
  });

  test('carries nothing out of a transaction that failed', async () => {
    const failures = await Promise.allSettled(
      Array.from({ length: 40 }, (_, round) =>
        withTenant(a.ctx, async (db) => {
          if (round % 2) throw new Error('in the middle');
          await db.execute(sql`select 1 / 0`);
        }),
      ),
    );
    expect(failures.every((one) => one.status === 'rejected')).toBe(true);
    for (const { tenant, path } of await settingsOfPool())
      expect({ tenant, path }).toEqual({ tenant: '', path: '""' });
  });
});

describe('withOwner', () => {
  test('commits what its function did, and rolls back what it threw on', async () => {
    const count = (db: Parameters<Parameters<typeof withOwner>[0]>[0]) =>
      db.execute(sql`select 1 from mail_outbox where subject = ${a.slug}`);
    const add = (db: Parameters<Parameters<typeof withOwner>[0]>[0]) =>
      db.execute(
        sql`insert into mail_outbox (id, to_address, subject, text, html) values (${newId()}, 'x', ${a.slug}, 'x', 'x')`,
      );
    await expect(
      withOwner(async (db) => {
        await add(db);
        throw new Error('in the middle');
      }),
    ).rejects.toThrow('in the middle');
    expect(await withOwner(count)).toHaveLength(0);
    await withOwner(add);
    expect(await withOwner(count)).toHaveLength(1);
  });
});
