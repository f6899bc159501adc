import path from 'node:path';
import { sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { migrate } from '@/db/migrate';
import { withTenant } from '@/db/tenant';
import { env } from '@/lib/env';
import { newRequestId } from '@/lib/ids';
import { findTenantById } from '@/lib/tenancy/directory';
import { fileWords, ingestTraces } from '@/lib/traces/mutations';
import { toTraceInput } from '@/lib/traces/rules';
import { traceBody } from '@/lib/traces/schema';
import { measureBaseline } from './ingest/baseline';
import { cpuReader } from './ingest/cpu';
import { traceJson } from './ingest/traces';
import type { BenchTools } from './suite';
import { makeTenant } from './tenants/world';
export const name = 'scratch';
export async function run({ report }: BenchTools): Promise<void> {
  await migrate({ adminUrl: env().databaseUrl, folder: path.resolve('db/migrations') });
  const cpu = cpuReader(process.pid);
  const id = await makeTenant();
  const tenant = await findTenantById(id);
  if (!tenant) throw new Error('none');
  const ctx = { tenant, actor: { kind: 'system', name: 'x' } as const, requestId: newRequestId() };
  const make = (n: number) =>
    Array.from({ length: n }, () => toTraceInput(traceBody.parse(JSON.parse(traceJson()))));
  const measure = async (label: string, traces: number, fn: () => Promise<void>) => {
    const a = cpu();
    const t = performance.now();
    await fn();
    const b = cpu();
    report.note(
      `${label}: pg ${((b.postgres - a.postgres) / traces).toFixed(3)} ms, node ${((b.server - a.server) / traces).toFixed(3)} ms, wall ${((performance.now() - t) / traces).toFixed(3)} ms a trace`,
    );
  };
  const groups = async (label: string, size: number, times: number) => {
    const sets = Array.from({ length: times }, () => make(size));
    await measure(label, size * times, async () => {
      for (const set of sets) await ingestTraces(ctx, set);
    });
  };
  await groups('warm', 5, 200);
  await groups('groups of 5', 5, 300);
  await groups('groups of 16', 16, 150);
  await groups('groups of 500', 500, 8);
  await measure('file words', 4000, async () => {
    await fileWords(ctx, 1000000);
  });
  void measureBaseline;
  void pool;
  void withTenant;
  void sql;
}
