import { eq } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { GET as metricsRoute } from '@/app/api/metrics/route';
import { GET as readyRoute } from '@/app/api/ready/route';
import { GET as healthRoute } from '@/app/api/v1/admin/health/route';
import { billingCustomers, stripeEvents } from '@/db/schema/billing';
import { requestMinutes, sweepRuns } from '@/db/schema/operator';
import { withPlatform } from '@/db/tenant';
import { env } from '@/lib/env';
import { flushVitals } from '@/lib/jobs/vitals';
import { startListening } from '@/lib/tenancy/live-cache';
import { countAnswer } from '@/lib/vitals/requests';
import { noteSweep } from '@/lib/vitals/sweeps';
import { getPlatformHealth } from '@/lib/workflows/platform-health/queries';
import { platformHealth } from '@/lib/workflows/platform-health/schema';
import { makeOperator, makeTenant, type TestOperator, unique } from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';
import { call, readError } from '@/tests/support/requests';

let operator: TestOperator;
beforeAll(async () => {
  operator = await makeOperator();
});
const section = async (id: string) =>
  (await getPlatformHealth(operator.ctx)).sections.find((one) => one.id === id);

describe('getPlatformHealth', () => {
  test('tells every part, and the whole in a line', async () => {
    const answer = await call(healthRoute, {
      path: '/api/v1/admin/health',
      host: `cloud.${env().rootDomain}`,
      headers: { cookie: operator.cookie },
    });
    const health = platformHealth.strict().parse(answer.body);
    expect(health.sections.map(({ id }) => id)).toEqual([
      'requests',
      'database',
      'queues',
      'tenants',
      'limits',
      'metering',
      'stripe',
      'mail',
      'build',
      'sweeps',
    ]);
    expect(
      health.sections.filter(({ findings }) => findings.some(({ says }) => says.includes('cannot be read'))),
    ).toEqual([]);
    const database = health.sections.find(({ id }) => id === 'database');
    for (const { label, value } of database?.facts ?? []) expect(value, label).not.toBeNull();
  });

  test('says what of Stripe failed, and where to put it right', async () => {
    const tenant = await makeTenant();
    await withPlatform(async (db) => {
      await db.insert(stripeEvents).values({
        ...{ id: `evt_${unique()}`, type: 'invoice.paid', tenantId: tenant.id, state: 'failed' },
        ...{ createdAt: new Date(), payload: {} },
      });
      await db.insert(billingCustomers).values({ tenantId: tenant.id, mode: 'sandbox', syncFailures: 2 });
    });
    const told = await section('stripe');
    expect(told?.facts).toContainEqual({
      ...{ label: 'Last event', unit: 'time', value: expect.stringMatching(/^\d{4}-.*Z$/) },
    });
    const said = told?.findings.map(({ says, todo }) => `${says} ${todo}`).join(' ');
    expect(said).toMatch(/\d+ events of Stripe failed\. See why at Jobs, and replay them\./);
    expect(said).toMatch(/\d+ customers cannot be fetched from Stripe\./);
    await withPlatform((db) => db.delete(stripeEvents).where(eq(stripeEvents.tenantId, tenant.id)));
  });

  test('adds up what all processes have answered, by route', async () => {
    const route = `GET /made-up/${unique()}`;
    for (let n = 0; n < 9; n++) countAnswer(route, 200, 3);
    countAnswer(route, 503, 400);
    await flushVitals();
    countAnswer(route, 499, 3);
    await flushVitals();
    await flushVitals();
    const rows = await withPlatform((db) =>
      db.select().from(requestMinutes).where(eq(requestMinutes.route, route)),
    );
    const sum = (of: 'requests' | 'errors') => rows.reduce((all, row) => all + row[of], 0);
    expect([sum('requests'), sum('errors')]).toEqual([11, 1]);
    expect(rows.flatMap(({ latencies }) => latencies).reduce((a, b) => a + b, 0)).toBe(11);
    const row = (await section('requests'))?.table?.rows.find(([name]) => name === route);
    expect(row).toEqual([route, 11, 1 / 11, expect.any(Number), expect.any(Number)]);
    expect(row?.[3]).toBeGreaterThan(2);
    expect(row?.[3]).toBeLessThan(5);
    expect(row?.[4]).toBeGreaterThan(5);
  });

  test('says which sweep fails, and which has not come when it should', async () => {
    const [failing, late] = [`failing-${unique()}`, `late-${unique()}`];
    const now = Date.now();
    noteSweep({ name: failing, everyMs: 60_000, finishedAt: now, durationMs: 5 }, new TypeError('a secret'));
    await flushVitals();
    await withPlatform((db) =>
      db.insert(sweepRuns).values({
        ...{ name: late, everyMs: 1_000, durationMs: 1 },
        finishedAt: new Date(now - 600_000),
      }),
    );
    const sweeps = await section('sweeps');
    const says = (name: string) => sweeps?.findings.find((one) => one.says.includes(name));
    expect(says(failing)).toMatchObject({ state: 'warn' });
    expect(says(late)).toMatchObject({ state: 'bad' });
    expect(JSON.stringify(sweeps)).not.toContain('a secret');
    expect((await getPlatformHealth(operator.ctx)).state).toBe('bad');
    await withPlatform(async (db) => {
      for (const name of [failing, late]) await db.delete(sweepRuns).where(eq(sweepRuns.name, name));
    });
    noteSweep({ name: failing, everyMs: 60_000, finishedAt: Date.now(), durationMs: 5 });
  });
});

describe('GET /api/ready', () => {
  test('names its checks, and answers 503 until all are well', async () => {
    const ask = () => call(readyRoute, { path: '/api/ready', host: '127.0.0.1' });
    const before = await ask();
    expect(before).toMatchObject({
      status: 503,
      body: { status: 'not_ready', checks: { changes: { ok: false } } },
    });
    startListening();
    const after = await poll(async () => {
      const answer = await ask();
      return answer.status === 200 ? answer : null;
    });
    expect(after?.body).toMatchObject({
      status: 'ready',
      checks: {
        database: { ok: true },
        schema: { ok: true },
        changes: { ok: true },
        isolation: { ok: true },
      },
    });
  });
});

describe('GET /api/metrics', () => {
  const ask = (key?: string) =>
    metricsRoute(
      new Request('http://localhost/api/metrics', {
        headers: { host: '127.0.0.1', ...(key ? { authorization: `Bearer ${key}` } : {}) },
      }),
      { params: Promise.resolve({}) },
    );

  test('are for whoever has the token, and for nobody without one', async () => {
    const configured = env() as { metricsToken: string | undefined };
    const answer = await ask('anything');
    expect(
      readError({ status: answer.status, headers: answer.headers, body: await answer.json() }).code,
    ).toBe('not_found');
    configured.metricsToken = 'a-token-of-some-length';
    try {
      expect((await ask()).status).toBe(401);
      expect((await ask('a-token-of-same-length')).status).toBe(401);
      countAnswer('GET /made "up"', 200, 30);
      const good = await ask('a-token-of-some-length');
      expect(good.headers.get('content-type')).toContain('text/plain');
      const text = await good.text();
      expect(text).toContain('# TYPE ragtoolkit_request_duration_seconds histogram');
      expect(text).toContain(
        'ragtoolkit_request_duration_seconds_bucket{route="GET /made \\"up\\"",le="0.05"} 1',
      );
      expect(text).toContain('ragtoolkit_rate_limit_store_in_charge{store="memory"} 1');
      expect(text).toMatch(/^ragtoolkit_queue_depth\{queue="mails"\} \d+$/m);
      // The format: comments, or a name with labels and a number.
      for (const line of text.trimEnd().split('\n'))
        expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? (-?[\d.e+-]+|NaN))$/);
    } finally {
      configured.metricsToken = undefined;
    }
  });
});
