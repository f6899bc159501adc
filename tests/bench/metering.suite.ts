import path from 'node:path';
import { GET as getTenantRoute } from '@/app/api/v1/tenant/route';
import { GET as getUsageRoute } from '@/app/api/v1/usage/route';
import { pool } from '@/db/client';
import { migrate } from '@/db/migrate';
import { env } from '@/lib/env';
import type { Endpoint } from '@/lib/http/endpoint';
import { newId } from '@/lib/ids';
import { runTick } from '@/lib/metering/mutations';
import type { TenantContext } from '@/lib/tenancy/context';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { setTenantRate } from '@/lib/workflows/limits/mutations';
import { makeKey, makeTenant, type TestTenant } from '../support/factories';
import { count, median, ms, percentile, ratio, timed } from './measure';
import { assertCounted, fillBatches, fillTenants, forgetUsage, sumPlainly } from './metering/world';
import type { BenchTools } from './suite';

export const name = 'metering';

const TENANTS = 1_000;
const BATCHES = 1_000;
const MISSED_HOURS = 72;
const BATCHES_AN_HOUR = 10;
const MEMBERS = 5;
const TRACES_IN_A_BATCH = 50;
const by = { actor: { kind: 'system', name: 'bench' }, requestId: 'bench' } as const;

/** A time at which the last whole hour is due, whenever this runs. */
const due = () => new Date(Date.now() + 10 * 60_000);

/** What the meters cost: the tick, catching up, the deltas in the ingest, and reading usage: `npm run bench -- metering`. */
export async function run({ report }: BenchTools): Promise<void> {
  await migrate({ adminUrl: env().databaseUrl, folder: path.resolve('db/migrations') });
  report.progress('measuring what the deltas cost the ingest');
  const ingest = await measureIngest();
  report.progress('measuring GET /usage');
  const reads = await measureReads();

  report.progress(`making ${count(TENANTS * BATCHES)} batches of ${count(TENANTS)} tenants`);
  await forgetUsage();
  await fillTenants(TENANTS, MEMBERS);
  await fillBatches(1, BATCHES);
  const ticks = [
    await measureTick(`a tick, ${count(TENANTS)} tenants with ${count(BATCHES)} batches each`, 10_000),
  ];
  await assertCounted(TENANTS * BATCHES * TRACES_IN_A_BATCH);
  const again = await timed(() => runTick(by, { trigger: 'operator', now: due() }));
  ticks.push(['the same again: all is looked at once more, and settled', ms(again), '–', '–']);

  report.progress(`making ${MISSED_HOURS} hours of ${count(TENANTS)} tenants`);
  await forgetUsage();
  await fillBatches(MISSED_HOURS, BATCHES_AN_HOUR);
  await pool('owner').sql`insert into usage_meters (tenant_id, closed_until)
    select id, date_trunc('hour', now(), 'UTC') - make_interval(hours => ${MISSED_HOURS}) from tenants`;
  ticks.push(
    await measureTick(
      `catching up ${MISSED_HOURS} hours of ${count(TENANTS)} tenants, ${BATCHES_AN_HOUR} batches an hour`,
      60_000,
    ),
  );
  await assertCounted(TENANTS * MISSED_HOURS * BATCHES_AN_HOUR * TRACES_IN_A_BATCH);

  report.table(['closing hours', 'time', 'a plain sum', 'ratio'], ticks);
  report.note(`To reach: 10 s for the tick, 60 s for catching up.`);
  report.table([`ingest, batches of ${TRACES_IN_A_BATCH}, 4 at a time`, 'traces/s', 'ratio'], ingest);
  report.note(
    'To reach: a ratio of 0.85. The other one has a rule that drops the row of the delta; its statement is still sent.',
  );
  report.table(['reading, one after the other', 'p50', 'ratio', 'p99'], reads);
  report.note('To reach: 20 ms for GET /usage.');
}

async function measureTick(label: string, target: number): Promise<string[]> {
  const baselines = [];
  for (let round = 0; round < 3; round++) baselines.push(await timed(sumPlainly));
  const time = await timed(() => runTick(by, { trigger: 'operator', now: due() }));
  return [`${label} (≤ ${ms(target)})`, ms(time), ms(median(baselines)), ratio(time, median(baselines))];
}

/** Alternating, so that what else the machine does meets both. */
async function measureIngest(): Promise<string[][]> {
  const tenant = await makeTenant();
  const owner = pool('owner').sql;
  const rates: { on: number[]; off: number[] } = { on: [], off: [] };
  await ingestFor(tenant.ctx, 1_000);
  for (let round = 0; round < 5; round++) {
    rates.on.push(await ingestFor(tenant.ctx, 2_000));
    await owner.unsafe('CREATE RULE bench_no_deltas AS ON INSERT TO usage_deltas DO INSTEAD NOTHING');
    rates.off.push(await ingestFor(tenant.ctx, 2_000));
    await owner.unsafe('DROP RULE bench_no_deltas ON usage_deltas');
  }
  const [on, off] = [median(rates.on), median(rates.off)];
  return [
    ['without deltas', count(Math.round(off)), ratio(1, 1)],
    ['with deltas', count(Math.round(on)), ratio(on, off)],
  ];
}

/** Traces a second that are committed while four send batches for so many milliseconds. */
async function ingestFor(ctx: TenantContext, duration: number): Promise<number> {
  const began = performance.now();
  let stored = 0;
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      while (performance.now() - began < duration) {
        const batch = Array.from({ length: TRACES_IN_A_BATCH }, () => ({
          traceId: newId(),
          question: 'How long is the trial?',
          answer: 'The trial lasts 14 days. '.repeat(8),
          tokensIn: 240,
          tokensOut: 120,
        }));
        await ingestTraces(ctx, batch);
        stored += batch.length;
      }
    }),
  );
  return (stored * 1_000) / (performance.now() - began);
}

/** The whole route, of a tenant with a year of records and a busy open hour, beside a route that reads one row. */
async function measureReads(): Promise<string[][]> {
  const tenant = await makeTenant();
  await setTenantRate(by, {
    ...{ tenantId: tenant.id, perSecond: 100_000, burst: 100_000, reason: 'a bench' },
    expiresAt: new Date(Date.now() + 3_600_000),
  });
  const owner = pool('owner').sql;
  await owner`insert into usage_records (tenant_id, metric, hour, value)
    select ${tenant.id}, m, date_trunc('hour', now(), 'UTC') - make_interval(hours => h), 100
    from unnest(array['trace.count', 'seat.count', 'api.requests', 'storage.bytes', 'tokens.in', 'tokens.out', 'evaluation.count']) m,
      generate_series(1, 8760) h`;
  await owner`insert into usage_meters (tenant_id, closed_until) values (${tenant.id}, date_trunc('hour', now(), 'UTC'))`;
  const busy = async (deltas: number) => {
    await owner`insert into usage_deltas (tenant_id, recorded_at, project, trace_count)
      select ${tenant.id}, date_trunc('hour', now(), 'UTC') + make_interval(secs => 60.0 * n / ${deltas}), 'default', 50
      from generate_series(1, ${deltas}::int) n`;
    await owner.unsafe('VACUUM ANALYZE usage_deltas, usage_records');
  };
  await busy(1_000);
  const { key } = await makeKey(tenant, { scopes: ['admin'] }); // by a session there are no more than 200 at once
  const ask = (route: Endpoint, address: string) => measureRoute(route, address, tenant, key);
  const baseline = await ask(getTenantRoute, '/api/v1/tenant');
  const usage = await ask(getUsageRoute, '/api/v1/usage');
  await busy(20_000);
  const busier = await ask(getUsageRoute, '/api/v1/usage');
  const row = (label: string, times: number[]) => [
    label,
    ms(median(times)),
    ratio(median(times), median(baseline)),
    ms(percentile(times, 0.99)),
  ];
  return [
    row('GET /api/v1/tenant', baseline),
    row('GET /api/v1/usage, 1,000 batches in the open hour', usage),
    row('GET /api/v1/usage, 21,000 batches in the open hour', busier),
  ];
}

async function measureRoute(
  route: Endpoint,
  address: string,
  tenant: TestTenant,
  key: string,
): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < 220; round++) {
    const headers = { host: tenant.host, authorization: `Bearer ${key}` };
    const request = new Request(`http://localhost:3000${address}`, { headers });
    let status = 0;
    const time = await timed(async () => {
      const response = await route(request, { params: Promise.resolve({}) });
      status = response.status;
      await response.arrayBuffer();
    });
    if (status !== 200) throw new Error(`${address} answers ${status}`);
    if (round >= 20) times.push(time);
  }
  return times;
}
