import { beforeAll, describe, expect, test } from 'vitest';
import { POST as postBatch } from '@/app/api/v1/traces/batch/route';
import { usageDeltas } from '@/db/schema/usage';
import { withTenant } from '@/db/tenant';
import { runTick } from '@/lib/metering/mutations';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { setTenantAmounts } from '@/lib/workflows/quotas/mutations';
import { findExplanation, getUsageReport } from '@/lib/workflows/usage-report/queries';
import { usageFilter, usageReport } from '@/lib/workflows/usage-report/schema';
import {
  makeKey,
  makePerson,
  makeTenant,
  type TestKey,
  type TestTenant,
  unique,
} from '@/tests/support/factories';
import { call } from '@/tests/support/requests';

const operator = { actor: { kind: 'system', name: 'operator' }, requestId: 'test' } as const;

let tenant: TestTenant;
let second: TestKey;
beforeAll(async () => {
  tenant = await makeTenant();
  second = await makeKey(tenant, { name: 'Second' });
  await send(tenant.firstKey.key, { trace_id: 'a', tokens_in: 7 }, { trace_id: 'b', project: 'shop' });
  await send(second.key, { trace_id: 'c', project: 'shop', tokens_in: 5 });
  await send(second.key, { trace_id: 'c', user_input: 'again' });
});

async function send(key: string, ...traces: object[]) {
  const path = '/api/v1/traces/batch';
  const answer = await call(postBatch, { method: 'POST', path, host: tenant.host, key, body: { traces } });
  expect(answer.status).toBe(201);
}

const report = async (query: object = {}, of: TestTenant = tenant) =>
  usageReport.strict().parse(await getUsageReport(of.admin.ctx, usageFilter.parse(query)));

describe('getUsageReport', () => {
  test('shows the period by day, hour, key and project, and each adds up to the whole', async () => {
    const { total, days, hours, byKey, byProject, standing, period, metrics } = await report();
    expect(total).toBe(3);
    expect(days.reduce((sum, { value }) => sum + value, 0)).toBe(3);
    expect(hours.reduce((sum, { value }) => sum + value, 0)).toBe(3);
    expect(byKey?.parts.map(({ name, value }) => [name, value])).toEqual([
      [expect.any(String), 2],
      ['Second', 1],
    ]);
    expect(byProject?.parts.map(({ name, value }) => [name, value])).toEqual([
      ['shop', 2],
      ['default', 1],
    ]);
    expect([byKey?.total, byProject?.total]).toEqual([3, 3]);
    expect(standing).toMatchObject({ used: 3, included: 10_000, limit: 10_000, state: 'open' });
    expect(period).toMatchObject({ isCurrent: true });
    expect(metrics.find(({ metric }) => metric === 'trace.count')).toMatchObject({
      value: 3,
      included: 10_000,
    });
  });

  test('tells the largest projects one by one, however many there are, and the others together', async () => {
    const own = await makeTenant();
    const projects = Array.from({ length: 23 }, (_, index) => `project-${index}`);
    const traces = projects.map((project) => ({ traceId: unique(), project }));
    await ingestTraces(own.ctx, [...traces, { traceId: unique(), project: 'project-22' }]);
    const { byProject, byKey } = await report({}, own);
    expect(byProject?.parts[0]).toEqual({ id: 'project-22', name: 'project-22', value: 2 });
    expect(byProject).toMatchObject({ others: 3, total: 24 });
    expect(byProject?.parts).toHaveLength(20);
    expect(byKey).toEqual({ parts: [{ id: null, name: null, value: 24 }], others: 0, total: 24 });
  });

  test('is the same before and after the hour is closed', async () => {
    const own = await makeTenant();
    const yesterday = new Date(Date.now() - 24 * 3_600_000);
    await withTenant(own.ctx, (db) =>
      db
        .insert(usageDeltas)
        .values({ tenantId: own.id, project: 'default', traceCount: 41, recordedAt: yesterday }),
    );
    const query = { period: yesterday.toISOString(), day: yesterday.toISOString().slice(0, 10) };
    const before = await report(query, own);
    await runTick(operator, { trigger: 'operator', only: [own.id] });
    const after = await report(query, own);
    expect(before.hours.map(({ value }) => value)).toEqual(after.hours.map(({ value }) => value));
    expect([before.total, after.total]).toEqual([41, 41]);
    expect(after.hours.some(({ value, isOpen }) => value === 41 && !isOpen)).toBe(true);
  });

  test('shows another metric, and of seats no keys', async () => {
    expect(await report({ metric: 'tokens.in' })).toMatchObject({ metric: 'tokens.in', total: 12 });
    expect(await report({ metric: 'seat.count' })).toMatchObject({ total: 1, byKey: null, byProject: null });
    const { byProject, total } = await report({ metric: 'storage.bytes' });
    expect(byProject?.total).toBe(total);
  });

  test('counts what was agreed as included', async () => {
    const own = await makeTenant({});
    await setTenantAmounts(operator, {
      ...{ tenantId: own.id, traces: 77, per1000Traces: null, seats: 9, reason: 'as agreed' },
    });
    const { standing, metrics } = await report({}, own);
    expect(standing).toMatchObject({ included: 77, limit: 77 });
    const included = Object.fromEntries(metrics.map((one) => [one.metric, one.included]));
    expect(included).toMatchObject({ 'trace.count': 77, 'seat.count': 9 });
  });

  test('is empty for a workspace that has used nothing', async () => {
    expect(await report({}, await makeTenant())).toMatchObject({ isEmpty: true, total: 0 });
  });

  test('is not for viewers', async () => {
    const viewer = await makePerson(tenant, 'viewer');
    const asked = getUsageReport(viewer.ctx, usageFilter.parse({}));
    await expect(asked).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('findExplanation', () => {
  const hour = new Date();

  test('leads from an hour to the keys, projects, commits and traces behind it', async () => {
    const found = await findExplanation(tenant.admin.ctx, { metric: 'trace.count', hour });
    expect(found).toMatchObject({ value: 3, commits_total: 3 });
    expect([...(found?.sample_trace_ids ?? [])].sort()).toEqual(['a', 'b', 'c']);
  });

  test('is null for an hour to come', async () => {
    const later = new Date(Date.now() + 2 * 3_600_000);
    expect(await findExplanation(tenant.admin.ctx, { metric: 'trace.count', hour: later })).toBeNull();
  });
});
