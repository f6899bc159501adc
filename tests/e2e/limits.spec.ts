import { closePools } from '@/db/client';
import { makeTenant } from '../support/factories';
import { type SecondServer, startSecondServer } from './second-server';
import { enterAs, expect, person, requestTest, signIn, test, url } from './support';

requestTest.describe('a server with the limits of the table', () => {
  requestTest.describe.configure({ mode: 'serial', timeout: 180_000 });
  let server: SecondServer;
  requestTest.beforeAll(async () => {
    // Addresses can be played through a proxy; people and strangers get little, so that a test uses it up soon.
    server = await startSecondServer({
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

  requestTest('says which store decides', async () => {
    const health = await server.send({ subdomain: '', path: '/health' });
    expect(health.status).toBe(200);
    expect(JSON.parse(health.text).rate_limits).toEqual({ store: 'memory', in_charge: true });
  });
});

test('who saves too often is told when to try again, and what they typed stays', async ({ page }) => {
  const server = await startSecondServer({ RATE_LIMIT_OVERRIDES: 'session:user=1/600/60' });
  try {
    const tenant = await makeTenant();
    await enterAs(page, tenant.admin, server.rootDomain);
    await page.goto(`http://${tenant.slug}.${server.rootDomain}/settings/workspace`);
    const field = page.getByRole('textbox', { name: 'Workspace name' });
    const save = page.getByRole('button', { name: 'Save name' });
    await field.fill('The first name');
    await save.click();
    await expect(page.getByText('The name is changed.')).toBeVisible();

    const { cookie: sent } = tenant.admin;
    const ask = () =>
      server.send({ subdomain: tenant.slug, path: '/api/v1/traces', headers: { cookie: sent } });
    for (let left = 60; left > 0 && (await ask()).status === 200; left--);
    await field.fill('Another name');
    await save.click();
    await expect(page.getByText(/^Too many requests\. Try again in \d+ minutes\.$/)).toBeVisible();
    await expect(field).toHaveValue('Another name');
  } finally {
    await server.stop();
  }
});

requestTest.describe('a server whose limits are not well configured', () => {
  for (const [env, words] of [
    [{ RATE_LIMIT_STORE: 'memcached' }, 'RATE_LIMIT_STORE: expected memory, redis or upstash'],
    [{ REDIS_URL: 'redis://127.0.0.1:1' }, 'REDIS_URL: the Redis at 127.0.0.1:1 does not answer'],
    [{ RATE_LIMIT_OVERRIDES: 'tenant=0/1' }, 'RATE_LIMIT_OVERRIDES: expected policy=limit/seconds'],
    [{ RATE_LIMIT_OVERRIDES: 'nothing=1/1' }, 'RATE_LIMIT_OVERRIDES: there is no policy "nothing"'],
  ] as const)
    requestTest(`does not start with ${Object.entries(env).flat().join('=')}`, async () => {
      await expect(startSecondServer(env)).rejects.toThrow(words);
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
