import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { POST } from '@/app/api/otel/v1/traces/route';
import { migrate } from '@/db/migrate';
import { env } from '@/lib/env';
import { listSpans } from '@/lib/spans/queries';
import type { TenantContext } from '@/lib/tenancy/context';
import { findTrace, listTraces } from '@/lib/traces/queries';
import { makeTenant } from '../support/factories';
import { exportRequest, field, spanField, varint } from '../support/protobuf';
import { count, ms, percentile, timed } from './measure';
import type { BenchTools } from './suite';

export const name = 'large-trace';

/** What an SDK sends at a time. */
const BATCH = 512;
const START = 1_790_000_000_000_000_000n;

/**
 * One trace of very many spans, sent as an SDK does, and read: `npm run bench -- large-trace [spans, 100000 unless told]`. In the
 * order in which spans began, and backwards, where each request changes what the trace is assembled from.
 */
export async function run({ report, args }: BenchTools): Promise<void> {
  const spans = Math.max(BATCH, Number(args[0] ?? 100_000));
  await migrate({ adminUrl: env().databaseUrl, folder: path.resolve('db/migrations') });
  const tenant = await makeTenant();
  const rows: string[][] = [];
  const order = Array.from({ length: spans }, (_, i) => i);
  for (const [label, numbers] of [
    ['as they began', order],
    ['backwards', [...order].reverse()],
  ] as const) {
    const traceId = (label === 'backwards' ? 'b' : 'a').repeat(32);
    const took: number[] = [];
    const holds = monitorEventLoopDelay({ resolution: 1 });
    holds.enable();
    for (let from = 0; from < spans; from += BATCH) {
      if ((from / BATCH) % 40 === 0) report.progress(`${label}: ${count(from)} spans`);
      const body = exportRequest(...numbers.slice(from, from + BATCH).map((i) => makeSpan(traceId, i)));
      took.push(await timed(() => send(tenant, body)));
    }
    holds.disable();
    const tenth = Math.ceil(took.length / 10);
    rows.push([
      `${count(spans)} spans ${label}`,
      ms(took.reduce((sum, one) => sum + one, 0)),
      ms(percentile(took.slice(0, tenth), 0.5)),
      ms(percentile(took.slice(-tenth), 0.5)),
      ms(percentile(took, 0.99)),
      ms(holds.max / 1e6),
    ]);
  }
  report.table(
    ['sent, 512 at a time', 'in all', 'p50, first tenth', 'p50, last tenth', 'p99', 'longest hold'],
    rows,
  );

  const ctx: TenantContext = tenant.ctx;
  const traceId = 'a'.repeat(32);
  const reads: [string, () => Promise<unknown>][] = [
    ['the trace', () => findTrace(ctx, traceId)],
    ['its spans, the first 10,000', () => listSpans(ctx, traceId)],
    ['the list that it stands in', () => listTraces(ctx, {})],
  ];
  const read: string[][] = [];
  for (const [label, work] of reads) {
    const took: number[] = [];
    for (let i = 0; i < 15; i++) took.push(await timed(work));
    read.push([label, ms(percentile(took, 0.5)), ms(percentile(took, 0.95))]);
  }
  report.table(['reading it', 'p50', 'p95'], read);
}

async function send(tenant: { host: string; firstKey: { key: string } }, body: Buffer): Promise<void> {
  const headers = {
    host: tenant.host,
    authorization: `Bearer ${tenant.firstKey.key}`,
    'content-type': 'application/x-protobuf',
  };
  const init = { method: 'POST', headers, body: new Uint8Array(body) };
  const answer = await POST(new Request('http://localhost/api/otel/v1/traces', init), {
    params: Promise.resolve({}),
  });
  if (answer.status !== 200) throw new Error(`answered ${answer.status}: ${await answer.text()}`);
}

/** A step of an agent: one in a hundred calls a model. */
function makeSpan(traceId: string, i: number): Buffer {
  const id = (n: number) => Buffer.from((n + 1).toString(16).padStart(16, '0'), 'hex');
  const time = (field64: number, at: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(at);
    return Buffer.concat([varint(field64 * 8 + 1), bytes]);
  };
  const text = (key: string, value: string) => field(9, field(1, key), field(2, field(1, value)));
  const attributes =
    i % 100 === 0
      ? [text('openinference.span.kind', 'LLM'), text('input.value', `What is step ${i}?`)]
      : [text('step', String(i))];
  return spanField(
    { traceId, spanId: id(i).toString('hex') },
    ...(i === 0 ? [] : [field(4, id(Math.floor((i - 1) / 8)))]),
    field(5, `step ${i}`),
    time(7, START + BigInt(i) * 1_000_000n),
    time(8, START + BigInt(i + 1) * 1_000_000n),
    ...attributes,
  );
}
