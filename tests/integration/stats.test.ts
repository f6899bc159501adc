import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { withTenant } from '@/db/tenant';
import { newId } from '@/lib/ids';
import { rollUpAllTenants, rollUpHours } from '@/lib/stats/mutations';
import { getOverview, getStats } from '@/lib/stats/queries';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import type { TraceInput } from '@/lib/traces/rules';
import { makeTenant, type TestTenant } from '../support/factories';

const HOUR_MS = 3_600_000;

function hoursAgo(hours: number): Date {
  return new Date(Date.now() - hours * HOUR_MS);
}

function trace(receivedAt: Date, given: Partial<TraceInput> = {}): TraceInput {
  return { traceId: newId(), receivedAt, model: 'm1', latencyMs: 100, tokensIn: 10, tokensOut: 2, ...given };
}

async function rolledUntil(tenant: TestTenant): Promise<Date | null> {
  const [row] = await withTenant(tenant.ctx, (db) =>
    db.execute<{ until: string }>(sql`select rolled_until::text as until from stats_progress`),
  );
  return row ? new Date(row.until) : null;
}

async function rollupRows(tenant: TestTenant, table = sql`trace_rollups`): Promise<number> {
  const [row] = await withTenant(tenant.ctx, (db) =>
    db.execute<{ n: number }>(sql`select count(*)::int as n from ${table}`),
  );
  return row?.n ?? 0;
}

const dailyRows = (tenant: TestTenant) => rollupRows(tenant, sql`trace_rollup_days`);

async function withTraces(): Promise<TestTenant> {
  const tenant = await makeTenant();
  await ingestTraces(tenant.ctx, [
    trace(hoursAgo(100), { error: 'overloaded', latencyMs: 30_000 }),
    trace(hoursAgo(30)),
    trace(hoursAgo(30), { model: undefined, latencyMs: undefined }),
    trace(hoursAgo(2), { project: 'other' }),
  ]);
  await ingestTraces(tenant.firstKey.ctx, [{ traceId: newId(), model: 'm2', tokensIn: 5 }]); // now
  await withTenant(tenant.ctx, (db) =>
    db.execute(sql`update traces set traffic_light = case when project = 'other' then 'red' else 'green' end
      where project = 'other' or model is null`),
  );
  return tenant;
}

describe('getOverview', () => {
  test('says the same before and after the hours are rolled up', async () => {
    const tenant = await withTraces();
    const now = new Date();
    const live = await getOverview(tenant.ctx, { period: '7d' }, now);
    expect(live.totals).toMatchObject({ traces: 5, errors: 1, tokensIn: 45, tokensOut: 8 });
    expect(live.totals.lights).toEqual({ green: 1, amber: 0, red: 1 });
    expect(live.models.map(({ model, traces }) => [model, traces])).toContainEqual([null, 1]);

    expect(await rollUpHours(tenant.ctx)).toBeGreaterThan(0);
    expect(await rollupRows(tenant)).toBe(4);
    expect(await getOverview(tenant.ctx, { period: '7d' }, now)).toEqual(live);
  });

  test('of a month says the same before and after the days are rolled up', async () => {
    const tenant = await withTraces();
    await ingestTraces(
      tenant.ctx,
      [50, 51, 52, 53, 80, 80, 200, 300].map((hours, index) =>
        trace(hoursAgo(hours), { latencyMs: 40 * (index + 1), project: `p${index % 2}` }),
      ),
    );
    const now = new Date();
    const live = await getOverview(tenant.ctx, { period: '30d' }, now);
    const stats = await getStats(tenant.ctx, now);
    expect(live.totals).toMatchObject({ traces: 13, errors: 1 });
    await rollUpHours(tenant.ctx);
    expect(await dailyRows(tenant)).toBeGreaterThan(0);
    expect(await getOverview(tenant.ctx, { period: '30d' }, now)).toEqual(live);
    expect(await getStats(tenant.ctx, now)).toEqual(stats);
  });

  test('of a month reads closed days by the day', async () => {
    const tenant = await withTraces();
    await rollUpHours(tenant.ctx);
    await withTenant(tenant.ctx, (db) =>
      db.execute(sql`update trace_rollup_days set trace_count = trace_count + 1000 where error_count > 0`),
    );
    expect((await getOverview(tenant.ctx, { period: '30d' })).totals.traces).toBe(1005);
    expect((await getStats(tenant.ctx)).total_traces).toBe(1005);
    expect((await getOverview(tenant.ctx, { period: '7d' })).totals.traces).toBe(5);
  });

  test('counts a trace of the open hour at once', async () => {
    const tenant = await withTraces();
    await rollUpHours(tenant.ctx);
    await ingestTraces(tenant.firstKey.ctx, [{ traceId: newId() }]);
    expect((await getOverview(tenant.ctx, { period: '24h' })).totals.traces).toBe(3);
  });

  test('reads closed hours from the rollup, not from the traces', async () => {
    const tenant = await withTraces();
    await rollUpHours(tenant.ctx);
    await withTenant(tenant.ctx, (db) =>
      db.execute(sql`update trace_rollups set trace_count = trace_count + 1000 where error_count > 0`),
    );
    expect((await getOverview(tenant.ctx, { period: '7d' })).totals.traces).toBe(1005);
  });

  test('shows nothing of another tenant', async () => {
    await withTraces();
    const other = await makeTenant();
    expect((await getOverview(other.ctx, { period: '30d' })).totals.traces).toBe(0);
  });
});

describe('rollUpHours', () => {
  test('writes nothing new when it runs again, or twice at once', async () => {
    const tenant = await withTraces();
    await Promise.all([rollUpHours(tenant.ctx), rollUpHours(tenant.ctx)]);
    await rollUpHours(tenant.ctx);
    const rows = await rollupRows(tenant);
    await rollUpHours(tenant.ctx);
    expect(await rollupRows(tenant)).toBe(rows);
    expect((await getOverview(tenant.ctx, { period: '7d' })).totals.traces).toBe(5);
  });

  test('leaves the hour open that ended less than five minutes ago', async () => {
    const tenant = await withTraces();
    await rollUpHours(tenant.ctx);
    const until = await rolledUntil(tenant);
    expect(until?.getTime()).toBe(Math.floor((Date.now() - 5 * 60_000) / HOUR_MS) * HOUR_MS);
  });

  test('writes an hour anew after a trace in it was changed or came late', async () => {
    const tenant = await makeTenant();
    const changed = trace(hoursAgo(30));
    await ingestTraces(tenant.ctx, [changed]);
    await rollUpHours(tenant.ctx);

    await ingestTraces(tenant.firstKey.ctx, [
      { traceId: changed.traceId, error: 'found out later', tokensOut: 50 },
    ]);
    await ingestTraces(tenant.ctx, [trace(hoursAgo(40))]);
    await rollUpHours(tenant.ctx);
    for (const period of ['7d', '30d'] as const)
      expect((await getOverview(tenant.ctx, { period })).totals).toMatchObject({
        traces: 2,
        errors: 1,
        tokensOut: 52,
      });
  });

  test('writes many days that it finds unwritten, some at a time', async () => {
    const tenant = await makeTenant();
    await ingestTraces(tenant.ctx, [
      trace(hoursAgo(24 * 200)),
      trace(hoursAgo(24 * 100)),
      trace(hoursAgo(49)),
    ]);
    await rollUpHours(tenant.ctx);
    expect(await dailyRows(tenant)).toBe(3);
    await withTenant(tenant.ctx, (db) => db.execute(sql`update stats_progress set days_until = null`));
    await withTenant(tenant.ctx, (db) => db.execute(sql`update trace_rollup_days set trace_count = 7`));
    await rollUpAllTenants();
    expect((await getStats(tenant.ctx)).total_traces).toBe(3);
  });
});

describe('rollUpAllTenants', () => {
  test('finds the tenants that have closed hours', async () => {
    const tenant = await withTraces();
    const idle = await makeTenant();
    await rollUpAllTenants();
    expect(await rollupRows(tenant)).toBe(4);
    expect(await rolledUntil(idle)).toBeNull();
  });
});
