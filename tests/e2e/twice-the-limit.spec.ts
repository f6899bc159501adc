import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { sql } from 'drizzle-orm';
import { closePools } from '@/db/client';
import { withPlatform, withTenant } from '@/db/tenant';
import { createClient } from '@/lib/sdk/client';
import type { Drop } from '@/lib/sdk/types';
import { setTenantRate } from '@/lib/workflows/limits/mutations';
import { makeTenant, type TestTenant } from '../support/factories';
import { poll } from '../support/poll';
import { type LimitsServer, startLimitsServer } from './limits-server';
import { expect, requestTest } from './support';

const operator = { actor: { kind: 'system', name: 'operator' }, requestId: 'test' } as const;
/** Requests a second of a tenant: a busy machine must get through twice as many of three of them. */
const LIMIT = 6;
const PROGRAMS = 2;
/** Shorter than a program’s spans are apart, so that each of them is a request unless the program has to wait. */
const INTERVAL_MS = 100;
const FOR_MS = 30_000;

requestTest.describe('at twice its tenant’s limit for 30 s', () => {
  // They wait more than they work: beside one another they take as long as one of them.
  requestTest.describe.configure({ mode: 'default', timeout: 180_000 });
  let server: LimitsServer;
  requestTest.beforeAll(async () => {
    server = await startLimitsServer({});
  });
  requestTest.afterAll(async () => {
    await server.stop();
    await closePools();
  });

  requestTest('neither our client nor OpenTelemetry’s exporters lose anything', async () => {
    const [ours, protobuf, json] = await Promise.all([limitedTenant(), limitedTenant(), limitedTenant()]);
    const [client, ...exporters] = await Promise.all([
      sendByClient(server, ours),
      sendByExporters(server, protobuf, ProtobufExporter),
      sendByExporters(server, json, JsonExporter),
    ]);

    expect(client.drops).toEqual([]);
    expect(client.sent).toBeGreaterThan(2 * LIMIT * 25);
    expect(await countStored(ours, 'traces')).toBe(client.sent);
    for (const [at, tenant] of [protobuf, json].entries()) {
      expect(exporters[at]).toBeGreaterThan(2 * LIMIT * 25);
      expect(await countStored(tenant, 'spans')).toBe(exporters[at]);
    }
    // Each of them was told to wait.
    for (const tenant of [ours, protobuf, json])
      expect(await poll(() => countRefused(tenant), 20_000, 'a refusal')).toBeGreaterThan(0);
  });
});

async function limitedTenant(): Promise<TestTenant> {
  const tenant = await makeTenant();
  const rate = { perSecond: LIMIT, burst: LIMIT, expiresAt: new Date(Date.now() + 3_600_000) };
  await setTenantRate(operator, { tenantId: tenant.id, ...rate, reason: 'a test' });
  return tenant;
}

/** Programs with our client, each of which sends one batch at a time, and what it must wait with in the next. */
async function sendByClient(
  server: LimitsServer,
  tenant: TestTenant,
): Promise<{ sent: number; drops: Drop[] }> {
  const drops: Drop[] = [];
  const clients = Array.from({ length: PROGRAMS }, () =>
    createClient({
      ...{ baseUrl: `http://127.0.0.1:${server.port}`, apiKey: tenant.firstKey.key },
      flushIntervalMs: INTERVAL_MS,
      onDrop: (drop) => drops.push(drop),
    }),
  );
  const sent = await steadily((i) => clients[i]?.trace({}));
  await Promise.all(clients.map((client) => client.shutdown({ timeoutMs: 90_000 })));
  return { sent, drops };
}

/** The same with an exporter in a BatchSpanProcessor, each as it is unless told, but for the interval. */
async function sendByExporters(
  server: LimitsServer,
  tenant: TestTenant,
  Exporter: typeof ProtobufExporter | typeof JsonExporter,
): Promise<number> {
  const programs = Array.from({ length: PROGRAMS }, () => {
    const exporter = new Exporter({
      url: `http://127.0.0.1:${server.port}/api/otel/v1/traces`,
      headers: { authorization: `Bearer ${tenant.firstKey.key}` },
    });
    return new NodeTracerProvider({
      spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: INTERVAL_MS })],
    });
  });
  const sent = await steadily((i) =>
    programs[i]?.getTracer('a program').startSpan('answer a question').end(),
  );
  await Promise.all(programs.map((program) => program.shutdown()));
  return sent;
}

/** Has programs do something twice as often as the limit is for the time, in turn; answers how often they did. */
async function steadily(act: (program: number) => void): Promise<number> {
  const began = performance.now();
  let done = 0;
  for (; performance.now() - began < FOR_MS; await new Promise((resolve) => setTimeout(resolve, 5)))
    for (; done < ((performance.now() - began) / 1_000) * 2 * LIMIT; done++) act(done % PROGRAMS);
  return done;
}

function countStored(tenant: TestTenant, table: 'traces' | 'spans'): Promise<number> {
  return withTenant(tenant.ctx, async (db) => {
    const [row] = await db.execute<{ count: number }>(
      sql`select count(*)::int as count from ${sql.identifier(table)} where tenant_id = ${tenant.id}::uuid`,
    );
    return row?.count ?? 0;
  });
}

/** Requests that were refused for the tenant's rate, as the page Limits shows them. */
function countRefused(tenant: TestTenant): Promise<number> {
  return withPlatform(async (db) => {
    const [row] = await db.execute<{ count: number }>(
      sql`select coalesce(sum(limited), 0)::int as count from request_hours where tenant_id = ${tenant.id}::uuid`,
    );
    return row?.count ?? 0;
  });
}
