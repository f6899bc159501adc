import path from 'node:path';
import { migrate } from '@/db/migrate';
import { env } from '@/lib/env';
import { type LimitSource, limitRequest } from '@/lib/gateway/limit';
import { GuardedStore } from '@/lib/rate-limit/guarded';
import { MemoryStore } from '@/lib/rate-limit/memory';
import { redisStore } from '@/lib/rate-limit/redis';
import type { SharedStore } from '@/lib/rate-limit/store';
import { upstashStore } from '@/lib/rate-limit/upstash';
import { startListening } from '@/lib/tenancy/live-cache';
import { setTenantRate } from '@/lib/workflows/limits/mutations';
import { makeTenant } from '../support/factories';
import { poll } from '../support/poll';
import { redisServer, startBridge, startRedis } from '../support/redis';
import {
  type Decide,
  decideBy,
  decideByFlexibleMemory,
  decideByFlexibleRedis,
  measureCosts,
  measureMemory,
  measureThroughputs,
} from './limits/decisions';
import { count, median, percentile, ratio } from './measure';
import type { BenchTools } from './suite';

export const name = 'limits';

const TENANTS = 10_000;
/** What is to be reached, in microseconds. */
const TARGETS = { memory: 2, gateway: 50 };
const micros = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} µs`;

/** What a decision costs, in each store and beside rate-limiter-flexible, and what the gateway costs a request: `npm run bench -- limits`. */
export async function run({ report }: BenchTools): Promise<void> {
  await migrate({ adminUrl: env().databaseUrl, folder: path.resolve('db/migrations') });
  const rows: string[][] = [];
  const rates: string[][] = [];
  const add = async (
    label: string,
    ours: Decide,
    theirs: Decide | null,
    { batch, total, concurrency }: { batch: number; total: number; concurrency: number },
  ) => {
    report.progress(`measuring ${label}`);
    const samples = { samples: 1_000, batch };
    const both = theirs ? [ours, theirs] : [ours];
    const [own = [], baseline = []] = await measureCosts(both, samples);
    const row = (who: string, costs: number[]) => [
      `${label}, ${who}`,
      micros(median(costs)),
      theirs ? ratio(median(costs), median(baseline)) : '–',
      micros(percentile(costs, 0.99)),
      theirs ? ratio(percentile(costs, 0.99), percentile(baseline, 0.99)) : '–',
    ];
    if (theirs) rows.push(row('rate-limiter-flexible', baseline));
    rows.push(row('ours', own));
    const [ourRate = 0, theirRate = 0] = await measureThroughputs(both, total, concurrency);
    if (theirs) rates.push([`${label}, rate-limiter-flexible`, count(Math.round(theirRate)), ratio(1, 1)]);
    rates.push([`${label}, ours`, count(Math.round(ourRate)), theirs ? ratio(ourRate, theirRate) : '–']);
  };

  await add('memory', decideBy(new MemoryStore(TENANTS), TENANTS), decideByFlexibleMemory(TENANTS), {
    batch: 1_000,
    total: 2_000_000,
    concurrency: 1,
  });
  if (redisServer) {
    const redis = await startRedis();
    const bridge = await startBridge(redis);
    const tcp = await ready(redisStore(redis.url));
    const rest = await ready(upstashStore(bridge));
    const flexible = await decideByFlexibleRedis(redis.url, TENANTS);
    const many = { batch: 10, total: 100_000, concurrency: 64 };
    // With a deadline that even a busy machine keeps: past it the guard decides in memory, which is not what is measured.
    const guard = new GuardedStore(tcp, { name: 'redis', deadlineMs: 10_000, instances: 1 });
    await add('redis', decideBy(tcp, TENANTS), flexible.decide, many);
    const guarded = decideBy(guard.beside(new MemoryStore(TENANTS)), TENANTS);
    await add('redis, with the guard beside it', guarded, flexible.decide, many);
    await add('upstash, through a bridge on loopback', decideBy(rest, TENANTS), null, {
      ...many,
      total: 20_000,
    });
    flexible.close();
    await Promise.all([tcp.close(), rest.close()]);
    await bridge.stop();
    await redis.stop();
  } else report.note('Without a redis-server only the store in memory is measured.');

  report.table(['a decision, one after the other', 'p50', 'ratio', 'p99', 'ratio'], rows);
  report.note(`To reach: in memory ${TARGETS.memory} µs and a ratio below 1; redis a ratio of 1 or less.`);
  report.table([`decisions a second, ${count(TENANTS)} tenants`, 'rate', 'ratio'], rates);

  report.progress('measuring memory');
  const bytes = measureMemory(TENANTS);
  report.table(
    ['memory of the store', 'per tenant', count(TENANTS)],
    [['in this process', `${Math.round(bytes)} B`, `${((bytes * TENANTS) / 1e6).toFixed(1)} MB`]],
  );

  report.progress('measuring the gateway');
  report.table(['the gateway’s whole decision', 'p50', 'p99'], await gateway());
  report.note(`To reach: ${TARGETS.gateway} µs for a key, in memory.`);
}

async function ready(store: SharedStore): Promise<SharedStore> {
  const limit = { algorithm: 'token-bucket', limit: 1, burst: 1, windowMs: 1_000, strict: false } as const;
  await poll(() => store.take('warm up', limit).then(Boolean, () => false), 10_000, 'the store');
  return store;
}

/** Who pays, and whether they may: of a warm process, by the credential that comes. */
async function gateway(): Promise<string[][]> {
  startListening();
  const tenant = await makeTenant();
  const operator = { actor: { kind: 'system', name: 'operator' }, requestId: 'bench' } as const;
  await setTenantRate(operator, {
    tenantId: tenant.id,
    perSecond: 100_000,
    burst: 100_000,
    reason: 'a bench',
    expiresAt: new Date(Date.now() + 3_600_000),
  });
  const source: LimitSource = {
    host: tenant.host,
    authorization: null,
    apiKey: null,
    cookie: null,
    ip: '203.0.113.1',
  };
  const callers: [string, LimitSource][] = [
    ['a key of the tenant', { ...source, authorization: `Bearer ${tenant.firstKey.key}` }],
    ['a session', { ...source, cookie: tenant.admin.cookie }],
    ['a forged key', { ...source, authorization: `Bearer ${tenant.firstKey.key.slice(0, -4)}AAAA` }],
    ['nobody', source],
  ];
  const rows: string[][] = [];
  for (const [label, from] of callers) {
    const [costs = []] = await measureCosts([() => limitRequest(from)], { samples: 1_000, batch: 50 });
    rows.push([label, micros(median(costs)), micros(percentile(costs, 0.99))]);
  }
  return rows;
}
