import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { POST } from '@/app/api/otel/v1/traces/route';
import { withTenant } from '@/db/tenant';
import { writeEvaluations, writeToldEvaluations } from '@/lib/evaluations/mutations';
import { listEvaluations } from '@/lib/evaluations/queries';
import type { OtlpSpan } from '@/lib/otlp/span';
import { ingestSpans } from '@/lib/spans/mutations';
import type { TenantContext } from '@/lib/tenancy/context';
import { deleteTraces } from '@/lib/traces/mutations';
import { findTrace } from '@/lib/traces/queries';
import { ingestOtlp } from '@/lib/workflows/otlp/mutations';
import { makeTenant, type TestTenant } from '@/tests/support/factories';
import { call } from '@/tests/support/requests';
import { makeSpan } from '@/tests/support/spans';

let tenant: TestTenant;
let ctx: TenantContext;
beforeEach(async () => {
  tenant = await makeTenant();
  ctx = tenant.firstKey.ctx;
});

const found = (name: string, score: number): OtlpSpan['events'][number] => ({
  name: 'gen_ai.evaluation.result',
  timeNs: '1767225600000000000',
  attributes: { 'gen_ai.evaluation.name': name, 'gen_ai.evaluation.score.value': score },
});
const stored = async (traceId: string) =>
  (await listEvaluations(tenant.ctx, traceId))?.map(({ scoreType, score }) => [scoreType, score]);

describe('ingestOtlp', () => {
  test('stores what spans tell as evaluations, with the trace’s scores', async () => {
    const span = makeSpan({ events: [found('groundedness', 0.75), found('Tone', 0.5)] });
    await ingestOtlp(ctx, [span]);
    expect(await stored(span.traceId)).toEqual([
      ['grounding', 0.75],
      ['Tone', 0.5],
    ]);
    expect(await findTrace(ctx, span.traceId)).toMatchObject({ scores: { grounding: 0.75, overall: null } });
  });

  test('stores them once, however often and however many at once they come', async () => {
    const span = makeSpan({ events: [found('overall', 0.25)] });
    const other = makeSpan({ traceId: span.traceId, events: [found('overall', 0.5), found('safety', 1)] });
    await Promise.all(
      Array.from({ length: 6 }, (_, i) => ingestOtlp(ctx, i % 2 ? [span, other] : [other, span])),
    );
    await ingestOtlp(ctx, [span]);
    expect((await stored(span.traceId))?.sort()).toEqual([
      ['overall', 0.25],
      ['overall', 0.5],
      ['safety', 1],
    ]);
  });

  test('follows a span that comes again with another content', async () => {
    const span = makeSpan({ events: [found('overall', 0.25), found('safety', 1)] });
    const beside = makeSpan({ traceId: span.traceId, events: [found('helpfulness', 0.5)] });
    await ingestOtlp(ctx, [span, beside]);
    await writeEvaluations(tenant.ctx, [{ trace_id: span.traceId, id: 'ours', score_type: 'x', score: 1 }]);
    await ingestOtlp(ctx, [{ ...span, events: [found('overall', 1)] }]);
    expect((await stored(span.traceId))?.sort()).toEqual([
      ['helpfulness', 0.5],
      ['overall', 1],
      ['x', 1],
    ]);
    await ingestOtlp(ctx, [{ ...span, events: [] }]);
    expect((await stored(span.traceId))?.sort()).toEqual([
      ['helpfulness', 0.5],
      ['x', 1],
    ]);
  });

  test('stores neither spans nor evaluations when the evaluations cannot be stored', async () => {
    const span = makeSpan({ events: [found('overall', 0.25)] });
    // PostgreSQL has no place for NUL: what reads requests takes it out, so that only this verb's own caller can send it.
    const bad = makeSpan({ traceId: span.traceId, events: [found('a\u0000b', 1)] });
    await expect(
      ingestSpans(ctx, [span, { ...bad, events: [] }], [], (db) =>
        writeToldEvaluations(db, ctx, { spans: [span, bad], rewritten: new Set() }),
      ),
    ).rejects.toThrow();
    expect(await findTrace(ctx, span.traceId)).toBeNull();
    expect(await stored(span.traceId)).toBeUndefined();
  });

  test('tells nothing of a trace that was deleted', async () => {
    const span = makeSpan({ events: [found('overall', 0.25)] });
    await ingestOtlp(ctx, [span]);
    await deleteTraces(tenant.ctx, [span.traceId]);
    const other = makeSpan({ traceId: span.traceId, events: [found('overall', 1)] });
    expect((await ingestOtlp(ctx, [other])).refused).toHaveLength(1);
    const [row] = await withTenant(tenant.ctx, (db) =>
      db.execute<{ count: number }>(sql`select count(*)::int as count from evaluations`),
    );
    expect(row?.count).toBe(0);
  });
});

test('an exporter’s event ends as an evaluation of the API', async () => {
  const traceId = '5b8efff798038103d269b633813fc60c';
  const attribute = (key: string, value: object) => ({ key: `gen_ai.evaluation.${key}`, value });
  const event = {
    name: 'gen_ai.evaluation.result',
    timeUnixNano: '1767225600000000000',
    attributes: [
      attribute('name', { stringValue: 'faithfulness' }),
      attribute('score.value', { doubleValue: 0.5 }),
      attribute('explanation', { stringValue: 'Half of it is made up.' }),
    ],
  };
  const times = { startTimeUnixNano: '1767225600000000000', endTimeUnixNano: '1767225601000000000' };
  const span = { traceId, spanId: 'eee19b7ec3c1b174', name: 'chat', ...times, events: [event] };
  const response = await call(POST, {
    method: 'POST',
    path: '/api/otel/v1/traces',
    host: tenant.host,
    key: tenant.firstKey.key,
    body: { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] },
  });
  expect(response.status).toBe(200);
  expect(await listEvaluations(tenant.ctx, traceId)).toMatchObject([
    { scoreType: 'grounding', score: 0.5, explanation: 'Half of it is made up.' },
  ]);
});
