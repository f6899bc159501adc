import { diag } from '@opentelemetry/api';
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
import { type SecondServer, startSecondServer } from './second-server';
import { expect, requestTest } from './support';

const operator = { actor: { kind: 'system', name: 'operator' }, requestId: 'test' } as const;
/** Requests a second of a tenant: a busy machine must get through twice as many of three of them. */
const LIMIT = 4;
/** Programs with our client. An exporter tries five times more: of several at once, one might find no room each time. */
const CLIENTS = 2;
/** Shorter than a program’s spans are apart, so that each of them is a request unless the program has to wait. */
const INTERVAL_MS = 50;
const FOR_MS = 30_000;
/** An exporter gives up after 10 s, however often it was told to wait: a busy machine may take that long for an answer. */
const PATIENCE_MS = 60_000;

requestTest.describe('at twice its tenant’s limit for 30 s', () => {
  // They wait more than they work: beside one another they take as long as one of them.
  requestTest.describe.configure({ mode: 'default', timeout: 180_000 });
  let server: SecondServer;
  /** What the exporters say of what they give up. */
  const troubles: string[] = [];
  requestTest.beforeAll(async () => {
    const ignore = () => {};
    const note = (...said: unknown[]) => void troubles.push(said.map(String).join(' '));
    diag.setLogger({ error: note, warn: ignore, info: ignore, debug: ignore, verbose: ignore });
    server = await startSecondServer({});
  });
  requestTest.afterAll(async () => {
    await server.stop();
    await closePools();
  });

  requestTest('neither our client nor OpenTelemetry’s exporters lose anything', async () => {
    const [ours, protobuf, json] = await Promise.all([limitedTenant(), limitedTenant(), limitedTenant()]);
    const [client, ...exporters] = await Promise.all([
      sendByClient(server, ours),
      sendByExporter(server, protobuf, ProtobufExporter),
      sendByExporter(server, json, JsonExporter),
    ]);

    expect(client.drops).toEqual([]);
    expect(client.sent).toBeGreaterThan(2 * LIMIT * 25);
    expect(await countStored(ours, 'traces')).toBe(client.sent);
    expect(troubles).toEqual([]);
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
  server: SecondServer,
  tenant: TestTenant,
): Promise<{ sent: number; drops: Drop[] }> {
  const drops: Drop[] = [];
  const clients = Array.from({ length: CLIENTS }, () =>
    createClient({
      ...{ baseUrl: `http://127.0.0.1:${server.port}`, apiKey: tenant.firstKey.key },
      flushIntervalMs: INTERVAL_MS,
      onDrop: (drop) => drops.push(drop),
    }),
  );
  const sent = await steadily((i) => clients[i % CLIENTS]?.trace({}));
  await Promise.all(clients.map((client) => client.shutdown({ timeoutMs: 90_000 })));
  return { sent, drops };
}

/** A program with an exporter in a BatchSpanProcessor, as they are unless told, but for the interval and their patience. */
async function sendByExporter(
  server: SecondServer,
  tenant: TestTenant,
  Exporter: typeof ProtobufExporter | typeof JsonExporter,
): Promise<number> {
  const exporter = new Exporter({
    url: `http://127.0.0.1:${server.port}/api/otel/v1/traces`,
    headers: { authorization: `Bearer ${tenant.firstKey.key}` },
    timeoutMillis: PATIENCE_MS,
  });
  const program = new NodeTracerProvider({
    spanProcessors: [
      new BatchSpanProcessor(exporter, {
        scheduledDelayMillis: INTERVAL_MS,
        exportTimeoutMillis: PATIENCE_MS,
      }),
    ],
  });
  const tracer = program.getTracer('a program');
  const sent = await steadily(() => tracer.startSpan('answer a question').end());
  await program.shutdown();
  return sent;
}

/** Has something done twice as often as the limit is for the time; answers how often it was. */
async function steadily(act: (count: number) => void): Promise<number> {
  const began = performance.now();
  let done = 0;
  for (; performance.now() - began < FOR_MS; await new Promise((resolve) => setTimeout(resolve, 5)))
    for (; done < ((performance.now() - began) / 1_000) * 2 * LIMIT; done++) act(done);
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
