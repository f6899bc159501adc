import { Worker } from 'node:worker_threads';
import { closePools } from '@/db/client';
import { revokeApiKey } from '@/lib/api-keys/mutations';
import { makeKey, makeTenant } from '../support/factories';
import { type LimitsServer, startLimitsServer } from './limits-server';
import { expect, requestTest } from './support';
import { retarget } from './worlds';

type Flood = { sent: number; perSecond: number; statuses: Record<string, number>; unanswered: number };

const SECONDS = 5;
/** Below the tenant's 200 a second, so that each of them is within its limit whatever strangers do. */
const OWN_PER_SECOND = 150;
const FLOOD_PER_SECOND = 2_000;

requestTest.describe('a flood of strangers', () => {
  requestTest.describe.configure({ timeout: 120_000 });
  let server: LimitsServer;
  requestTest.beforeAll(async () => {
    server = await startLimitsServer({ TRUSTED_PROXIES: '127.0.0.1' }); // through which strangers have many addresses
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

    const flood = startFlood({ port: server.port, perSecond: FLOOD_PER_SECOND, seconds: SECONDS, requests });
    const own = await sendOwn(server, { slug: tenant.slug, key: tenant.firstKey.key });
    const { sent, perSecond, statuses, unanswered } = await flood;
    requestTest.info().annotations.push({
      type: 'flood',
      description: `${Math.round(perSecond)} strangers’ requests a second: ${JSON.stringify(statuses)}`,
    });
    process.stdout.write(
      `${Math.round(perSecond)} strangers’ requests a second: ${JSON.stringify(statuses)}\n`,
    );

    expect([...own.keys()]).toEqual([201]);
    // Were they charged to the tenant, its bucket and its rate would be long used up.
    const total = [...own.values()].reduce((sum, count) => sum + count, 0);
    expect(sent + total).toBeGreaterThan(200 + 200 * SECONDS);
    expect(unanswered).toBe(0);
    expect(Object.keys(statuses).filter((status) => !['401', '403', '404', '429'].includes(status))).toEqual(
      [],
    );
    expect(statuses['429'] ?? 0).toBeGreaterThan(sent / 3);
  });
});

/** A trace posted with some headers, as it stands on the wire. */
function toText(headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /api/v1/traces HTTP/1.1\r\n${lines.join('')}content-type: application/json\r\ncontent-length: 2\r\n\r\n{}`;
}

function startFlood(workerData: {
  port: number;
  perSecond: number;
  seconds: number;
  requests: string[];
}): Promise<Flood> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./flood-worker.mjs', import.meta.url), { workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/**
 * The tenant's own client: evenly, and with never more under way than its bucket holds, so that whatever a busy machine has
 * held up comes to no more than what its tenant may ask at once. Answers how often it got which status.
 */
async function sendOwn(
  server: LimitsServer,
  { slug, key }: { slug: string; key: string },
): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1_000;
  const under = new Set<Promise<void>>();
  for (let i = 0; seconds() < SECONDS; ) {
    for (; i < OWN_PER_SECOND * seconds() && under.size < 100; i++) {
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
          body: JSON.stringify({ trace_id: `own-${i}` }),
        })
        .then(({ status }) => void statuses.set(status, (statuses.get(status) ?? 0) + 1))
        .finally(() => under.delete(one));
      under.add(one);
    }
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  await Promise.all(under);
  return statuses;
}
