import path from 'node:path';
import { sql } from 'drizzle-orm';
import { migrate } from '@/db/migrate';
import { withOwner } from '@/db/tenant';
import { env } from '@/lib/env';
import { listSpans } from '@/lib/spans/queries';
import { rollUpHours } from '@/lib/stats/mutations';
import { getOverview, getStats, getTimeseries } from '@/lib/stats/queries';
import type { TenantContext } from '@/lib/tenancy/context';
import { findTrace, listTracePage, listTraces } from '@/lib/traces/queries';
import { traceListQuery } from '@/lib/traces/schema';
import { exportTenant } from '@/lib/workflows/export/mutations';
import { count, ms, percentile, ratio, timed } from './measure';
import { fillLarge, fillSmall, SPANS } from './read/world';
import type { BenchTools } from './suite';
import { makeTenant } from './tenants/world';

export const name = 'read';

const SMALL_TENANTS = 100;
const ROUNDS = 15;

/** What the console and the API read of one large tenant: `npm run bench -- read [traces, 1000000 unless told]`. */
export async function run({ report, args }: BenchTools): Promise<void> {
  const traces = Math.max(10_000, Number(args[0] ?? 1_000_000));
  await migrate({ adminUrl: env().databaseUrl, folder: path.resolve('db/migrations') });
  const large = await makeTenant();
  while ((await countTenants()) <= SMALL_TENANTS) await makeTenant();
  report.progress(`making ${count(traces)} traces beside ${SMALL_TENANTS} small tenants`);
  const building = await timed(async () => {
    await fillSmall();
    await fillLarge(large, traces, report.progress);
  });
  const ctx: TenantContext = {
    tenant: { id: large, slug: `bench-${large}`, name: 'Bench', status: 'active' },
    actor: { kind: 'system', name: 'bench' },
    requestId: 'bench',
  };
  report.progress('rolling up');
  const rolling = await timed(() => rollUpHours(ctx));
  report.note(`\n${count(traces)} traces made in ${ms(building)}, rolled up in ${ms(rolling)}.`);

  const api = (query: Record<string, unknown>) => () => listTracePage(ctx, traceListQuery.parse(query));
  const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString();
  const first = await listTracePage(ctx, traceListQuery.parse({ size: '100' }));
  const reads: [string, number, () => Promise<unknown>][] = [
    ['console, first page', 60, () => listTraces(ctx, {})],
    ['API, first page with total', 60, api({})],
    ['API, from a cursor', 60, api({ cursor: first.nextCursor ?? undefined })],
    ['API, page 50', 60, api({ page: '50' })],
    ['model_name', 60, api({ model_name: 'model-3' })],
    ['project, rare', 60, api({ project: 'rare' })],
    ['user_id', 60, api({ user_id: 'user-77' })],
    ['session_id', 60, api({ session_id: 'session-7777' })],
    ['has_error=true', 60, api({ has_error: 'true' })],
    ['has_error=false', 60, api({ has_error: 'false' })],
    ['traffic_light=red', 60, api({ traffic_light: 'red' })],
    ['start_date, end_date: one day', 60, api({ start_date: day(11), end_date: day(10) })],
    ['max_grounding=0.01', 60, api({ max_grounding: '0.01' })],
    ['min_latency_ms=2990', 60, api({ min_latency_ms: '2990' })],
    ['max_tokens_in=110', 60, api({ max_tokens_in: '110' })],
    ['tag, rare', 60, api({ tag: ['rare'] })],
    ['tag, common', 60, api({ tag: ['eu'] })],
    ['sort=latency', 60, api({ sort: 'latency' })],
    ['sort=tokens', 60, api({ sort: 'tokens' })],
    ['sort=grounding', 60, api({ sort: 'grounding' })],
    ['q, a word of 1 trace in 100,000', 300, api({ q: 'code77' })],
    ['q, a word of 1 trace in 300', 300, api({ q: 'word33' })],
    ['q, a word of every trace', 300, api({ q: 'trial' })],
    ['q, two words', 300, api({ q: 'trial word33' })],
    ['q, with a filter', 300, api({ q: 'word33', model_name: 'model-3' })],
    ['q, nothing', 300, api({ q: 'nowhere' })],
    [
      `one trace with ${count(SPANS)} spans`,
      300,
      () => Promise.all([findTrace(ctx, 'spans'), listSpans(ctx, 'spans')]),
    ],
    ['overview of 30 days', 150, () => getOverview(ctx, { period: '30d' })],
    ['GET /api/v1/stats', 150, () => getStats(ctx)],
    ['GET /api/v1/stats/timeseries, 168 hours', 150, () => getTimeseries(ctx, 168)],
  ];
  report.progress('reading');
  const quiet = await measure(reads);
  report.progress('reading while an export runs');
  const stop = new AbortController();
  const exporting = runExports(ctx, stop.signal);
  const beside = await measure(reads);
  stop.abort();
  const exported = await exporting;
  report.table(
    ['P50 and P95 of reads', 'target', 'P50', 'P95', 'beside an export', 'ratio'],
    reads.map(([label, target], index) => {
      const [alone, busy] = [quiet[index] ?? [], beside[index] ?? []];
      const [p50, other] = [percentile(alone, 0.5), percentile(busy, 0.5)];
      return [label, ms(target), ms(p50), ms(percentile(alone, 0.95)), ms(other), ratio(other, p50)];
    }),
  );
  report.note(`The export sent ${(exported / 1_000_000).toFixed(1)} MB meanwhile.`);
}

/** Each read so many times, the reads taking turns; the first round warms up and does not count. */
async function measure(reads: readonly [string, number, () => Promise<unknown>][]): Promise<number[][]> {
  const found: number[][] = reads.map(() => []);
  for (let round = 0; round <= ROUNDS; round++)
    for (const [index, [, , read]] of reads.entries()) {
      const took = await timed(read);
      if (round > 0) found[index]?.push(took);
    }
  return found;
}

/** Exports the tenant again and again until told to stop; answers how many bytes came. */
async function runExports(ctx: TenantContext, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  while (!signal.aborted) {
    const reader = (await exportTenant(ctx)).body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.length;
      if (signal.aborted) {
        await reader.cancel();
        break;
      }
    }
  }
  return bytes;
}

async function countTenants(): Promise<number> {
  const [row] = await withOwner((db) =>
    db.execute<{ n: number }>(sql`select count(*)::int as n from tenants`),
  );
  return row?.n ?? 0;
}
