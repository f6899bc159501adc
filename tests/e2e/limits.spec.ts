import { closePools } from '@/db/client';
import { withRetries } from '@/demo/retry';
import { setTenantRate } from '@/lib/workflows/limits/mutations';
import { makeTenant } from '../support/factories';
import { type LimitsServer, startLimitsServer } from './limits-server';
import { expect, person, requestTest, signIn, test, url } from './support';

const operator = { actor: { kind: 'system', name: 'operator' }, requestId: 'test' } as const;
const inAnHour = () => new Date(Date.now() + 3_600_000);

requestTest.describe('a server with the limits of the table', () => {
  requestTest.describe.configure({ mode: 'serial', timeout: 180_000 });
  let server: LimitsServer;
  requestTest.beforeAll(async () => {
    // Addresses can be played through a proxy; people and strangers get little, so that a test uses it up soon.
    server = await startLimitsServer({
      TRUSTED_PROXIES: '127.0.0.1',
      RATE_LIMIT_OVERRIDES: 'session:user=1/600/8,anonymous:ip=5/1/20,anonymous:host=20/1/60',
    });
  });
  requestTest.afterAll(async () => {
    await server.stop();
    await closePools();
  });

  requestTest('counts a request once, whichever way it goes through the server', async () => {
    const tenant = await makeTenant();
    const bearer = { authorization: `Bearer ${tenant.firstKey.key}` };
    const { cookie } = tenant.admin;
    const left = async (headers: Record<string, string>) => {
      const answer = await server.send({ subdomain: tenant.slug, path: '/api/v1/traces', headers });
      expect(answer.status).toBe(200);
      return Number(/r=(\d+)/.exec(String(answer.headers.ratelimit))?.[1]);
    };
    await left(bearer);
    expect(await left(bearer)).toBeGreaterThanOrEqual(198);
    expect(await left({ cookie })).toBe(7);
    const page = await server.send({ subdomain: tenant.slug, path: '/settings/limits', headers: { cookie } });
    expect(page.status).toBe(200);
    const auth = await server.send({
      subdomain: tenant.slug,
      path: '/api/auth/session',
      headers: { cookie },
    });
    expect(auth.status).toBe(200);
    expect(await left({ cookie })).toBe(4);
  });

  requestTest('shows people a page, and their colleagues nothing of it', async () => {
    const tenant = await makeTenant();
    const page = {
      subdomain: tenant.slug,
      path: '/settings/limits',
      headers: { cookie: tenant.admin.cookie },
    };
    for (let i = 0; i < 8; i++) expect((await server.send(page)).status).toBe(200);
    const refused = await server.send(page);
    expect(refused.status).toBe(429);
    expect(refused.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(refused.text).toContain('That was a lot at once');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    const colleague = await server.send({
      subdomain: tenant.slug,
      path: '/api/v1/traces',
      headers: { authorization: `Bearer ${tenant.firstKey.key}` },
    });
    expect(colleague.status).toBe(200);
  });

  requestTest('keeps a tenant’s client free of the floods of strangers', async () => {
    const [tenant, stranger] = [await makeTenant(), await makeTenant()];
    // A tenth or so of the usual figures: what a busy machine gets through in ten seconds is beyond them all the same.
    const rate = { perSecond: 20, burst: 40 };
    await setTenantRate(operator, { tenantId: tenant.id, ...rate, expiresAt: inAnHour(), reason: 'a test' });
    const forged = `${tenant.firstKey.key.slice(0, -4)}AAAA`;
    const wrong: Record<string, string>[] = [
      {},
      { authorization: 'Bearer rtk_x' },
      { authorization: `Bearer ${forged}` },
      { 'x-api-key': stranger.firstKey.key },
      { cookie: stranger.admin.cookie },
      { authorization: 'Basic bm90aGluZw==' },
    ];
    const seen = { own: new Map<number, number>(), flood: new Map<number, number>() };
    const note = (counts: Map<number, number>, status: number) =>
      counts.set(status, (counts.get(status) ?? 0) + 1);
    let flooding = 0;
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1_000;
    // At 2,000 a second, as far as the machine gets; never so many under way that it is this process that is flooded.
    const flood = every(2_000, 60, seconds, async (i) => {
      flooding += 1;
      const { status } = await server.send({
        subdomain: tenant.slug,
        path: '/api/v1/traces',
        headers: { ...wrong[i % wrong.length], 'x-forwarded-for': `198.51.100.${i % 7}` },
      });
      note(seen.flood, status);
    });
    // It makes up for nothing that it could not send in time: a machine that was busy must not make a burst of it.
    const own = evenly(15, seconds, async (i) => {
      const { status } = await server.send({
        subdomain: tenant.slug,
        path: `/api/v1/traces/none-${i}`,
        headers: { authorization: `Bearer ${tenant.firstKey.key}`, 'x-forwarded-for': '198.51.100.1' },
      });
      note(seen.own, status);
    });
    await Promise.all([flood, own]);

    const total = [...seen.own.values()].reduce((sum, count) => sum + count, 0);
    // Were they charged to the tenant, its bucket and its rate would be long used up.
    expect(flooding + total).toBeGreaterThan((rate.burst + rate.perSecond * seconds()) * 1.3);
    expect(total).toBeGreaterThan(10);
    expect([...seen.own.keys()]).toEqual([404]);
    expect(seen.flood.get(429) ?? 0).toBeGreaterThan(flooding / 3);
    const health = await server.send({ subdomain: tenant.slug, path: '/health' });
    expect(health.status).toBe(200);
    expect(JSON.parse(health.text).rate_limits).toEqual({ store: 'memory', in_charge: true });
  });

  requestTest('loses nothing of a client of ours that sends twice its limit for 30 s', async () => {
    const tenant = await makeTenant();
    const perSecond = 10;
    const rate = { perSecond, burst: perSecond, expiresAt: inAnHour(), reason: 'a test' };
    await setTenantRate(operator, { tenantId: tenant.id, ...rate });
    const began = performance.now();
    let [sent, refused] = [0, 0];
    const lost: number[] = [];
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        while (performance.now() - began < 30_000) {
          const id = `t-${sent++}`;
          const { status } = await withRetries(async () => {
            const answer = await server.send({
              subdomain: tenant.slug,
              method: 'POST',
              path: '/api/v1/traces',
              headers: {
                authorization: `Bearer ${tenant.firstKey.key}`,
                'content-type': 'application/json',
              },
              body: JSON.stringify({ trace_id: id }),
            });
            if (answer.status === 429) refused += 1;
            return { status: answer.status, retryAfter: answer.headers['retry-after'], text: answer.text };
          });
          if (status !== 201) lost.push(status);
          await new Promise((resolve) => setTimeout(resolve, (4 * 1_000) / (2 * perSecond)));
        }
      }),
    );
    expect(refused).toBeGreaterThan(0);
    expect(lost).toEqual([]);
  });
});

/** Does something so often a second for ten seconds, with so many under way at most. */
async function every(
  perSecond: number,
  most: number,
  seconds: () => number,
  act: (i: number) => Promise<void>,
): Promise<void> {
  const under = new Set<Promise<void>>();
  for (let i = 0; seconds() < 10; i++) {
    while (i > perSecond * seconds() || under.size >= most)
      await (under.size >= most ? Promise.race(under) : new Promise((resolve) => setTimeout(resolve, 2)));
    const one = act(i).finally(() => under.delete(one));
    under.add(one);
  }
  await Promise.all(under);
}

/** Does something so often a second for ten seconds at the most: what is late makes the others later. */
async function evenly(
  perSecond: number,
  seconds: () => number,
  act: (i: number) => Promise<void>,
): Promise<void> {
  const all: Promise<void>[] = [];
  for (let i = 0; seconds() < 10; i++) {
    all.push(act(i));
    await new Promise((resolve) => setTimeout(resolve, 1_000 / perSecond));
    if (i % 10 === 9) await all[i - 9];
  }
  await Promise.all(all);
}

requestTest.describe('a server whose limits are not well configured', () => {
  for (const [env, words] of [
    [{ RATE_LIMIT_STORE: 'memcached' }, 'RATE_LIMIT_STORE: expected memory, redis or upstash'],
    [{ REDIS_URL: 'redis://127.0.0.1:1' }, 'REDIS_URL: the Redis at 127.0.0.1:1 does not answer'],
    [{ RATE_LIMIT_OVERRIDES: 'tenant=0/1' }, 'RATE_LIMIT_OVERRIDES: expected policy=limit/seconds'],
    [{ RATE_LIMIT_OVERRIDES: 'nothing=1/1' }, 'RATE_LIMIT_OVERRIDES: there is no policy "nothing"'],
  ] as const)
    requestTest(`does not start with ${Object.entries(env).flat().join('=')}`, async () => {
      await expect(startLimitsServer(env)).rejects.toThrow(words);
    });
});

test('an admin sees who asks, and keeps a key below a limit of its own', async ({ page }) => {
  await page.goto(url('acme-corp', '/settings/limits'));
  await signIn(page, person('admin'));
  await expect(page.getByRole('heading', { name: 'Limits', exact: true })).toBeVisible();
  await expect(page.getByText('200 a second')).toBeVisible();

  const set = page.getByRole('button', { name: /^(Set|Change) the limit of/ }).first();
  const name = ((await set.getAttribute('aria-label')) ?? '').replace(/^(Set|Change) the limit of /, '');
  await set.click();
  const field = page.getByRole('textbox', { name: 'Requests a second' });
  await field.fill('0');
  await page.getByRole('button', { name: 'Save limit' }).click();
  await expect(page.getByText('Use at least 1')).toBeVisible();
  await expect(field).toBeFocused();
  await field.fill('150');
  await page.getByRole('button', { name: 'Save limit' }).click();
  await expect(page.getByRole('cell', { name: /150 a second/ })).toBeVisible();
  await page
    .getByRole('button', { name: `Change the limit of ${name}` })
    .first()
    .click();
  await expect(field).toHaveValue('150');
  await field.fill('');
  await page.getByRole('button', { name: 'Save limit' }).click();
  await expect(page.getByRole('cell', { name: /150 a second/ })).toHaveCount(0);
});
