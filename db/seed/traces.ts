import { loadCorpus } from '@/demo/corpus';
import { makeTraces } from '@/demo/pipeline';
import type { TenantContext } from '@/lib/tenancy/context';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { toTraceInput } from '@/lib/trace-ingest/rules';
import { traceBody } from '@/lib/trace-ingest/schema';
import type { TraceInput } from '@/lib/traces/rules';
import { helpCentreTraces } from './help-centre';
import { justNow, overTwoWeeks, type Timed } from './times';

/** As many traces as one transaction stores: a request's worth, and no more memory than that. */
const BATCH = 100;

/**
 * Gives a tenant what the demo program would have sent over the last two weeks, and the help centre's nine answers as
 * the newest. Another seed gives other traces.
 */
export async function seedTraces(
  ctx: TenantContext,
  options: { count: number; seed: number },
): Promise<void> {
  const now = new Date();
  const inputs = [
    ...overTwoWeeks(makeTraces({ corpus: loadCorpus(), ...options }), { now, seed: options.seed }).map(
      toInput,
    ),
    ...justNow(helpCentreTraces(ctx.tenant.slug), now).map(toInput),
  ];
  for (let from = 0; from < inputs.length; from += BATCH) {
    await ingestTraces(ctx, inputs.slice(from, from + BATCH));
  }
}

/** The trace as the API would have taken it, begun as long before it arrived as its answer took. */
function toInput<T extends { response_latency_ms: number }>({ trace, receivedAt }: Timed<T>): TraceInput {
  const timestamp = (receivedAt.getTime() - trace.response_latency_ms) / 1000;
  return { ...toTraceInput(traceBody.parse({ ...trace, timestamp })), receivedAt };
}
