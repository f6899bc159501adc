import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { spans } from '@/db/schema/spans';
import { traces } from '@/db/schema/traces';
import { withTenant } from '@/db/tenant';
import type { OtlpSpan } from '@/lib/otlp/span';
import { ingestSpans } from '@/lib/spans/mutations';
import { findSpan, listSpans } from '@/lib/spans/queries';
import type { TenantContext } from '@/lib/tenancy/context';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { findTrace } from '@/lib/traces/queries';
import * as rag from '@/tests/fixtures/otlp/rag.mjs';
import { makePerson, makeTenant, type TestTenant } from '@/tests/support/factories';
import { readRecording, spansOf } from '@/tests/support/recorded';
import { makeSpan, modelCall, newTraceId } from '@/tests/support/spans';

let tenant: TestTenant;
let ctx: TenantContext;

beforeEach(async () => {
  tenant = await makeTenant();
  ctx = tenant.firstKey.ctx;
});

/** A recorded trace under an id that nobody has. */
async function recorded(name: string): Promise<OtlpSpan[]> {
  const traceId = newTraceId();
  return (await spansOf(readRecording(name))).map((span) => ({ ...span, traceId }));
}

async function readTrace(traceId: string) {
  const trace = await findTrace(ctx, traceId);
  if (!trace) throw new Error(`no trace ${traceId}`);
  return trace;
}

/** What does not depend on when it came, or under which id. */
async function contentOf(traceId: string) {
  const { traceId: _id, receivedAt, updatedAt, ...content } = await readTrace(traceId);
  return content;
}

async function billed() {
  const [sums] = await withTenant(tenant.ctx, (db) =>
    db.execute<{ traces: number; storage: number; requests: number; in: number; out: number }>(sql`
      select sum(trace_count)::int as traces, sum(storage_bytes)::int as storage, sum(api_requests)::int as requests,
        sum(tokens_in)::int as in, sum(tokens_out)::int as out from usage_deltas`),
  );
  return sums;
}

async function storedBytes(): Promise<number> {
  const [row] = await withTenant(tenant.ctx, (db) =>
    db.execute<{ bytes: number }>(sql`
      select ((select coalesce(sum(byte_size), 0) from traces) + (select coalesce(sum(byte_size), 0) from spans))::int as bytes`),
  );
  return row?.bytes ?? 0;
}

describe('ingestSpans', () => {
  test('assembles a recorded trace and keeps its spans', async () => {
    const sent = await recorded('openinference-protobuf');
    const traceId = sent[0]?.traceId ?? '';
    expect(await ingestSpans(ctx, sent)).toEqual({
      stored: 5,
      updated: 0,
      unchanged: 0,
      refused: [],
      traces: 1,
    });
    expect(await readTrace(traceId)).toMatchObject({
      name: 'answer-question',
      project: 'help',
      question: rag.question,
      answer: rag.answer,
      model: rag.model,
      tokensIn: rag.tokens.input,
      tokensOut: rag.tokens.output,
      tokensCached: rag.tokens.cached,
      userId: rag.user,
      sessionId: rag.session,
      tags: ['help', 'trial'],
      metadata: { channel: 'web' },
      spanCount: 5,
      flags: [],
      error: null,
    });
    const { chunks } = await readTrace(traceId);
    expect(chunks.map(({ text, score, scoreKind, before }) => ({ text, score, scoreKind, before }))).toEqual([
      {
        text: rag.documents[1]?.text,
        score: 0.98,
        scoreKind: 'relevance',
        before: { rank: 2, score: 0.91, scoreKind: 'similarity' },
      },
      {
        text: rag.documents[0]?.text,
        score: 0.21,
        scoreKind: 'relevance',
        before: { rank: 1, score: 0.93, scoreKind: 'similarity' },
      },
    ]);
    const list = await listSpans(ctx, traceId);
    expect(list?.total).toBe(5);
    expect(list?.spans.map(({ kind }) => kind).sort()).toEqual([
      'chain',
      'embedding',
      'llm',
      'reranker',
      'retriever',
    ]);
    const model = list?.spans.find(({ kind }) => kind === 'llm');
    expect(await findSpan(ctx, { traceId, spanId: model?.spanId ?? '' })).toMatchObject({
      attributes: { 'llm.provider': 'openai', 'llm.invocation_parameters': '{"temperature":0}' },
      resource: { 'service.name': 'help-centre' },
      scope: { name: 'openinference-core' },
    });
  });

  test.each(['openinference-langchain', 'vercel-ai', 'langfuse', 'traceloop'])(
    'makes the same trace of %s however its spans are cut and ordered, also at the same time',
    async (name) => {
      const reference = await recorded(name);
      await ingestSpans(ctx, reference);
      const wanted = await contentOf(reference[0]?.traceId ?? '');
      const plan = fc.record({
        order: fc.shuffledSubarray([...reference.keys()], { minLength: reference.length }),
        cuts: fc.array(fc.nat(reference.length - 1), { maxLength: 4 }),
        atOnce: fc.boolean(),
        again: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(plan, async ({ order, cuts, atOnce, again }) => {
          const traceId = newTraceId();
          const sent = order.map((i) => ({ ...(reference[i] as OtlpSpan), traceId }));
          const places = [...new Set([0, ...cuts, sent.length])].sort((a, b) => a - b);
          const portions = places.slice(1).map((end, i) => sent.slice(places[i], end));
          const before = await billed();
          const send = (portion: OtlpSpan[]) => ingestSpans(ctx, portion);
          if (atOnce) await Promise.all(portions.map(send));
          else for (const portion of portions) await send(portion);
          if (again) await send(sent);
          expect(await contentOf(traceId)).toEqual(wanted);
          const after = await billed();
          expect((after?.traces ?? 0) - (before?.traces ?? 0)).toBe(1);
          expect((after?.in ?? 0) - (before?.in ?? 0)).toBe(wanted.tokensIn ?? 0);
          expect((after?.out ?? 0) - (before?.out ?? 0)).toBe(wanted.tokensOut ?? 0);
        }),
        { numRuns: 8 },
      );
      expect((await billed())?.storage).toBe(await storedBytes());
    },
  );

  test('lets requests at the same time touch the same traces in any order', async () => {
    const ids = Array.from({ length: 8 }, newTraceId);
    const requests = Array.from({ length: 8 }, (_, i) =>
      ids
        .map((traceId) => makeSpan({ traceId, attributes: modelCall('m', i, 1) }))
        .sort(() => (i % 2 ? 1 : -1)),
    );
    await Promise.all(requests.map((sent) => ingestSpans(ctx, sent)));
    for (const traceId of ids)
      expect(await readTrace(traceId)).toMatchObject({ spanCount: 8, tokensIn: 28, tokensOut: 8 });
    expect(await billed()).toMatchObject({ traces: 8, in: 8 * 28, out: 64, requests: 8 });
  });

  test('bills and changes nothing when spans come again', async () => {
    const sent = await recorded('vercel-ai');
    await ingestSpans(ctx, sent);
    const [trace, sums] = [await readTrace(sent[0]?.traceId ?? ''), await billed()];
    expect(await ingestSpans(ctx, sent)).toEqual({
      stored: 0,
      updated: 0,
      unchanged: sent.length,
      refused: [],
      traces: 0,
    });
    expect(await readTrace(trace.traceId)).toEqual(trace);
    expect(await billed()).toEqual(sums);
  });

  test('keeps the last of spans that come with another content, and counts them', async () => {
    const span = makeSpan({ attributes: modelCall('old', 10, 1) });
    const renewed = { ...span, attributes: modelCall('new', 7, 2) };
    await ingestSpans(ctx, [span]);
    expect(await ingestSpans(ctx, [renewed])).toMatchObject({ stored: 0, updated: 1 });
    expect(await readTrace(span.traceId)).toMatchObject({
      model: 'new',
      tokensIn: 7,
      tokensOut: 2,
      spanCount: 1,
    });
    expect(await findSpan(ctx, span)).toMatchObject({ rewrites: 1, attributes: { 'llm.model_name': 'new' } });
    expect(await billed()).toMatchObject({ traces: 1, in: 7, out: 2, storage: await storedBytes() });

    const twice = makeSpan({ attributes: modelCall('first', 1, 1) });
    await ingestSpans(ctx, [twice, { ...twice, attributes: modelCall('second', 2, 2) }]);
    expect(await readTrace(twice.traceId)).toMatchObject({ model: 'second', tokensIn: 2 });
  });

  test('shows a span whose parent never comes as a root', async () => {
    const span = makeSpan({ parentId: 'eeeeeeeeeeeeeeee', name: 'orphan', attributes: modelCall('m', 1, 1) });
    await ingestSpans(ctx, [span]);
    expect(await readTrace(span.traceId)).toMatchObject({ name: 'orphan', model: 'm', latencyMs: 100 });
  });

  test('takes the project of the outermost span, and flags a trace of several', async () => {
    const inner = makeSpan({ startNs: 1_767_225_600_000_000_001n, resource: { 'service.name': 'search' } });
    const root = { ...makeSpan({ resource: { 'service.name': 'help' } }), traceId: inner.traceId };
    await ingestSpans(ctx, [{ ...inner, parentId: root.spanId }]);
    expect(await readTrace(inner.traceId)).toMatchObject({ project: 'search', flags: [] });
    await ingestSpans(ctx, [root]);
    expect(await readTrace(inner.traceId)).toMatchObject({ project: 'help', flags: ['projects-differ'] });
    expect(await billed()).toMatchObject({ traces: 1 });
  });

  test('forgets an error once the span around it says that it was mended', async () => {
    const failed = makeSpan({ status: 'error', statusMessage: 'timeout', attributes: modelCall('m', 1, 0) });
    const root = makeSpan({ traceId: failed.traceId, attributes: { 'openinference.span.kind': 'CHAIN' } });
    await ingestSpans(ctx, [{ ...failed, parentId: root.spanId }]);
    expect(await readTrace(failed.traceId)).toMatchObject({ error: 'timeout' });
    await ingestSpans(ctx, [root]);
    expect(await readTrace(failed.traceId)).toMatchObject({ error: null });
  });

  test('keeps what a client has sent of the trace beside its spans', async () => {
    const span = makeSpan({ attributes: modelCall('m', 3, 4) });
    await ingestTraces(ctx, [{ traceId: span.traceId, question: 'posted', model: 'posted', project: 'p' }]);
    await ingestSpans(ctx, [span]);
    expect(await readTrace(span.traceId)).toMatchObject({
      question: 'posted',
      project: 'p',
      model: 'm',
      tokensIn: 3,
      spanCount: 1,
    });
    await ingestTraces(ctx, [{ traceId: span.traceId, answer: 'posted' }]);
    expect(await readTrace(span.traceId)).toMatchObject({ answer: 'posted', model: 'm', spanCount: 1 });
    expect(await billed()).toMatchObject({ traces: 1, in: 3, out: 4, storage: await storedBytes() });
  });

  test('assembles a trace of many spans from the first of them, and counts all', async () => {
    const traceId = newTraceId();
    const sent = Array.from({ length: 12_000 }, (_, i) =>
      makeSpan({
        traceId,
        spanId: (i + 1).toString(16).padStart(16, '0'),
        parentId: i === 0 ? null : '0000000000000001',
        startNs: 1_767_225_600_000_000_000n + BigInt(i),
        attributes: i === 5 || i === 11_000 ? modelCall(`m${i}`, 1, 1) : {},
      }),
    );
    await ingestSpans(ctx, sent.slice(6_000));
    await ingestSpans(ctx, sent.slice(0, 6_000));
    expect(await readTrace(traceId)).toMatchObject({
      spanCount: 12_000,
      model: 'm5',
      tokensIn: 1,
      flags: ['too-many-spans'],
    });
    expect(await listSpans(ctx, traceId)).toMatchObject({ total: 12_000, spans: { length: 10_000 } });
  }, 60_000);

  test('keeps tenants apart who use the same ids', async () => {
    const other = await makeTenant();
    const span = makeSpan({ attributes: modelCall('ours', 1, 1) });
    await ingestSpans(ctx, [span]);
    expect(await listSpans(other.firstKey.ctx, span.traceId)).toBeNull();
    expect(await findSpan(other.firstKey.ctx, span)).toBeNull();
    await ingestSpans(other.firstKey.ctx, [{ ...span, attributes: modelCall('theirs', 9, 9) }]);
    expect(await readTrace(span.traceId)).toMatchObject({ model: 'ours', tokensIn: 1 });
  });

  test('is refused to who may only read', async () => {
    const { ctx: viewer } = await makePerson(tenant, 'viewer');
    await expect(ingestSpans(viewer, [makeSpan()])).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('stores what cannot be said in a JSON number, and keys and values of every kind', async () => {
    const attributes = {
      'a.b': [1, 'two', null, { three: ['NaN', 1e308] }],
      '': '',
      '"\\': '\u{1F600} \uFFFD',
      [`k${'x'.repeat(3000)}`]: 'y'.repeat(100_000),
    };
    const span = makeSpan({ attributes, events: [{ name: 'e', timeNs: '1', attributes }] });
    await ingestSpans(ctx, [span]);
    expect(await findSpan(ctx, span)).toMatchObject({ attributes, events: [{ attributes }] });
  });

  test('leaves nothing behind when it fails midway', async () => {
    const span = makeSpan({ attributes: { bad: '\u0000' } }); // which readSpans lets no client send
    await expect(ingestSpans(ctx, [makeSpan(), span])).rejects.toThrow();
    const rows = await withTenant(tenant.ctx, async (db) => [
      await db.select().from(spans),
      await db.select().from(traces),
    ]);
    expect(rows.flat()).toEqual([]);
  });
});
