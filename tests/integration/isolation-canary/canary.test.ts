import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createMigratedDatabase, type TestDatabase } from '@/tests/support/databases';

// Locks are taken away here, so the suite has a database of its own: what reads the environment is loaded after that.
let database: TestDatabase;
let { withOwner } = {} as typeof import('@/db/tenant');
let { closePools } = {} as typeof import('@/db/client');
let { tenantSchemaName, toTenantId } = {} as typeof import('@/lib/ids');
let { CANARY_SLUG, runIsolationCheck, sweepIsolation } =
  {} as typeof import('@/lib/workflows/isolation-canary/mutations');
let { findLastIsolationCheck, hasIsolationFailed, noteIsolation } =
  {} as typeof import('@/lib/workflows/isolation-canary/queries');
let { probes } = {} as typeof import('@/lib/workflows/isolation-canary/schema');
let { makePerson, makeTenant } = {} as typeof import('@/tests/support/factories');

beforeAll(async () => {
  database = await createMigratedDatabase();
  process.env.DATABASE_URL = database.url;
  vi.resetModules();
  ({ withOwner } = await import('@/db/tenant'));
  ({ closePools } = await import('@/db/client'));
  ({ tenantSchemaName, toTenantId } = await import('@/lib/ids'));
  ({ CANARY_SLUG, runIsolationCheck, sweepIsolation } = await import(
    '@/lib/workflows/isolation-canary/mutations'
  ));
  ({ findLastIsolationCheck, hasIsolationFailed, noteIsolation } = await import(
    '@/lib/workflows/isolation-canary/queries'
  ));
  ({ probes } = await import('@/lib/workflows/isolation-canary/schema'));
  ({ makePerson, makeTenant } = await import('@/tests/support/factories'));
});

afterAll(async () => {
  await closePools();
  await database.drop();
});

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0)) await step();
});

/** The schema of the canary, whose locks these tests take away and give back. */
async function canarySchema(): Promise<string> {
  const [tenant] = await withOwner((db) =>
    db.execute<{ id: string }>(sql`select id from tenants where slug = ${CANARY_SLUG}`),
  );
  return tenantSchemaName(toTenantId(tenant?.id ?? ''));
}

async function asOwner(statement: string, back: string): Promise<void> {
  await withOwner((db) => db.execute(sql.raw(statement)));
  undo.push(async () => {
    await withOwner((db) => db.execute(sql.raw(back)));
  });
}

describe('runIsolationCheck', () => {
  test('finds every attempt refused, and stores that', async () => {
    const tenant = await makeTenant();
    const check = await runIsolationCheck(tenant.admin.ctx);
    expect(check.probes.filter((probe) => !probe.refused)).toEqual([]);
    expect(check.probes.map(({ probe }) => probe).sort()).toEqual(Object.keys(probes).sort());
    expect(await findLastIsolationCheck(tenant.admin.ctx)).toEqual(check);
    expect(hasIsolationFailed()).toBe(false);
  });

  test('finds it when row-level security is off', async () => {
    const tenant = await makeTenant();
    await runIsolationCheck(tenant.ctx);
    const table = `${await canarySchema()}.traces`;
    await asOwner(
      `alter table ${table} disable row level security`,
      `alter table ${table} enable row level security`,
    );
    const check = await runIsolationCheck(tenant.ctx);
    expect(check.passed).toBe(false);
    expect(check.probes.filter((probe) => !probe.refused).map(({ probe }) => probe)).toContain(
      'foreign-schema',
    );
    expect(hasIsolationFailed()).toBe(true);
    noteIsolation(tenant.id, true);
  });

  test('finds it when credentials become readable', async () => {
    const tenant = await makeTenant();
    const all = 'tenant_id, id, name, scopes, created_by, created_at, expires_at, revoked_at';
    await asOwner(
      'grant select on credentials, api_keys to ragtoolkit_app',
      `revoke select on credentials, api_keys from ragtoolkit_app; grant select (${all}) on api_keys to ragtoolkit_app`,
    );
    const check = await runIsolationCheck(tenant.ctx);
    expect(check.probes.find(({ probe }) => probe === 'credentials')?.refused).toBe(false);
    noteIsolation(tenant.id, true);
  });

  test('leaves nothing behind when a write is let through', async () => {
    const tenant = await makeTenant();
    await runIsolationCheck(tenant.ctx);
    const table = `${await canarySchema()}.traces`;
    await asOwner(
      `alter table ${table} disable row level security`,
      `alter table ${table} enable row level security`,
    );
    const count = () =>
      withOwner((db) => db.execute<{ n: number }>(sql.raw(`select count(*)::int as n from ${table}`)));
    const [before] = await count();
    const check = await runIsolationCheck(tenant.ctx);
    expect(check.probes.find(({ probe }) => probe === 'write-into-foreign-partition')?.refused).toBe(false);
    expect((await count())[0]).toEqual(before);
    noteIsolation(tenant.id, true);
  });

  test('is for admins', async () => {
    const tenant = await makeTenant();
    const viewer = await makePerson(tenant, 'viewer');
    await expect(runIsolationCheck(viewer.ctx)).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('sweepIsolation', () => {
  test('checks those first that were never checked', async () => {
    const tenant = await makeTenant();
    await sweepIsolation();
    expect((await findLastIsolationCheck(tenant.admin.ctx))?.passed).toBe(true);
  });
});
