import { Worker } from 'node:worker_threads';
import { sql } from 'drizzle-orm';
import { closePools } from '@/db/client';
import { withPlatform } from '@/db/tenant';
import { revokeApiKey } from '@/lib/api-keys/mutations';
import { makeKey, makeTenant, type TestTenant } from '../support/factories';
import { type SecondServer, startSecondServer } from './second-server';
import { expect, requestTest } from './support';
import { retarget } from './worlds';

type Flood = { sent: number; perSecond: number; statuses: Record<string, number>; unanswered: number };

const SECONDS = 5;
/** Where the machine is so busy that it takes longer until the flood would be felt: at the most. */
const MOST_SECONDS = 15;
/** Below the tenant's 200 a second, so that each of them is within its limit whatever strangers do. */
const OWN_PER_SECOND = 150;
const FLOOD_PER_SECOND = 2_000;

requestTest.describe('a flood of strangers', () => {
  requestTest.describe.configure({ timeout: 120_000 });
  let server: SecondServer;
  requestTest.beforeAll(async () => {
    server = await startSecondServer({ TRUSTED_PROXIES: '127.0.0.1' }); // through which strangers have many addresses
  });
  requestTest.afterAll(async () => {
    await server.stop();
    await closePools();
  });

  requestTest('of 2,000 requests a second costs the tenant’s own 150 nothing', async () => {
    const [tenant, stranger] = [await makeTenant(), await makeTenant()];
    const revoked = await makeKey(tenant);
    await revokeApiKey(tenant.admin.ctx, { id: revoked.keyId });
    const strangers: Record<string, string>[] = [
      {}, // no key
      { authorization: 'Bearer rtk_wrong' },
      { authorization: `Bearer ${retarget(stranger.firstKey.key, tenant.id)}` }, // forged
      { authorization: `Bearer ${revoked.key}` },
      { 'x-api-key': stranger.firstKey.key }, // another tenant's
      { cookie: stranger.admin.cookie, origin: `http://${tenant.slug}.${server.rootDomain}` }, // no member
    ];
    const host = `${tenant.slug}.${server.rootDomain}`;
    const requests = Array.from({ length: strangers.length * 250 }, (_, i) =>
      toText({ ...strangers[i % strangers.length], host, 'x-forwarded-for': `198.51.100.${i % 250}` }),
    );

    const flood = startFlood({ port: server.port, perSecond: FLOOD_PER_SECOND, requests });
    // Until those that have come would have used up the tenant's bucket and its rate, were they all charged to it.
    const isFelt = (own: number, seconds: number) => own + flood.sent() > 1.2 * (200 + 200 * seconds);
    const own = await sendOwn(server, {
      ...{ slug: tenant.slug, key: tenant.firstKey.key },
      isDone: (count, seconds) => (seconds > SECONDS && isFelt(count, seconds)) || seconds > MOST_SECONDS,
    });
    const { sent, perSecond, statuses, unanswered } = await flood.stop();
    const reached = `${Math.round(perSecond)} strangers’ requests a second ${JSON.stringify(statuses)} beside ${Math.round(own.count / own.seconds)} of the tenant’s own`;
    const felt = isFelt(own.count, own.seconds)
      ? 'enough to be felt'
      : 'the machine was too busy to be flooded';
    process.stdout.write(`    ${reached}: ${felt}\n`);

    expect([...own.statuses.keys()]).toEqual([201]);
    // However many came: what is charged to the tenant is counted, and was its own.
    await expect
      .poll(() => countCharged(tenant), { timeout: 20_000 })
      .toEqual({ admitted: own.count, limited: 0 });
    expect(sent).toBeGreaterThan(500);
    expect(unanswered).toBe(0);
    expect(Object.keys(statuses).filter((status) => !['401', '403', '404', '429'].includes(status))).toEqual(
      [],
    );
  });
});

/** Requests that were held against the tenant's rate, as the page Limits counts them. */
function countCharged(tenant: TestTenant): Promise<{ admitted: number; limited: number } | undefined> {
  return withPlatform(async (db) => {
    const [row] = await db.execute<{ admitted: number; limited: number }>(
      sql`select coalesce(sum(admitted), 0)::int as admitted, coalesce(sum(limited), 0)::int as limited
        from request_hours where tenant_id = ${tenant.id}::uuid`,
    );
    return row && { ...row };
  });
}

/** A trace posted with some headers, as it stands on the wire. */
function toText(headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /api/v1/traces HTTP/1.1\r\n${lines.join('')}content-type: application/json\r\ncontent-length: 2\r\n\r\n{}`;
}

function startFlood(options: { port: number; perSecond: number; requests: string[] }) {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL('./flood-worker.mjs', import.meta.url), {
    workerData: { ...options, shared },
  });
  const told = new Promise<Flood>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return {
    /** Requests sent so far. */
    sent: () => Atomics.load(shared, 0),
    stop: () => {
      Atomics.store(shared, 1, 1);
      return told;
    },
  };
}

type Own = { statuses: Map<number, number>; count: number; seconds: number };

/**
 * The tenant's own client: evenly, and with never more under way than its bucket holds, so that whatever a busy machine has
 * held up comes to no more than what its tenant may ask at once. Answers how often it got which status.
 */
async function sendOwn(
  server: SecondServer,
  { slug, key, isDone }: { slug: string; key: string; isDone: (count: number, seconds: number) => boolean },
): Promise<Own> {
  const statuses = new Map<number, number>();
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1_000;
  const under = new Set<Promise<void>>();
  let count = 0;
  let due = 0;
  for (let last = 0; !isDone(count, seconds()); ) {
    const now = seconds();
    due = Math.min(100, due + OWN_PER_SECOND * (now - last)); // what could not be sent is not made up for
    last = now;
    for (; due >= 1 && under.size < 100; due--) {
      const one = server
        .send({
          subdomain: slug,
          method: 'POST',
          path: '/api/v1/traces',
          headers: {
            authorization: `Bearer ${key}`,
            'content-type': 'application/json',
            'x-forwarded-for': '203.0.113.1',
          },
          body: JSON.stringify({ trace_id: `own-${count++}` }),
        })
        .then(({ status }) => void statuses.set(status, (statuses.get(status) ?? 0) + 1))
        .finally(() => under.delete(one));
      under.add(one);
    }
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  const took = seconds();
  await Promise.all(under);
  return { statuses, count, seconds: took };
}
