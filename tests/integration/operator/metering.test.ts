import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { POST } from '@/app/api/v1/admin/metering/run/route';
import { closePools } from '@/db/client';
import { migrate } from '@/db/migrate';
import { meteringFindings } from '@/db/schema/metering';
import { platformAudit } from '@/db/schema/operator';
import { usageDeltas } from '@/db/schema/usage';
import { withPlatform, withTenant } from '@/db/tenant';
import { hostOf } from '@/lib/gateway/hosts';
import { newId } from '@/lib/ids';
import { meteringRun } from '@/lib/metering/schema';
import { getMeteringOverview } from '@/lib/workflows/metering-console/queries';
import { meteringOverview } from '@/lib/workflows/metering-console/schema';
import { resolveFinding } from '@/lib/workflows/metering-reconciliation/mutations';
import { createDatabase, migrationsFolder, type TestDatabase } from '@/tests/support/databases';
import { makeOperator, makeTenant, type TestTenant } from '@/tests/support/factories';
import { call, readError } from '@/tests/support/requests';

let database: TestDatabase;
let operator: Awaited<ReturnType<typeof makeOperator>>;
let tenant: TestTenant;

// A database of its own: a tick of all takes as long as there are workspaces. The environment is read at its first use,
// which is the migration's.
beforeAll(async () => {
  database = await createDatabase();
  process.env.DATABASE_URL = database.url;
  await migrate({ adminUrl: database.url, folder: migrationsFolder });
  operator = await makeOperator();
  tenant = await makeTenant();
});
afterAll(async () => {
  await closePools();
  await database.drop();
});

const run = (tenantId?: string, cookie = operator.cookie, host = hostOf('cloud')) =>
  call(POST, {
    ...{ method: 'POST', host },
    path: `/api/v1/admin/metering/run${tenantId ? `?tenant_id=${tenantId}` : ''}`,
    headers: { cookie, origin: `http://${host}` },
  });
const overview = async () => meteringOverview.strict().parse(await getMeteringOverview(operator.ctx));

describe('POST /api/v1/admin/metering/run', () => {
  test('closes what is due of one workspace, and says what it came to', async () => {
    const recordedAt = new Date(Date.now() - 3 * 3_600_000);
    await withTenant(tenant.ctx, (db) =>
      db.insert(usageDeltas).values({ tenantId: tenant.id, project: 'default', traceCount: 5, recordedAt }),
    );
    const answer = await run(tenant.id);
    expect(answer.status).toBe(200);
    const made = meteringRun.strict().parse(answer.body);
    expect(made).toMatchObject({
      kind: 'tick',
      trigger: 'operator',
      tenants: 1,
      tenants_total: 1,
      errors: 0,
    });
    expect(made.traces).toBe(5);
    expect((await overview()).runs.map(({ id }) => id)).toContain(made.id);
  });

  test('closes those of all, and stands in the platform’s log', async () => {
    const other = await makeTenant();
    const recordedAt = new Date(Date.now() - 3 * 3_600_000);
    for (const { ctx, id } of [tenant, other])
      await withTenant(ctx, (db) =>
        db.insert(usageDeltas).values({ tenantId: id, project: 'default', traceCount: 7, recordedAt }),
      );
    const answer = await run();
    expect(answer.status).toBe(200);
    expect(meteringRun.parse(answer.body)).toMatchObject({ tenants: 2, errors: 0, traces: 14 });
    const log = await withPlatform((db) =>
      db
        .select({ action: platformAudit.action })
        .from(platformAudit)
        .where(eq(platformAudit.actorId, operator.userId)),
    );
    expect(log.map(({ action }) => action)).toContain('metering.run');
  });

  test('knows no other workspaces, and nobody but operators knows it', async () => {
    expect(readError(await run(newId()))).toMatchObject({ status: 404, code: 'not_found' });
    expect(readError(await run('all'))).toMatchObject({
      status: 422,
      issues: [{ path: 'tenant_id' }],
    });
    expect((await run(undefined, tenant.admin.cookie)).status).toBe(404);
    expect((await run(undefined, tenant.admin.cookie, tenant.host)).status).toBe(404);
  });
});

describe('getMeteringOverview', () => {
  test('shows a workspace whose meters stand still, and what does not add up until it is dealt with', async () => {
    const own = await makeTenant();
    await withPlatform(async (db) => {
      await db.execute(sql`
        insert into usage_meters (tenant_id, closed_until, failures, failed_at, error)
          values (${own.id}, date_trunc('hour', now() - interval '5 hours', 'UTC'), 3, now(), 'out of order')
          on conflict (tenant_id) do update set closed_until = excluded.closed_until, failures = 3, failed_at = now(),
            error = excluded.error`);
      await db.insert(meteringFindings).values({
        ...{ tenantId: own.id, checkName: 'records', metric: 'trace.count' },
        ...{ hour: new Date('2026-11-01T10:00:00Z'), expected: 7, found: 6 },
      });
    });
    const before = await overview();
    expect(before.lagSeconds).toBeGreaterThan(3 * 3_600);
    expect(before.openHours).toBeGreaterThanOrEqual(4);
    expect(before.failing).toContainEqual(
      expect.objectContaining({ tenantId: own.id, slug: own.slug, failures: 3, error: 'out of order' }),
    );
    const finding = before.findings.find(({ tenantId }) => tenantId === own.id);
    expect(finding).toMatchObject({ check: 'records', metric: 'trace.count', expected: 7, found: 6 });
    if (!finding) throw new Error('there is no finding');
    const dealtWith = { ...finding, reason: 'a row of the test' };
    await resolveFinding(operator.ctx, dealtWith);
    expect((await overview()).findings.some(({ tenantId }) => tenantId === own.id)).toBe(false);
    await expect(resolveFinding(operator.ctx, dealtWith)).rejects.toMatchObject({ code: 'not_found' });
    const log = await withPlatform((db) => db.select().from(platformAudit));
    expect(log.filter(({ targetId }) => targetId === own.id)).toMatchObject([
      { action: 'metering.resolve', reason: 'a row of the test' },
    ]);
    await run(own.id);
    expect((await overview()).failing.some(({ tenantId }) => tenantId === own.id)).toBe(false);
  });
});
