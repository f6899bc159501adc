import { randomBytes } from 'node:crypto';
import generated from '@opentelemetry/otlp-transformer/build/src/generated/root.js';
import { and, eq } from 'drizzle-orm';
import type protobuf from 'protobufjs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { POST as postSpans } from '@/app/api/otel/v1/traces/route';
import { GET as getDeliveries } from '@/app/api/v1/deliveries/route';
import { DELETE as deleteTrace } from '@/app/api/v1/traces/[traceId]/route';
import { POST as postBatch } from '@/app/api/v1/traces/batch/route';
import { POST as postTrace } from '@/app/api/v1/traces/route';
import { auditLog } from '@/db/schema/audit';
import { mailOutbox } from '@/db/schema/mail';
import { quotaAlerts } from '@/db/schema/quotas';
import { traces } from '@/db/schema/traces';
import { usageDeltas } from '@/db/schema/usage';
import { withPlatform, withTenant } from '@/db/tenant';
import { tenantsCommand } from '@/db/tenants-cli';
import { deliveryReport } from '@/lib/deliveries/schema';
import { plans } from '@/lib/plans/plans';
import { startListening } from '@/lib/tenancy/live-cache';
import { refusalOfNewTraces, registerQuotaJudge, renewQuotas } from '@/lib/tenancy/quota';
import { changePlan } from '@/lib/tenants/mutations';
import { getEntitlements } from '@/lib/tenants/queries';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { traceBatchReceipt } from '@/lib/trace-ingest/schema';
import { flushRefused } from '@/lib/usage/refusals';
import { judgeQuota, setSpendCap, sweepQuotas } from '@/lib/workflows/quotas/mutations';
import { findQuotaNotice } from '@/lib/workflows/quotas/queries';
import { getUsageReport } from '@/lib/workflows/usage-report/queries';
import { usageFilter } from '@/lib/workflows/usage-report/schema';
import { makePerson, makeTenant, type TestTenant } from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';
import { call, readError } from '@/tests/support/requests';
import { newTraceId } from '@/tests/support/spans';

const LIMIT = plans.starter.included.traces;
const operator = { actor: { kind: 'system', name: 'operator' }, requestId: 'test' } as const;
const globals = globalThis as { [key: symbol]: unknown };

let tenant: TestTenant;
beforeAll(() => {
  registerQuotaJudge(judgeQuota);
});
afterAll(() => {
  globals[Symbol.for('ragtoolkit.quotas')] = undefined;
});
beforeEach(async () => {
  tenant = await makeTenant();
});

/** Counts traces as a commit of another process would have. */
async function use(count: number, of: TestTenant = tenant): Promise<void> {
  await withTenant(of.ctx, (db) =>
    db.insert(usageDeltas).values({ tenantId: of.id, project: 'default', traceCount: count }),
  );
}

/** What requests are told from now on is what stands in the database now. */
async function judged(of: TestTenant = tenant): Promise<string | null> {
  refusalOfNewTraces(of.id);
  await renewQuotas();
  return refusalOfNewTraces(of.id);
}

/** Waits until the ingest is told this: that something else holds now is announced to processes, and arrives when it does. */
async function told(expected: RegExp | null, of: TestTenant = tenant): Promise<void> {
  let last: string | null = null;
  const isTold = async () => {
    last = await judged(of);
    return expected === null ? last === null : last !== null && expected.test(last);
  };
  await poll(isTold, 5_000, 'the verdict').catch(() => expect(last).toEqual(expected));
}

const report = (query: object = {}, { ctx } = tenant.admin) => getUsageReport(ctx, usageFilter.parse(query));

const at = (path: string, body: unknown) => ({
  ...{ method: 'POST' as const, path, body },
  ...{ host: tenant.host, key: tenant.firstKey.key },
});
const single = (body: object) => call(postTrace, at('/api/v1/traces', body));
const batch = (...sent: unknown[]) => call(postBatch, at('/api/v1/traces/batch', { traces: sent }));
const stored = async () =>
  (await withTenant(tenant.ctx, (db) => db.select().from(traces).orderBy(traces.traceId))).map(
    ({ traceId, question }) => [traceId, question],
  );
const ledger = async () => {
  await flushRefused();
  const answer = await call(getDeliveries, { ...at('/api/v1/deliveries', undefined), method: 'GET' });
  return deliveryReport.parse(answer.body);
};
const mails = async (of: TestTenant = tenant) =>
  (
    await withPlatform((db) =>
      db
        .select({ subject: mailOutbox.subject, text: mailOutbox.text })
        .from(mailOutbox)
        .where(eq(mailOutbox.toAddress, of.admin.email))
        .orderBy(mailOutbox.createdAt),
    )
  ).filter(({ subject }) => /traces|spend cap/.test(subject));
const audited = (action: string) =>
  withPlatform((db) =>
    db
      .select({ actorKind: auditLog.actorKind, before: auditLog.before, after: auditLog.after })
      .from(auditLog)
      .where(and(eq(auditLog.tenantId, tenant.id), eq(auditLog.action, action)))
      .orderBy(auditLog.at),
  );
const toPro = () => changePlan(operator, { tenantId: tenant.id, plan: 'pro', reason: 'test' });

describe('a used-up quota', () => {
  test('refuses a new trace with 403, and takes an update of one that is stored', async () => {
    await single({ trace_id: 'known', user_input: 'before' });
    await use(LIMIT);
    await told(/All 10,000/);
    const answer = await single({ trace_id: 'new' });
    expect(readError(answer)).toMatchObject({
      ...{ status: 403, code: 'limit_exceeded', issues: [] },
      message: expect.stringMatching(
        /^All 10,000 traces of the plan Starter are used: new traces are refused until \d{4}-\d\d-01T00:00Z/,
      ),
    });
    expect(answer.headers.get('retry-after')).toBeNull();
    const again = await single({ trace_id: 'known', user_input: 'after' });
    expect([again.status, again.body]).toEqual([201, { trace_id: 'known', status: 'updated' }]);
    expect(await stored()).toEqual([['known', 'after']]);
  });

  test('refuses the new ones of a batch, each with its code', async () => {
    await single({ trace_id: 'known' });
    await use(LIMIT);
    await told(/All 10,000/);
    const mixed = await batch({ trace_id: 'new' }, { trace_id: 'known', user_input: 'after' }, 7);
    expect(mixed.status).toBe(207);
    const { accepted, rejected } = traceBatchReceipt.strict().parse(mixed.body);
    expect(accepted).toEqual(['known']);
    expect(rejected).toMatchObject([
      { index: 0, trace_id: 'new', code: 'limit_exceeded', issues: [{ message: /All 10,000/ }] },
      { index: 2, trace_id: null, code: 'invalid_input' },
    ]);
    expect((await batch({ trace_id: 'x' }, { trace_id: 'y' })).status).toBe(403);
    expect((await batch({ trace_id: 'x' }, 7)).status).toBe(422);
    expect(await stored()).toEqual([['known', 'after']]);
  });

  test('stands in the ledger with its reason', async () => {
    await use(LIMIT);
    await told(/All 10,000/);
    await single({ trace_id: 'one' });
    await batch({ trace_id: 'two' }, { trace_id: 'two' });
    const { deliveries, refusals } = await ledger();
    expect(deliveries).toMatchObject([{ received: 3, stored: 0, updated: 0, refused: 3 }]);
    const reasons = refusals.map(({ trace_id, code }) => [trace_id, code]).sort();
    expect(reasons).toEqual([
      ['one', 'limit_exceeded'],
      ['two', 'limit_exceeded'],
    ]);
    expect(refusals[0]?.issues[0]?.message).toMatch(/All 10,000 traces/);
  });

  test('bills nothing that it refuses', async () => {
    await use(LIMIT);
    await told(/All 10,000/);
    await batch({ trace_id: 'a' }, { trace_id: 'b' });
    expect((await report()).standing.used).toBe(LIMIT);
  });

  test('says of one that was deleted a short while ago that it is refused, and does not bring it back', async () => {
    await single({ trace_id: 'gone' });
    await call(deleteTrace, {
      ...{ method: 'DELETE', path: '/api/v1/traces/gone', params: { traceId: 'gone' } },
      ...{ host: tenant.host, key: tenant.firstKey.key },
    });
    await use(LIMIT);
    await told(/All 10,000/);
    expect((await single({ trace_id: 'gone' })).status).toBe(403);
    expect(await stored()).toEqual([]);
  });

  test('does not hold back what the system brings', async () => {
    await use(LIMIT);
    await told(/All 10,000/);
    const [result] = await ingestTraces(tenant.ctx, [{ traceId: 'imported' }]);
    expect(result).toEqual({ traceId: 'imported', status: 'created' });
  });

  test('is one tenant’s alone', async () => {
    await use(LIMIT);
    await told(/All 10,000/);
    const other = await makeTenant();
    await told(null, other);
  });
});

describe('a used-up quota on OTLP', () => {
  const { ExportTraceServiceRequest, ExportTraceServiceResponse } = (
    generated as unknown as {
      opentelemetry: { proto: { collector: { trace: { v1: Record<string, protobuf.Type> } } } };
    }
  ).opentelemetry.proto.collector.trace.v1 as {
    ExportTraceServiceRequest: protobuf.Type;
    ExportTraceServiceResponse: protobuf.Type;
  };
  const span = (traceId: string) => ({
    ...{ traceId, spanId: randomBytes(8).toString('hex'), name: 'step' },
    startTimeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
  });
  const request = (...spans: unknown[]) => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
  async function post(type: string, body: BodyInit) {
    const headers = {
      host: tenant.host,
      authorization: `Bearer ${tenant.firstKey.key}`,
      'content-type': type,
    };
    const sent = new Request('http://localhost:3000/api/otel/v1/traces', { method: 'POST', body, headers });
    const response = await postSpans(sent, { params: Promise.resolve({}) });
    return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
  }
  const postJson = async (...spans: unknown[]) => {
    const { status, bytes } = await post('application/json', JSON.stringify(request(...spans)));
    return { status, body: JSON.parse(bytes.toString()) };
  };
  const reason = expect.stringMatching(/^span [0-9a-f]{16}(, span [0-9a-f]{16})*: All 10,000 traces .*$/);

  test('answers 200 with the refused spans and one reason, and takes more spans of a known trace', async () => {
    const known = newTraceId();
    await postJson(span(known));
    await use(LIMIT);
    await told(/All 10,000/);
    const lost = newTraceId();
    expect(await postJson(span(known), span(lost), span(lost))).toEqual({
      status: 200,
      body: { partialSuccess: { rejectedSpans: '2', errorMessage: reason } },
    });
    expect(await postJson(span(known))).toEqual({ status: 200, body: {} });
    const rows = await withTenant(tenant.ctx, (db) => db.select().from(traces));
    expect(rows.map(({ traceId, spanCount }) => [traceId, spanCount])).toEqual([[known, 3]]);
  });

  test('answers the same in protobuf', async () => {
    await use(LIMIT);
    await told(/All 10,000/);
    const { spanId, ...given } = span(newTraceId());
    const bytes = ExportTraceServiceRequest.encode(
      ExportTraceServiceRequest.fromObject(
        request({
          ...{ name: given.name, spanId: Buffer.from(spanId, 'hex') },
          traceId: Buffer.from(given.traceId, 'hex'),
          startTimeUnixNano: { low: 1, high: 400_000_000, unsigned: true },
        }),
      ),
    ).finish();
    const answer = await post('application/x-protobuf', Buffer.from(bytes));
    expect(answer.status).toBe(200);
    const partial = ExportTraceServiceResponse.toObject(ExportTraceServiceResponse.decode(answer.bytes), {
      longs: String,
    });
    expect(partial).toEqual({ partialSuccess: { rejectedSpans: '1', errorMessage: reason } });
  });

  test('stands in the ledger by trace', async () => {
    await use(LIMIT);
    await told(/All 10,000/);
    const lost = newTraceId();
    await postJson(span(lost), span(lost));
    const { deliveries, refusals } = await ledger();
    expect(deliveries).toMatchObject([{ received: 1, stored: 0, updated: 0, refused: 1 }]);
    expect(refusals).toMatchObject([
      { trace_id: lost, code: 'limit_exceeded', issues: [{ path: 'traceId', message: /All 10,000/ }] },
    ]);
  });
});

describe('what the ingest is told', () => {
  test('waits for no count: a tenant that nothing is known of stores, and is known afterwards', async () => {
    await use(LIMIT);
    expect((await single({ trace_id: 'first' })).status).toBe(201);
    await renewQuotas();
    expect((await single({ trace_id: 'second' })).status).toBe(403);
  });

  test('counts what was stored meanwhile at the next judgement', async () => {
    await use(LIMIT - 2);
    await told(null);
    expect((await batch({ trace_id: 'a' }, { trace_id: 'b' }, { trace_id: 'c' })).status).toBe(201);
    await told(/All 10,000/);
    expect((await report()).standing.used).toBe(LIMIT + 1); // a burst may pass the limit
  });

  test('changes at once, in every process, with the plan, the cap and what is agreed', async () => {
    startListening();
    await use(LIMIT);
    await told(/All 10,000/);
    await toPro();
    await poll(() => refusalOfNewTraces(tenant.id) === null);
    await told(null);
  });
});

describe('a spend cap', () => {
  beforeEach(toPro);
  const { traces: included } = plans.pro.included;

  test('is anything until an admin sets it, and then refuses what would cost more', async () => {
    await use(included + 50_000);
    await told(null);
    expect((await report()).standing).toMatchObject({
      ...{ included, limit: null, cap: null, per1000: 20, over: 50_000, cost: 1_000, state: 'open' },
    });
    const set = await setSpendCap(tenant.admin.ctx, { cents: 1_000 });
    expect(set).toEqual({ cents: 1_000, limit: included + 50_000 });
    await told(/^The workspace’s spend cap is reached at 250,000 traces/);
    expect(readError(await single({ trace_id: 'new' }))).toMatchObject({
      status: 403,
      code: 'limit_exceeded',
    });
    const { refusals } = await ledger();
    expect(refusals[0]).toMatchObject({ code: 'limit_exceeded', issues: [{ message: /spend cap/ }] });
    await setSpendCap(tenant.admin.ctx, { cents: 1_001 });
    await told(null);
    expect((await single({ trace_id: 'new' })).status).toBe(201);
  });

  test('is written to the audit log when it changes, and only then', async () => {
    await setSpendCap(tenant.admin.ctx, { cents: 5_000 });
    await setSpendCap(tenant.admin.ctx, { cents: 5_000 });
    expect(await setSpendCap(tenant.admin.ctx, { cents: null })).toEqual({ cents: null, limit: null });
    expect(await audited('tenant.set_spend_cap')).toEqual([
      { actorKind: 'user', before: { cents: null }, after: { cents: 5_000 } },
      { actorKind: 'user', before: { cents: 5_000 }, after: { cents: null } },
    ]);
  });

  test('is for admins, and for plans on which more can be bought', async () => {
    const analyst = await makePerson(tenant, 'analyst');
    await expect(setSpendCap(analyst.ctx, { cents: 1 })).rejects.toMatchObject({ code: 'forbidden' });
    const free = await makeTenant();
    await expect(setSpendCap(free.admin.ctx, { cents: 1 })).rejects.toMatchObject({
      ...{ code: 'conflict', message: 'On Starter no traces beyond the included ones can be bought.' },
    });
  });
});

describe('mails', () => {
  test('tell admins once at 80 % and once at 100 %, whoever looks how often', async () => {
    const second = await makePerson(tenant, 'admin');
    await makePerson(tenant, 'viewer');
    await use(LIMIT * 0.8 - 1);
    await judgeQuota(tenant.id);
    expect(await mails()).toEqual([]);
    await use(1);
    await Promise.all(Array.from({ length: 5 }, () => judgeQuota(tenant.id)));
    expect(await mails()).toEqual([
      {
        subject: `${tenant.name} has used 80 % of its traces`,
        text: expect.stringMatching(/has stored 8,000 of the 10,000 traces that Starter includes until/),
      },
    ]);
    await use(LIMIT * 0.2);
    // As other processes would, which remember nothing of the mail.
    globals[Symbol.for('ragtoolkit.quota-alerts')] = undefined;
    await Promise.all(Array.from({ length: 5 }, () => judgeQuota(tenant.id)));
    globals[Symbol.for('ragtoolkit.quota-alerts')] = undefined;
    await sweepQuotas();
    expect((await mails()).map(({ subject }) => subject)).toEqual([
      `${tenant.name} has used 80 % of its traces`,
      `${tenant.name} has used all of its traces`,
    ]);
    const all = await withPlatform((db) => db.select({ to: mailOutbox.toAddress }).from(mailOutbox));
    expect(all.filter(({ to }) => to === second.email)).toHaveLength(2);
    const rows = await withPlatform((db) =>
      db
        .select({ percent: quotaAlerts.percent, traces: quotaAlerts.traces, kind: quotaAlerts.kind })
        .from(quotaAlerts)
        .where(eq(quotaAlerts.tenantId, tenant.id))
        .orderBy(quotaAlerts.percent),
    );
    expect(rows).toEqual([
      { percent: 80, traces: LIMIT, kind: 'limit' },
      { percent: 100, traces: LIMIT, kind: 'limit' },
    ]);
  });

  test('say on a paid plan from where on traces cost, and at the cap that they are refused', async () => {
    await toPro();
    await setSpendCap(tenant.admin.ctx, { cents: 2_000 });
    await use(plans.pro.included.traces);
    await judgeQuota(tenant.id);
    expect((await mails()).map(({ subject }) => subject)).toEqual([
      `${tenant.name} has used 80 % of its traces`,
      `${tenant.name} has used its included traces`,
    ]);
    expect((await mails())[1]?.text).toContain('Each 1,000 beyond cost $0.20.');
    await use(100_000);
    await judgeQuota(tenant.id);
    expect((await mails()).slice(2).map(({ subject }) => subject)).toEqual([
      `${tenant.name} is near its spend cap`,
      `${tenant.name} has reached its spend cap`,
    ]);
    expect((await mails()).at(-1)?.text).toMatch(/The spend cap of \$20.00.* is reached at 300,000\./);
  });

  test('tell anew of a cap that was raised', async () => {
    await toPro();
    await setSpendCap(tenant.admin.ctx, { cents: 1_000 });
    await use(250_000);
    await judgeQuota(tenant.id);
    const before = (await mails()).length;
    await setSpendCap(tenant.admin.ctx, { cents: 1_100 });
    await judgeQuota(tenant.id);
    expect((await mails()).slice(before).map(({ subject }) => subject)).toEqual([
      `${tenant.name} is near its spend cap`,
    ]);
  });
});

describe('the notice', () => {
  test('is for everybody of the tenant, from 80 % of the limit on', async () => {
    const viewer = await makePerson(tenant, 'viewer');
    expect(await findQuotaNotice(viewer.ctx)).toBeNull();
    const near = await makeTenant();
    await use(LIMIT * 0.8, near);
    const nearViewer = await makePerson(near, 'viewer');
    expect(await findQuotaNotice(nearViewer.ctx)).toMatchObject({
      state: 'near',
      used: LIMIT * 0.8,
      limit: LIMIT,
    });
    const full = await makeTenant();
    await use(LIMIT + 3, full);
    expect(await findQuotaNotice(full.admin.ctx)).toEqual({
      ...{ state: 'used-up', used: LIMIT + 3, limit: LIMIT, from: 'plan', planName: 'Starter' },
      periodEnd: expect.stringMatching(/-01T00:00:00.000Z$/),
    });
  });

  test('shows no viewer what the workspace uses beyond that', async () => {
    const viewer = await makePerson(tenant, 'viewer');
    await expect(report({}, viewer)).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('amounts that an operator agrees', () => {
  test('stand in the place of the plan’s, with a price or an end, until they are taken back', async () => {
    await changePlan(operator, { tenantId: tenant.id, plan: 'enterprise', reason: 'test' });
    await use(3);
    await told(null);
    const run = (...args: string[]) => tenantsCommand([...args, tenant.slug, '--reason', 'as agreed']);
    expect(await run('amounts', '--traces', '3', '--seats', '7')).toEqual([
      `${tenant.slug} has 3 traces a period; more are refused.`,
      `${tenant.slug} has 7 seats.`,
    ]);
    await told(/^All 3 traces of the plan Enterprise are used/);
    await run('amounts', '--traces', '3', '--price', '50');
    await told(null);
    const { traces: agreed, seats } = await withPlatform((db) => getEntitlements(db, tenant.id));
    expect([agreed, seats.limit]).toEqual([{ included: 3, limit: null, per1000: 50 }, null]);
    await run('reset-amounts');
    await run('reset-amounts');
    expect(await audited('tenant.set_amounts')).toMatchObject([
      { actorKind: 'operator', after: { traces: 3, per1000Traces: null, seats: 7, reason: 'as agreed' } },
      { before: { traces: 3, seats: 7 }, after: { traces: 3, per1000Traces: 50, seats: null } },
    ]);
    expect(await audited('tenant.clear_amounts')).toMatchObject([
      { before: { traces: 3, per1000Traces: 50 } },
    ]);
  });

  test('are refused when they say nothing', async () => {
    const wrong = ['amounts', tenant.slug, '--reason', 'as agreed'];
    await expect(tenantsCommand(wrong)).rejects.toThrow('--traces: Say how many traces, or how many seats.');
    await expect(tenantsCommand([...wrong, '--traces', 'many'])).rejects.toThrow('--traces: The number of');
  });
});
