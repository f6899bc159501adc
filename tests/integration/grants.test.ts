import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Login, loginPassword, logins, loginUrl } from '@/db/logins';
import { newId, tenantSchemaName, toTenantId } from '@/lib/ids';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { connect } from '@/tests/support/databases';
import { makeTenant, type TestTenant } from '@/tests/support/factories';
import { sqlState, sqlStateOf } from '@/tests/support/postgres-errors';

let tenant: TestTenant;
let schema = '';
const connections = {} as Record<Login, postgres.Sql>;

beforeAll(async () => {
  tenant = await makeTenant();
  schema = tenantSchemaName(toTenantId(tenant.id));
  await ingestTraces(tenant.firstKey.ctx, [{ traceId: 'stored' }]);
  for (const login of Object.keys(logins) as Login[]) connections[login] = connect(loginUrl(login));
});
afterAll(() => Promise.all(Object.values(connections).map((connection) => connection.end())));

class Undo extends Error {}

/** The SQLSTATE of a statement, in the tenant's own context, taken back afterwards; 'none' when it is allowed. */
async function attempt(login: Login, statement: string): Promise<string> {
  const text = statement
    .replaceAll('{tenant}', tenant.id)
    .replaceAll('{schema}', schema)
    .replaceAll('{new}', newId());
  const run = connections[login].begin(async (tx) => {
    await tx.unsafe(`SET LOCAL app.tenant_id = '${tenant.id}'; SET LOCAL search_path = ${schema}, public`);
    await tx.unsafe(text);
    throw new Undo();
  });
  try {
    await run;
  } catch (error) {
    if (error instanceof Undo) return 'none';
  }
  return sqlStateOf(run);
}

describe('the app login', () => {
  test.each([
    'select * from traces',
    `insert into traces (tenant_id, trace_id, byte_size) values ('{tenant}', '{new}', 1)`,
    `update traces set question = 'x', updated_at = now()`,
    'delete from traces',
    'select * from tenants',
    'select * from memberships',
    'select tenant_id, id, name, scopes, created_by, created_at, expires_at, revoked_at from api_keys',
    `insert into usage_deltas (tenant_id, project) values ('{tenant}', 'x')`,
    'select * from usage_deltas',
    `insert into audit_log (tenant_id, actor_kind, action, target_kind, target_id) values ('{tenant}', 'system', 'x.y', 'x', 'x')`,
    'select * from audit_log',
  ])('may %s', async (statement) => {
    expect(await attempt('app', statement)).toBe('none');
  });

  test.each([
    // secrets and people
    'select 1 from credentials',
    'select 1 from users',
    'select 1 from sessions',
    'select 1 from verification_tokens',
    'select 1 from mail_outbox',
    'select secret_hash from api_keys',
    'select * from api_keys',
    'select 1 from schema_migrations',
    // what never changes
    'update traces set received_at = now()',
    `update traces set tenant_id = '{tenant}'`,
    `update traces set trace_id = 'other'`,
    `insert into traces (tenant_id, trace_id, byte_size) values ('{tenant}', 'stored', 1)
      on conflict (tenant_id, trace_id) do update set received_at = now()`,
    // the log and the meter
    `update audit_log set action = 'x.y'`,
    'delete from audit_log',
    'truncate audit_log',
    'update usage_deltas set trace_count = 0',
    'delete from usage_deltas',
    'truncate usage_deltas',
    'truncate traces',
    // control tables
    `update tenants set status = 'active'`,
    `update tenants set plan = 'enterprise'`,
    'delete from tenants',
    `insert into tenants (id, slug, name) values ('{new}', 'x', 'x')`,
    `update memberships set role = 'admin'`,
    'delete from memberships',
    `insert into memberships (tenant_id, user_id, role) values ('{tenant}', '{new}', 'admin')`,
    'update api_keys set revoked_at = null',
    'delete from api_keys',
    `insert into api_keys (tenant_id, id, name, secret_hash, scopes) values ('{tenant}', '{new}', 'x', '', '{}')`,
    // making and changing things
    'create table public.x (id int)',
    'create table {schema}.x (id int)',
    'create table all_tenants.x (id int)',
    'create temporary table x (id int)',
    'create schema x',
    `create function public.x() returns int language sql as 'select 1'`,
    'create view {schema}.x as select 1',
    'alter table traces add column x int',
    'alter table traces disable row level security',
    'alter table traces force row level security',
    'drop policy own_tenant on traces',
    'create policy x on traces using (true)',
    'drop table traces',
    'create index x on traces (question)',
    'alter table all_tenants.traces detach partition {schema}.traces',
    `comment on table traces is 'x'`,
    'create trigger x before insert on traces for each row execute function suppress_redundant_updates_trigger()',
    // becoming somebody else, or reaching outside
    'set role ragtoolkit_owner',
    'set role ragtoolkit_platform',
    'set session authorization ragtoolkit_owner',
    'alter role ragtoolkit_app bypassrls',
    'grant ragtoolkit_owner to ragtoolkit_app',
    `select all_tenants.provision_tenant('{new}', 'x')`,
    `select all_tenants.protect_tenant_table('traces')`,
    `copy (select 1) to program 'true'`,
    `copy traces from '/etc/passwd'`,
    `select pg_read_file('/etc/passwd')`,
    'create extension dblink',
  ])('may not %s', async (statement) => {
    expect(await attempt('app', statement)).toBe(sqlState.insufficientPrivilege);
  });
});

describe('the platform login', () => {
  test.each([
    'select * from users',
    'select * from credentials',
    'select secret_hash from api_keys',
    `update tenants set status = 'suspended' where id = '{tenant}'`,
    `insert into audit_log (tenant_id, actor_kind, action, target_kind, target_id) values ('{tenant}', 'system', 'x.y', 'x', 'x')`,
  ])('may %s', async (statement) => {
    expect(await attempt('platform', statement)).toBe('none');
  });

  test.each([
    'select 1 from {schema}.traces',
    'select 1 from all_tenants.traces',
    'delete from audit_log',
    `update audit_log set action = 'x.y'`,
    'truncate usage_deltas',
    'drop table tenants',
    'create table public.x (id int)',
    'create temporary table x (id int)',
    'create schema x',
    'set role ragtoolkit_owner',
    `select all_tenants.provision_tenant('{new}', 'x')`,
    'alter table tenants disable row level security',
    'insert into schema_migrations (name, checksum) values (1, 1)',
  ])('may not %s', async (statement) => {
    expect(await attempt('platform', statement)).toBe(sqlState.insufficientPrivilege);
  });
});

describe('the owner login', () => {
  test.each([
    'create role x',
    'alter role ragtoolkit_owner superuser',
    'alter role ragtoolkit_app bypassrls',
    'set role ragtoolkit_platform',
    `copy (select 1) to program 'true'`,
    `select pg_read_file('/etc/passwd')`,
  ])('may not %s', async (statement) => {
    expect(await attempt('owner', statement)).toBe(sqlState.insufficientPrivilege);
  });
});

describe('a password', () => {
  test('is another for each login and secret', () => {
    const all = (['owner', 'app', 'platform'] as const).flatMap((login) => [
      loginPassword(login, 'one secret'),
      loginPassword(login, 'another secret'),
    ]);
    expect(new Set(all).size).toBe(6);
    for (const password of all) expect(password).toMatch(/^[\w-]{43}$/);
  });

  test('of one login opens no other', async () => {
    const url = new URL(loginUrl('app'));
    url.username = logins.owner;
    const wrong = connect(url.toString());
    expect(await sqlStateOf(wrong`select 1`)).toMatch(/^28/);
    await wrong.end();
  });
});
