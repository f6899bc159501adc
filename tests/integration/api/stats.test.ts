import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { GET as getStats } from '@/app/api/v1/stats/route';
import { GET as getTimeseries } from '@/app/api/v1/stats/timeseries/route';
import { withTenant } from '@/db/tenant';
import { writeEvaluations } from '@/lib/evaluations/mutations';
import type { Endpoint } from '@/lib/http/endpoint';
import { rollUpHours } from '@/lib/stats/mutations';
import { wireStats, wireTimeseries } from '@/lib/stats/schema';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { makeTenant, type TestTenant } from '@/tests/support/factories';
import { call, readError } from '@/tests/support/requests';

const HOUR_MS = 3_600_000;
const hoursAgo = (hours: number) => new Date(Date.now() - hours * HOUR_MS);

const read = (handler: Endpoint, of: TestTenant, query = '') =>
  call(handler, { path: `/x${query}`, host: of.host, key: of.firstKey.key });

let tenant: TestTenant;

beforeAll(async () => {
  tenant = await makeTenant();
  await ingestTraces(tenant.ctx, [
    { traceId: 'old', receivedAt: hoursAgo(400), latencyMs: 100, error: 'late' },
    { traceId: 'a', receivedAt: hoursAgo(50), latencyMs: 300, model: 'm1' },
    { traceId: 'b', receivedAt: hoursAgo(50), project: 'other' },
  ]);
  await ingestTraces(tenant.firstKey.ctx, [{ traceId: 'now', latencyMs: 200 }]);
  const say = (trace_id: string, score_type: string, score: number) => ({ trace_id, score_type, score });
  await writeEvaluations(tenant.ctx, [
    ...[say('old', 'grounding', 0), say('a', 'grounding', 1), say('a', 'overall', 0.75)],
    ...[say('b', 'overall', 0.25), say('now', 'safety', 0.5)],
  ]);
  await withTenant(tenant.ctx, (db) =>
    db.execute(sql`update traces set traffic_light = case trace_id when 'a' then 'green' else 'red' end`),
  );
});

async function readBoth() {
  const stats = await read(getStats, tenant);
  const series = await read(getTimeseries, tenant, '?hours=168');
  return {
    stats: wireStats.strict().parse(stats.body),
    series: wireTimeseries.strict().parse(series.body).timeseries,
  };
}

describe('GET /api/v1/stats and /stats/timeseries', () => {
  test('say the same from the traces and from the rollups', async () => {
    const live = await readBoth();
    expect(live.stats).toEqual({
      ...{ total_traces: 4, traces_today: 1, error_rate: 0.25, avg_latency_ms: 200 },
      ...{ avg_grounding_score: 0.5, avg_helpfulness_score: null, avg_safety_score: 0.5 },
      traffic_light: { green: 1, amber: 0, red: 3 },
    });
    expect(live.series).toHaveLength(168);
    expect(live.series.at(-1)).toMatchObject({
      trace_count: 1,
      avg_latency_ms: 200,
      avg_score: null,
      red: 1,
    });
    const hour = new Date(Math.floor(hoursAgo(50).getTime() / HOUR_MS) * HOUR_MS).toISOString();
    expect(live.series.find((one) => one.hour === hour)).toEqual({
      ...{ hour, trace_count: 2, error_count: 0, avg_latency_ms: 300, avg_score: 0.5 },
      ...{ green: 1, amber: 0, red: 1 },
    });
    expect(live.series.reduce((sum, { trace_count }) => sum + trace_count, 0)).toBe(3);

    expect(await rollUpHours(tenant.ctx)).toBeGreaterThan(0);
    expect(await readBoth()).toEqual(live);
  });

  test('are all zeros for a workspace without traces, and show nothing of another', async () => {
    const empty = await makeTenant();
    expect((await read(getStats, empty)).body).toMatchObject({
      ...{ total_traces: 0, error_rate: 0, avg_latency_ms: null },
      traffic_light: { green: 0, amber: 0, red: 0 },
    });
    const { timeseries } = wireTimeseries.parse((await read(getTimeseries, empty)).body);
    expect(timeseries).toHaveLength(24);
    expect(timeseries.every(({ trace_count }) => trace_count === 0)).toBe(true);
  });

  test.each(['0', '169', '-1', '1.5', 'x', ''])('refuse hours=%s, naming it', async (hours) => {
    expect(readError(await read(getTimeseries, tenant, `?hours=${hours}`))).toMatchObject({
      status: 422,
      issues: [{ path: 'hours' }],
    });
  });
});
