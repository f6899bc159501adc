import { beforeAll, describe, expect, test, vi } from 'vitest';
import { assemble } from '@/lib/otlp/assemble';
import type { OtlpSpan } from '@/lib/otlp/span';
import { ingestSpans } from '@/lib/spans/mutations';
import { listSpans } from '@/lib/spans/queries';
import { MAX_ASSEMBLED_SPANS, MAX_LISTED_SPANS } from '@/lib/spans/schema';
import { findTrace } from '@/lib/traces/queries';
import { makeTenant, type TestTenant } from '@/tests/support/factories';
import { makeSpan, modelCall, newTraceId } from '@/tests/support/spans';

// What it does is as it is, and can be asked whether it was called.
vi.mock('@/lib/otlp/assemble', { spy: true });

const SPANS = 12_000;
const START = 1_767_225_600_000_000_000n;
let tenant: TestTenant;
beforeAll(async () => {
  tenant = await makeTenant();
});

/** A trace of an agent that ran for long: one root, and below it steps each of which began a millisecond later. */
function largeTrace(traceId = newTraceId()): OtlpSpan[] {
  const id = (i: number) => (i + 1).toString(16).padStart(16, '0');
  return Array.from({ length: SPANS }, (_, i) =>
    makeSpan({
      traceId,
      spanId: id(i),
      parentId: i === 0 ? null : id(Math.floor((i - 1) / 8)),
      name: `step ${i}`,
      startNs: START + BigInt(i) * 1_000_000n,
      endNs: START + BigInt(i + (i === 0 ? SPANS : 1)) * 1_000_000n,
      attributes:
        i === 0
          ? { 'openinference.span.kind': 'AGENT', 'input.value': 'Why?', 'output.value': 'Because.' }
          : i % 100 === 0
            ? modelCall('m', 2, 1)
            : {},
    }),
  );
}

async function sendInPortions(spans: readonly OtlpSpan[], size = 4_000): Promise<void> {
  for (let from = 0; from < spans.length; from += size)
    await ingestSpans(tenant.firstKey.ctx, spans.slice(from, from + size));
}

async function contentOf(traceId: string) {
  const trace = await findTrace(tenant.ctx, traceId);
  if (!trace) throw new Error(`no trace ${traceId}`);
  const { traceId: _id, receivedAt, updatedAt, ...content } = trace;
  return content;
}

/** In an order that is always the same and has nothing to do with theirs. */
function shuffled<T>(items: readonly T[]): T[] {
  return items.map((_, i) => items[(i * 7_919) % items.length] as T);
}

describe('a trace of more spans than it is assembled from', () => {
  test('is the same in whatever order it came, and is assembled from the first of them', async () => {
    const [forward, backward, mixed] = [largeTrace(), largeTrace(), largeTrace()];
    await sendInPortions(forward);
    await sendInPortions([...backward].reverse());
    await sendInPortions(shuffled(mixed));
    const ids = [forward, backward, mixed].map(([span]) => span?.traceId ?? '');
    const [content, ...others] = await Promise.all(ids.map(contentOf));
    expect(content).toMatchObject({
      ...{ question: 'Why?', answer: 'Because.', spanCount: SPANS, flags: ['too-many-spans'] },
      tokensIn: 2 * (MAX_ASSEMBLED_SPANS / 100 - 1),
      latencyMs: SPANS,
    });
    for (const other of others) expect(other).toEqual(content);
    const list = await listSpans(tenant.ctx, ids[0] ?? '');
    expect(list?.total).toBe(SPANS);
    expect(list?.spans.map(({ name }) => name)).toEqual(
      forward.slice(0, MAX_LISTED_SPANS).map(({ name }) => name),
    );
  }, 180_000);

  test('takes a late span without being read again, unless that changes it', async () => {
    const spans = largeTrace();
    const { ctx } = tenant.firstKey;
    const [late, rest] = [spans.slice(-10), spans.slice(0, -10)];
    await sendInPortions(rest, 10_000);
    const traceId = spans[0]?.traceId ?? '';
    const before = await contentOf(traceId);

    vi.mocked(assemble).mockClear();
    await ingestSpans(ctx, late);
    expect(assemble).not.toHaveBeenCalled();
    expect(await contentOf(traceId)).toEqual({ ...before, spanCount: SPANS });
    await ingestSpans(ctx, [makeSpan({ traceId, name: 'early', startNs: START - 1n, endNs: START + 5n })]);
    expect(assemble).toHaveBeenCalledTimes(1);
    expect(await contentOf(traceId)).toMatchObject({ spanCount: SPANS + 1, flags: ['too-many-spans'] });

    // One that was within is rewritten, and then stands behind all others: another comes in for it.
    const moved = { ...(spans[100] as OtlpSpan), startNs: START + 10n ** 12n, endNs: START + 10n ** 12n };
    await ingestSpans(ctx, [moved]);
    const after = await contentOf(traceId);
    // What it said is gone, and with it what the span said that an earlier one has pushed out.
    expect(after.tokensIn).toBe((before.tokensIn ?? 0) - 2);
    expect(after.spanCount).toBe(SPANS + 1);
  }, 180_000);
});
