import { eq, sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { apiKeys } from '@/db/schema/api-keys';
import { auditLog } from '@/db/schema/audit';
import { users } from '@/db/schema/people';
import { memberships, tenants } from '@/db/schema/tenancy';
import { usageDeltas } from '@/db/schema/usage';
import { withPlatform, withTenant } from '@/db/tenant';
import type { TarFile } from '@/lib/archive/tar';
import { rollUpHours } from '@/lib/stats/mutations';
import type { TenantContext } from '@/lib/tenancy/context';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { importTenant } from '@/lib/workflows/import/mutations';
import { importInput } from '@/lib/workflows/import/schema';
import { makePerson, makeTenant, type TestPerson, type TestTenant, unique } from '@/tests/support/factories';
import { download, filesOf, linesOf, manifestOf, saveFile } from './archive';

const TRACES = 5_000;

let tenant: TestTenant;
let viewer: TestPerson;
let copy: TenantContext;
let before: TarFile[];
let after: TarFile[];

beforeAll(async () => {
  tenant = await makeTenant({ tenantName: 'Äpfel & „Birnen“' });
  viewer = await makePerson(tenant, 'viewer');
  await withPlatform((db) => db.update(tenants).set({ plan: 'pro' }).where(eq(tenants.id, tenant.id)));
  await fill(tenant);
  const archive = await download(tenant.admin.ctx);
  before = await filesOf(archive);
  const slug = `copy-${unique()}`;
  const made = await importTenant(
    importInput.parse({ file: await saveFile(archive), slug, adminEmail: `New-${slug}@Example.com` }),
  );
  copy = {
    tenant: { id: made.id, slug, name: 'Copy', status: 'active' },
    actor: { kind: 'system', name: 'test' },
    requestId: 'test',
  };
  after = await filesOf(await download(copy));
});

/** Data that is easy to lose: times that are equal, numbers too large for JavaScript, null where others have nothing. */
async function fill({ ctx, firstKey }: TestTenant): Promise<void> {
  const many = Array.from({ length: TRACES - 4 }, (_, i) => ({
    traceId: `bulk-${i}`,
    receivedAt: new Date(Date.parse('2026-01-01') + Math.floor(i / 100) * 1000),
    question: `Question ${i} — «ÿ 漢字 🦊 \u2028»`,
    metadata: i % 3 === 0 ? { nested: { list: [i, null, { deep: 'ja' }] } } : undefined,
    tokensIn: i,
  }));
  for (let i = 0; i < many.length; i += 1000) await ingestTraces(ctx, many.slice(i, i + 1000));
  await ingestTraces(firstKey.ctx, [
    { traceId: 'by key', question: 'line\nbreak\ttab "quotes" \\ back\u0001slash', answer: '\uFFFD' },
    { traceId: 'Ünïcode/../id', chunks: [{ text: '', score: -0 }], prompts: [], metadata: {} },
  ]);
  await withTenant(ctx, (db) =>
    db.execute(sql`
      insert into traces (tenant_id, trace_id, received_at, metadata, latency_ms, overall_score, byte_size, error) values
        (${ctx.tenant.id}, 'numbers', '2026-01-01T00:00:00.123Z',
          '{"huge": 123456789012345678901234567890.000000000000000000001, "exponent": 1e300, "null": null, "big": 9007199254740993}',
          0.1::float8 + 0.2::float8, 'NaN', 2147483647, ''),
        (${ctx.tenant.id}, 'extremes', '9999-12-31T23:59:59.999Z', 'null', 1.7976931348623157e308, '-Infinity', 0, 'x')`),
  );
  await rollUpHours(ctx);
}

const withoutTenant = (lines: readonly string[]) =>
  lines.map((line) => line.replace(/"tenant_id":"[0-9a-f-]{36}"/, '"tenant_id":""'));

describe('a tenant that was exported and imported', () => {
  test('has the same data, to the last character', () => {
    const tables = manifestOf(before).tables.map(({ name }) => name);
    expect(manifestOf(after).tables.map(({ name }) => name)).toEqual(tables);
    expect(linesOf(before, 'traces')).toHaveLength(TRACES);
    expect(linesOf(before, 'trace_rollups').length).toBeGreaterThan(0);
    for (const table of tables.filter(
      (name) => !['memberships', 'api_keys', 'audit_log', 'usage_deltas'].includes(name),
    ))
      expect(withoutTenant(linesOf(after, table)), table).toEqual(withoutTenant(linesOf(before, table)));
  });

  test('keeps what JavaScript would round, and what is empty', () => {
    const line = (id: string) => linesOf(after, 'traces').find((text) => text.includes(`"trace_id":"${id}"`));
    expect(line('numbers')).toContain('123456789012345678901234567890.000000000000000000001');
    expect(line('numbers')).toContain('9007199254740993');
    expect(line('numbers')).toContain('"received_at":"2026-01-01T00:00:00.123+00:00"');
    expect(line('numbers')).toContain('"overall_score":"NaN"');
    expect(line('extremes')).toContain('"metadata":null,');
    expect(line('by key')).toContain(`"key_id":"${tenant.firstKey.keyId}"`);
  });

  test('names the new tenant in every row, whatever the archive says', () => {
    const lines = after.flatMap(({ name, content }) =>
      name.endsWith('.jsonl') ? content.toString().split('\n').slice(0, -1) : [],
    );
    expect(lines.filter((line) => !line.includes(`"tenant_id":"${copy.tenant.id}"`))).toEqual([]);
  });

  test('keeps its name and plan, and is open', async () => {
    const [row] = await withPlatform((db) => db.select().from(tenants).where(eq(tenants.id, copy.tenant.id)));
    expect(row).toMatchObject({ name: 'Äpfel & „Birnen“', plan: 'pro', status: 'active' });
  });

  test('has the same people in their roles, and the admin that was asked for', async () => {
    const rows = await withPlatform((db) =>
      db
        .select({ email: users.email, role: memberships.role })
        .from(memberships)
        .innerJoin(users, eq(users.id, memberships.userId))
        .where(eq(memberships.tenantId, copy.tenant.id)),
    );
    expect(rows.toSorted((a, b) => (a.email < b.email ? -1 : 1))).toEqual(
      [
        { email: tenant.admin.email, role: 'admin' },
        { email: viewer.email, role: 'viewer' },
        { email: `new-${copy.tenant.slug}@example.com`, role: 'admin' },
      ].toSorted((a, b) => (a.email < b.email ? -1 : 1)),
    );
  });

  test('has its API keys for the history alone: revoked, with another secret', async () => {
    const keys = (id: string) =>
      withPlatform((db) => db.select().from(apiKeys).where(eq(apiKeys.tenantId, id)));
    const [[original], [copied]] = await Promise.all([keys(tenant.id), keys(copy.tenant.id)]);
    expect(copied).toMatchObject({ id: original?.id, name: original?.name, createdBy: tenant.admin.userId });
    expect(copied?.revokedAt).toBeInstanceOf(Date);
    expect(copied?.secretHash.equals(original?.secretHash ?? Buffer.alloc(0))).toBe(false);
  });

  test('has its usage and its audit log, in their order, with what the import did', async () => {
    const sums = (id: string) =>
      withPlatform((db) =>
        db
          .select({
            traces: sql`sum(${usageDeltas.traceCount})`,
            bytes: sql`sum(${usageDeltas.storageBytes})`,
          })
          .from(usageDeltas)
          .where(eq(usageDeltas.tenantId, id)),
      );
    expect(await sums(copy.tenant.id)).toEqual(await sums(tenant.id));
    const rows = await withPlatform((db) =>
      db
        .select({ action: auditLog.action })
        .from(auditLog)
        .where(eq(auditLog.tenantId, copy.tenant.id))
        .orderBy(auditLog.id),
    );
    expect(rows.map(({ action }) => action)).toEqual([
      ...['tenant.create', 'tenant.import'],
      ...['tenant.create', 'member.add', 'api_key.create', 'member.add', 'tenant.export'],
      ...['member.add', 'tenant.import_finish', 'tenant.export', 'tenant.export_finish'],
    ]);
  });
});
