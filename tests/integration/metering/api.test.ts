import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as explainRoute from '@/app/api/v1/usage/explain/route';
import * as historyRoute from '@/app/api/v1/usage/history/route';
import * as recordsRoute from '@/app/api/v1/usage/records/route';
import * as usageRoute from '@/app/api/v1/usage/route';
import { getUsage, listUsageHistory } from '@/lib/metering/queries';
import { toHour } from '@/lib/metering/rules';
import { currentUsage, usageExplanation, usageHistory, usageRecordList } from '@/lib/metering/schema';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { makeKey, makePerson, makeTenant, type TestTenant, unique } from '@/tests/support/factories';
import { call, readError, type Sent } from '@/tests/support/requests';
import { connectAsOwner, HOUR, tick } from './support';

const owner = connectAsOwner();
afterAll(() => owner.end());

const routes = {
  '/api/v1/usage': usageRoute.GET,
  '/api/v1/usage/history': historyRoute.GET,
  '/api/v1/usage/records': recordsRoute.GET,
  '/api/v1/usage/explain': explainRoute.GET,
};
const get = (path: string, of: TestTenant, given: Partial<Sent> = {}) =>
  call(routes[path.split('?')[0] as keyof typeof routes], {
    path,
    host: of.host,
    headers: { cookie: of.admin.cookie },
    ...given,
  });

const hoursAgo = (hours: number) => new Date(toHour(new Date()).getTime() - hours * HOUR);
const receive = (of: TestTenant, at: Date, count: number, project = 'default') =>
  ingestTraces(
    of.ctx,
    Array.from({ length: count }, () => ({
      traceId: unique() + unique(),
      project,
      tokensIn: 2,
      tokensOut: 3,
      receivedAt: at,
    })),
  );
const usageOf = (body: unknown, metric: string) =>
  currentUsage.parse(body).metrics.find((one) => one.metric === metric);

let tenant: TestTenant;
beforeAll(async () => {
  tenant = await makeTenant();
  await receive(tenant, hoursAgo(3), 4, 'shop');
  await receive(tenant, hoursAgo(2), 1, 'help');
  await tick([tenant], new Date());
});

describe('GET /api/v1/usage', () => {
  test('speaks of the current period, the open hour included, in the predecessor’s fields and by metric', async () => {
    // In the first hours of a month some of it belongs to the month before.
    const month = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth(), 1));
    const before = [hoursAgo(3), hoursAgo(2)].map((hour, index) =>
      hour >= month ? [4, 1][index] : 0,
    ) as number[];
    const closed = before.reduce((sum, count) => sum + count, 0);
    const key = await makeKey(tenant);
    await ingestTraces(key.ctx, [{ traceId: unique(), tokensIn: 10 }, { traceId: unique() }]);
    const answer = await get('/api/v1/usage', tenant);
    expect(answer.status).toBe(200);
    const usage = currentUsage.strict().parse(answer.body);
    expect(usage).toMatchObject({
      trace_count: closed + 2,
      seat_count: 1,
      total_tokens_in: 2 * closed + 10,
      total_tokens_out: 3 * closed,
      plan: 'Starter',
      period_start: month.toISOString(),
    });
    expect(usageOf(answer.body, 'trace.count')).toMatchObject({
      value: closed + 2,
      included: 10_000,
      over: 0,
      current: null,
      billed: true,
      resets_at: usage.period_end,
    });
    expect(usageOf(answer.body, 'seat.count')).toMatchObject({ value: 1, current: 1, included: 3 });
    expect(usageOf(answer.body, 'storage.bytes')?.current).toBeGreaterThan(0);
  });

  test('keeps to the subscription’s period, to which an hour belongs that begins in it', async () => {
    const own = await makeTenant();
    const start = new Date(hoursAgo(3).getTime() + 30 * 60_000);
    await receive(own, new Date(start.getTime() + 60_000), 8);
    await receive(own, hoursAgo(2), 3);
    await owner`insert into usage_periods (tenant_id, period_start, period_end)
      values (${own.id}, ${start}, ${new Date(start.getTime() + 30 * 24 * HOUR)})`;
    for (const state of ['open', 'closed']) {
      if (state === 'closed') await tick([own], new Date());
      const usage = await getUsage(own.admin.ctx);
      expect(usage).toMatchObject({ trace_count: 3, period_start: start.toISOString() });
      const [current, previous] = await listUsageHistory(own.admin.ctx, { months: 2 });
      expect(current?.trace_count).toBe(3);
      expect(previous).toMatchObject({ trace_count: 8, period_end: start.toISOString() });
    }
  });

  test('says what is over, and where it leads to', async () => {
    const own = await makeTenant();
    const hour = hoursAgo(2);
    await owner`insert into usage_deltas (tenant_id, recorded_at, project, trace_count) values (${own.id}, ${hour}, '', 10010)`;
    await owner`insert into usage_periods (tenant_id, period_start, period_end)
      values (${own.id}, ${hour}, ${new Date(hour.getTime() + 20 * HOUR)})`;
    await tick([own], new Date(hour.getTime() + HOUR + 6 * 60_000));
    const at = new Date(hour.getTime() + 5 * HOUR);
    const usage = await getUsage(own.admin.ctx, { now: at });
    expect(usage.metrics.find(({ metric }) => metric === 'trace.count')).toMatchObject({
      value: 10_010,
      over: 10,
      projected: 40_040,
    });
  });

  test('is for admins, analysts and keys with its scope', async () => {
    const viewer = await makePerson(tenant, 'viewer');
    const analyst = await makePerson(tenant, 'analyst');
    const as = (cookie: string) => get('/api/v1/usage', tenant, { headers: { cookie } });
    expect(readError(await as(viewer.cookie)).status).toBe(403);
    expect((await as(analyst.cookie)).status).toBe(200);
    const writer = await makeKey(tenant, { scopes: ['traces:write'] });
    expect(readError(await get('/api/v1/usage', tenant, { key: writer.key, headers: {} })).status).toBe(403);
  });
});

describe('GET /api/v1/usage/history', () => {
  test('answers the current period and those before it', async () => {
    const { usage_history } = usageHistory.parse((await get('/api/v1/usage/history?months=3', tenant)).body);
    expect(usage_history).toHaveLength(3);
    expect(usage_history[1]?.period_end).toBe(usage_history[0]?.period_start);
    expect(usage_history.reduce((sum, month) => sum + month.trace_count, 0)).toBeGreaterThanOrEqual(5);
  });

  test.each(['0', '13', 'x'])('refuses months=%s', async (months) => {
    expect(readError(await get(`/api/v1/usage/history?months=${months}`, tenant))).toMatchObject({
      status: 422,
      issues: [{ path: 'months', message: 'expected a whole number from 1 to 12' }],
    });
  });
});

describe('GET /api/v1/usage/records', () => {
  const query = `from=${hoursAgo(4).toISOString()}&metric=trace.count`;

  test('lists whole hours, of which the open ones are counted live', async () => {
    const own = await makeTenant();
    await receive(own, hoursAgo(3), 4);
    await tick([own], new Date(hoursAgo(2).getTime() + 5 * 60_000));
    await receive(own, hoursAgo(1), 2);
    const { records } = usageRecordList.parse((await get(`/api/v1/usage/records?${query}`, own)).body);
    expect(records.map(({ from, value, revision, is_open }) => [from, value, revision, is_open])).toEqual([
      [hoursAgo(3).toISOString(), 4, 1, false],
      [hoursAgo(1).toISOString(), 2, 0, true],
    ]);
  });

  test('adds counters up by day and month, and takes the peak of gauges', async () => {
    const by = async (granularity: string, metric: string) =>
      usageRecordList
        .parse(
          (
            await get(
              `/api/v1/usage/records?granularity=${granularity}&metric=${metric}&from=${hoursAgo(3).toISOString()}`,
              tenant,
            )
          ).body,
        )
        .records.reduce((sum, record) => sum + (metric === 'seat.count' ? 0 : record.value), 0);
    const hours = await by('hour', 'trace.count');
    expect(await by('day', 'trace.count')).toBe(hours);
    expect(await by('month', 'trace.count')).toBe(hours);
    const seats = usageRecordList.parse(
      (await get('/api/v1/usage/records?granularity=month&metric=seat.count', tenant)).body,
    );
    expect(Math.max(...seats.records.map(({ value }) => value))).toBeLessThanOrEqual(4);
  });

  test('answers CSV to who prefers it', async () => {
    const ask = (path: string, accept?: string) =>
      recordsRoute.GET(
        new Request(`http://localhost:3000${path}`, {
          headers: {
            host: tenant.host,
            cookie: tenant.admin.cookie,
            ...(accept ? { accept } : {}),
          },
        }),
        { params: Promise.resolve({}) },
      );
    const typeOf = async (...asked: Parameters<typeof ask>) =>
      (await ask(...asked)).headers.get('content-type');
    const path = `/api/v1/usage/records?${query}`;
    expect(await typeOf(path)).toMatch(/^application\/json/);
    expect(await typeOf(path, 'text/csv')).toMatch(/^text\/csv/);
    expect(await typeOf(path, 'application/json, text/csv;q=0.5')).toMatch(/^application\/json/);
    expect(await typeOf(path, 'text/csv;q=0.9, */*;q=0.1')).toMatch(/^text\/csv/);
    expect(await typeOf(`${path}&format=json`, 'text/csv')).toMatch(/^application\/json/);
    const csv = await ask(`${path}&format=csv`);
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="usage.csv"');
    expect((await csv.text()).split('\r\n').slice(0, 2)).toEqual([
      'metric,from,to,value,revision,is_open',
      `trace.count,${hoursAgo(3).toISOString()},${hoursAgo(2).toISOString()},4,1,false`,
    ]);
  });
});

describe('GET /api/v1/usage/explain', () => {
  const explain = async (metric: string, hour: Date, of = tenant) =>
    usageExplanation
      .strict()
      .parse((await get(`/api/v1/usage/explain?metric=${metric}&hour=${hour.toISOString()}`, of)).body);

  test('names the commits, keys, projects and traces of a number, and what was reported', async () => {
    const own = await makeTenant();
    const key = await makeKey(own, { name: 'Backend' });
    const ids = [unique(), unique(), unique()];
    await ingestTraces(
      key.ctx,
      ids.slice(0, 2).map((traceId) => ({ traceId, project: 'shop' })),
    );
    await ingestTraces(key.ctx, [{ traceId: ids[2] ?? '', project: 'help' }]);
    const now = new Date();
    const open = await explain('trace.count', now, own);
    expect(open).toMatchObject({
      ...{ value: 3, recorded: null, is_open: true, commits_total: 2, before: null },
      keys: [{ key_id: key.keyId, name: 'Backend', value: 3 }],
      projects: [
        { project: 'shop', value: 2 },
        { project: 'help', value: 1 },
      ],
    });
    expect(open.commits.map(({ trace_ids }) => [...trace_ids].sort())).toEqual([
      ids.slice(0, 2).sort(),
      ids.slice(2),
    ]);
    expect([...open.sample_trace_ids].sort()).toEqual([...ids].sort());
    await tick([own], new Date(now.getTime() + 2 * HOUR));
    const closed = await explain('trace.count', now, own);
    expect(closed).toMatchObject({ value: 3, recorded: 3, revision: 1, is_open: false });
    expect(closed.revisions).toMatchObject([{ revision: 1, delta: 3, delivered_at: null }]);
  });

  test('tells no more than 1,000 projects, and counts all', async () => {
    const own = await makeTenant();
    const traces = Array.from({ length: 1_003 }, (_, index) => ({ traceId: unique(), project: `p${index}` }));
    await ingestTraces(own.ctx, traces);
    const told = await explain('trace.count', new Date(), own);
    expect(told.projects).toHaveLength(1_000);
    expect(told).toMatchObject({ value: 1_003, commits_total: 1_003 });
    expect((await explain('storage.bytes', new Date(), own)).before).toBe(0);
  });

  test('says who took a seat, and how far storage was before', async () => {
    const own = await makeTenant();
    const person = await makePerson(own, 'analyst');
    const seats = await explain('seat.count', new Date(), own);
    expect(seats).toMatchObject({ value: 2, before: 0 });
    expect(seats.members.map(({ user_id }) => user_id).sort()).toEqual(
      [own.admin.userId, person.userId].sort(),
    );
    await receive(own, hoursAgo(2), 1);
    await receive(own, hoursAgo(1), 1);
    const storage = await explain('storage.bytes', hoursAgo(1), own);
    expect(storage.before).toBe((await explain('storage.bytes', hoursAgo(2), own)).value);
    expect(storage.value - (storage.before ?? 0)).toBe(
      storage.commits.reduce((sum, { value }) => sum + value, 0),
    );
  });

  test('knows nothing of an hour to come, and of other tenants', async () => {
    const hour = new Date(Date.now() + 2 * HOUR).toISOString();
    expect(readError(await get(`/api/v1/usage/explain?metric=trace.count&hour=${hour}`, tenant)).status).toBe(
      404,
    );
    const other = await makeTenant();
    expect(await explain('trace.count', hoursAgo(3), other)).toMatchObject({
      value: 0,
      commits: [],
      sample_trace_ids: [],
    });
  });
});
