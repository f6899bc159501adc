import { and, desc, eq, sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { POST as clearAmountsRoute } from '@/app/api/v1/admin/tenants/[tenantId]/amounts/clear/route';
import { POST as amountsRoute } from '@/app/api/v1/admin/tenants/[tenantId]/amounts/route';
import { POST as suspendRoute } from '@/app/api/v1/admin/tenants/[tenantId]/suspend/route';
import { GET as csvRoute } from '@/app/api/v1/admin/tenants/csv/route';
import { GET as listRoute } from '@/app/api/v1/admin/tenants/route';
import { auditLog } from '@/db/schema/audit';
import { billingCustomers, billingSubscriptions } from '@/db/schema/billing';
import { requestHours, requestSlots } from '@/db/schema/limits';
import { usageMeters } from '@/db/schema/metering';
import { quotaAlerts } from '@/db/schema/quotas';
import { tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { env } from '@/lib/env';
import { findTenantRate } from '@/lib/tenancy/limits';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { listPlatformAudit } from '@/lib/workflows/platform-audit/queries';
import { listTenants } from '@/lib/workflows/tenant-directory/queries';
import { tenantListRow } from '@/lib/workflows/tenant-directory/schema';
import * as verbs from '@/lib/workflows/tenant-operations/mutations';
import { getTenantDetail } from '@/lib/workflows/tenant-operations/queries';
import { tenantDetail } from '@/lib/workflows/tenant-operations/schema';
import {
  makeKey,
  makeOperator,
  makeTenant,
  type TestOperator,
  type TestTenant,
  unique,
} from '@/tests/support/factories';
import { call, readError } from '@/tests/support/requests';

const { rootDomain, scheme } = env();
const cloud = `cloud.${rootDomain}`;
const reason = 'as the test asks';

let operator: TestOperator;
let tenant: TestTenant;
beforeAll(async () => {
  operator = await makeOperator();
  tenant = await makeTenant({ tenantName: `=Formula ${unique()}` });
  await ingestTraces(tenant.firstKey.ctx, [{ traceId: 'a', tokensIn: 5 }, { traceId: 'b' }]);
  const key = { tenantId: tenant.id, keyId: tenant.firstKey.keyId };
  const hour = sql`date_trunc('hour', now())`;
  await withPlatform(async (db) => {
    await db.insert(requestHours).values({ ...key, hour: hour as never, admitted: 9, limited: 4 });
    await db
      .insert(requestSlots)
      .values({ ...key, slot: sql`now() - interval '20 seconds'` as never, admitted: 90, limited: 30 });
  });
});

const find = async (filter: Parameters<typeof listTenants>[1], of = tenant) =>
  (await listTenants(operator.ctx, { q: of.slug, ...filter })).tenants.find(({ id }) => id === of.id);
const log = (of: { id: string }, action: string) =>
  withPlatform((db) =>
    db
      .select()
      .from(auditLog)
      .where(and(eq(auditLog.tenantId, of.id), eq(auditLog.action, action)))
      .orderBy(desc(auditLog.id)),
  );

describe('listTenants', () => {
  test('tells what a tenant uses, from control tables', async () => {
    const row = await find({});
    expect(tenantListRow.strict().parse(row)).toMatchObject({
      slug: tenant.slug,
      status: 'active',
      plan: 'starter',
      members: 1,
      traces_today: 2,
      traces_month: 2,
      rate_now: 2,
      limited_24h: 4,
      billing: 'none',
      revenue_month: 0,
      last_activity_at: expect.any(String),
    });
    expect(row?.storage_bytes).toBeGreaterThan(8_000);
  });

  test('finds by name, address, member and id, and by what is the matter', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const fits: Parameters<typeof listTenants>[1][] = [
      { q: tenant.name.toUpperCase() },
      { q: tenant.slug.slice(2) },
      { q: tenant.admin.email },
      { q: tenant.id.toUpperCase() },
      { flag: 'limited' },
      { plan: 'starter', status: 'active', from: today, to: today },
    ];
    for (const filter of fits) expect(await find(filter), JSON.stringify(filter)).toBeDefined();
    const others: Parameters<typeof listTenants>[1][] = [
      { q: '100%' },
      { q: '_'.repeat(40) },
      { plan: 'pro' },
      { status: 'suspended' },
      { flag: 'quiet' },
      { flag: 'over-quota' },
      { flag: 'past-due' },
      { flag: 'late-metering' },
      { flag: 'unconfirmed' },
      { flag: 'no-support' },
      { from: '2099-01-01' },
      { to: '2020-01-01' },
    ];
    for (const filter of others) expect(await find(filter), JSON.stringify(filter)).toBeUndefined();
  });

  test('finds who is over their quota in this period, and who is late in metering', async () => {
    const own = await makeTenant();
    const month = sql`date_trunc('month', now(), 'UTC')`;
    const alert = { tenantId: own.id, kind: 'limit', traces: 10_000 } as const;
    const meter = { tenantId: own.id, closedUntil: new Date(Date.now() - 3 * 3_600_000) };
    await withPlatform(async (db) => {
      const last = sql`${month} - interval '1 month'`;
      await db.insert(quotaAlerts).values([
        { ...alert, percent: 80, periodStart: month as never },
        { ...alert, percent: 100, periodStart: last as never },
      ]);
    });
    expect(await find({ flag: 'over-quota' }, own)).toBeUndefined();
    await withPlatform(async (db) => {
      await db.insert(quotaAlerts).values({ ...alert, percent: 100, periodStart: month as never });
      await db
        .insert(usageMeters)
        .values(meter)
        .onConflictDoUpdate({ target: usageMeters.tenantId, set: meter });
    });
    expect(await find({ flag: 'over-quota' }, own)).toBeDefined();
    expect(await find({ flag: 'late-metering' }, own)).toBeDefined();
  });

  test('says how a tenant pays and what that brings, and finds who does not', async () => {
    const own = await makeTenant();
    await withPlatform(async (db) => {
      await db.insert(billingCustomers).values({ tenantId: own.id, mode: 'sandbox' });
      await db.insert(billingSubscriptions).values({
        ...{
          tenantId: own.id,
          id: `sub_${unique()}`,
          status: 'past_due',
          plan: 'pro',
          interval: 'yearly',
          seats: 7,
        },
        ...{
          startedAt: new Date(),
          periodStart: new Date(),
          periodEnd: new Date(),
          anchor: new Date(),
          object: {},
        },
      });
    });
    // 49,000 a year, and two seats at 800 a month beyond the five that are included.
    expect(await find({ flag: 'past-due' }, own)).toMatchObject({
      billing: 'past_due',
      revenue_month: 4_083 + 1_600,
    });
    await withPlatform((db) =>
      db
        .update(billingSubscriptions)
        .set({ status: 'canceled' })
        .where(eq(billingSubscriptions.tenantId, own.id)),
    );
    expect(await find({ flag: 'past-due' }, own)).toBeUndefined();
    expect(await find({}, own)).toMatchObject({ billing: 'canceled', revenue_month: 0 });
    await withPlatform((db) =>
      db
        .update(billingCustomers)
        .set({ compPlan: 'pro', compUntil: new Date(Date.now() + 60_000) })
        .where(eq(billingCustomers.tenantId, own.id)),
    );
    expect(await find({}, own)).toMatchObject({ billing: 'comped', revenue_month: 0 });
  });

  test('goes by keyset: each tenant once, also where many came within one moment', async () => {
    const mark = `batch-${unique()}`;
    const at = new Date('2001-02-03T04:05:06.789Z');
    const rows = Array.from({ length: 120 }, (_, n) => ({
      id: crypto.randomUUID(),
      slug: `${mark}-${n}`,
      name: mark,
      createdAt: at,
    }));
    await withPlatform((db) => db.insert(tenants).values(rows));
    try {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await listTenants(operator.ctx, { q: mark, cursor });
        expect(page.total).toBe(120);
        seen.push(...page.tenants.map(({ id }) => id));
        cursor = page.nextCursor ?? undefined;
      } while (cursor);
      expect(seen).toHaveLength(120);
      expect(new Set(seen)).toEqual(new Set(rows.map(({ id }) => id)));
      const csv = await csvRoute(
        new Request(`http://localhost/api/v1/admin/tenants/csv?q=${mark}`, {
          headers: { host: cloud, cookie: operator.cookie },
        }),
        { params: Promise.resolve({}) },
      );
      expect(csv.headers.get('content-disposition')).toMatch(/^attachment; filename="tenants-[\d-]+\.csv"$/);
      const lines = (await csv.text()).trimEnd().split('\r\n');
      expect(lines).toHaveLength(121);
      expect(lines[0]).toMatch(/^id,slug,name,status,plan,/);
    } finally {
      await withPlatform((db) => db.delete(tenants).where(eq(tenants.name, mark)));
    }
  });

  test('answers by number as well, and names a filter that is none', async () => {
    const get = (query: string) =>
      call(listRoute, {
        path: `/api/v1/admin/tenants${query}`,
        host: cloud,
        headers: { cookie: operator.cookie },
      });
    const answer = await get(`?q=${tenant.slug}&skip=0&limit=1`);
    expect(answer.body).toMatchObject({ total: 1, tenants: [{ id: tenant.id }] });
    expect((await get(`?q=${tenant.slug}&skip=1`)).body).toMatchObject({ total: 1, tenants: [] });
    for (const [query, field] of [
      ['limit=0', 'limit'],
      ['skip=-1', 'skip'],
      ['plan=gold', 'plan'],
      ['flag=odd', 'flag'],
      ['from=yesterday', 'from'],
    ])
      expect(readError(await get(`?${query}`)), query).toMatchObject({
        code: 'invalid_input',
        issues: [{ path: field }],
      });
  });

  test('makes no formula of a name', async () => {
    const csv = await csvRoute(
      new Request(`http://localhost/api/v1/admin/tenants/csv?q=${tenant.slug}`, {
        headers: { host: cloud, cookie: operator.cookie },
      }),
      { params: Promise.resolve({}) },
    );
    expect(await csv.text()).toContain(`"'=Formula`);
  });
});

describe('getTenantDetail', () => {
  test('tells all of a tenant, without secrets or what was sent', async () => {
    const { key } = await makeKey(tenant, { name: 'Second' });
    const detail = await getTenantDetail(operator.ctx, tenant.id);
    expect(tenantDetail.strict().parse(detail)).toMatchObject({
      id: tenant.id,
      members: [{ email: tenant.admin.email, role: 'admin' }],
      rate: { per_second: 200, from: 'policy', until: null },
      schema: { name: `t_${tenant.id.replaceAll('-', '')}` },
      errors: [],
      allows_support: true,
    });
    expect(detail.keys.map(({ name }) => name)).toContain('Second');
    expect(detail.usage).toHaveLength(30);
    expect(detail.usage.at(-1)).toMatchObject({ traces: 2, tokens_in: 5 });
    expect(JSON.stringify(detail)).not.toContain(key.slice(40));
    await expect(getTenantDetail(operator.ctx, crypto.randomUUID())).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(getTenantDetail(operator.ctx, 'nothing')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('an operator', () => {
  test('suspends, reactivates, renames and puts on a plan, each for a reason that the tenant can read', async () => {
    const own = await makeTenant();
    const on = { tenantId: own.id, reason };
    const answer = await call(suspendRoute, {
      method: 'POST',
      path: `/api/v1/admin/tenants/${own.id}/suspend`,
      host: cloud,
      headers: { cookie: operator.cookie, origin: `${scheme}://${cloud}` },
      params: { tenantId: own.id },
      body: { reason },
    });
    expect(answer).toMatchObject({ status: 200, body: { done: true } });
    expect(await getTenantDetail(operator.ctx, own.id)).toMatchObject({ status: 'suspended' });
    await verbs.reactivateTenant(operator.ctx, on);
    await verbs.renameTenant(operator.ctx, { ...on, name: 'Another' });
    await verbs.changePlan(operator.ctx, { ...on, plan: 'pro' });
    for (const action of ['tenant.suspend', 'tenant.reactivate', 'tenant.rename', 'tenant.change_plan'])
      expect(await log(own, action), action).toMatchObject([
        { actorKind: 'operator', actorId: operator.userId, actorEmail: operator.email, after: { reason } },
      ]);
    const { entries } = await listPlatformAudit(operator.ctx, { q: own.id });
    expect(entries.map(({ action }) => action)).toEqual([
      'tenant.change_plan',
      'tenant.rename',
      'tenant.reactivate',
      'tenant.suspend',
    ]);
    expect(entries[0]).toMatchObject({
      reason,
      tenant: { id: own.id, slug: own.slug },
      actor: { name: operator.email },
    });
  });

  test('agrees amounts with a tenant, in the console’s words and by the API, and takes them back', async () => {
    const own = await makeTenant();
    const ask = (path: string, body: object) =>
      call(path.endsWith('clear') ? clearAmountsRoute : amountsRoute, {
        ...{ method: 'POST', path: `/api/v1/admin/tenants/${own.id}/${path}`, host: cloud },
        headers: { cookie: operator.cookie, origin: `${scheme}://${cloud}` },
        params: { tenantId: own.id },
        body,
      });
    expect(await getTenantDetail(operator.ctx, own.id)).toMatchObject({ amounts: null });
    expect((await ask('amounts', { reason })).status).toBe(422);
    const answer = await ask('amounts', { traces: 5_000, per1000Traces: 12, reason });
    expect(answer).toMatchObject({ status: 200, body: { done: true } });
    const detail = await getTenantDetail(operator.ctx, own.id);
    expect(tenantDetail.strict().parse(detail).amounts).toMatchObject({
      ...{ traces: 5_000, per_1000_traces: 12, seats: null, reason },
    });
    expect(await log(own, 'tenant.set_amounts')).toMatchObject([
      { actorKind: 'operator', after: { traces: 5_000 } },
    ]);
    expect((await ask('amounts/clear', { reason })).status).toBe(200);
    expect(await getTenantDetail(operator.ctx, own.id)).toMatchObject({ amounts: null });
    expect(await log(own, 'tenant.clear_amounts')).toMatchObject([{ after: { reason } }]);
  });

  test('gives a tenant another rate, which acts at once, and takes it back', async () => {
    const own = await makeTenant();
    await findTenantRate(own.id);
    const expiresAt = new Date(Date.now() + 3_600_000);
    await verbs.setTenantRate(operator.ctx, { tenantId: own.id, perSecond: 7, burst: 9, expiresAt, reason });
    await expect
      .poll(() => findTenantRate(own.id), { timeout: 6_000 })
      .toEqual({ perSecond: 7, burst: 9, from: 'operator' });
    expect((await getTenantDetail(operator.ctx, own.id)).rate).toMatchObject({
      per_second: 7,
      from: 'operator',
      reason,
    });
    await verbs.clearTenantRate(operator.ctx, { tenantId: own.id, reason });
    expect((await log(own, 'tenant.set_rate'))[0]).toMatchObject({
      actorKind: 'operator',
      actorEmail: operator.email,
    });
  });

  test('deletes by typing the address, and keeps', async () => {
    const own = await makeTenant();
    const on = { tenantId: own.id, reason };
    await expect(verbs.deleteTenant(operator.ctx, { ...on, slug: tenant.slug })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    await verbs.deleteTenant(operator.ctx, { ...on, slug: own.slug });
    expect(await getTenantDetail(operator.ctx, own.id)).toMatchObject({
      status: 'deleting',
      deletion: { can_keep: true },
    });
    await verbs.keepTenant(operator.ctx, on);
    expect(await getTenantDetail(operator.ctx, own.id)).toMatchObject({ status: 'active', deletion: null });
    expect(await log(own, 'tenant.request_deletion')).toMatchObject([
      { actorKind: 'operator', after: { reason } },
    ]);
  });

  test('makes a tenant for an address, as often as they like', async () => {
    for (let n = 0; n < 12; n++) {
      const slug = `made-${unique()}`;
      const made = await verbs.createTenant(operator.ctx, {
        slug,
        name: slug,
        admin_email: `${slug}@example.com`,
        reason,
      });
      expect(made.slug).toBe(slug);
      if (n === 0) {
        expect(await getTenantDetail(operator.ctx, made.id)).toMatchObject({
          unconfirmed_until: expect.any(String),
        });
        expect(await log(made, 'tenant.create')).toMatchObject([
          { actorKind: 'operator', after: { slug, reason } },
        ]);
      }
    }
  });

  test('runs the isolation check, and takes an export', async () => {
    const own = await makeTenant();
    expect(await verbs.checkTenant(operator.ctx, { tenantId: own.id, reason })).toMatchObject({
      passed: true,
    });
    const { body, filename } = await verbs.exportTenant(operator.ctx, { tenantId: own.id, reason });
    expect(filename).toMatch(/\.tar\.gz$/);
    expect((await new Response(body).arrayBuffer()).byteLength).toBeGreaterThan(1_000);
    expect(await log(own, 'tenant.export')).toMatchObject([{ actorKind: 'operator', after: { reason } }]);
    expect(await log(own, 'isolation.check')).toMatchObject([
      { actorKind: 'operator', after: { reason, passed: true } },
    ]);
  });
});
