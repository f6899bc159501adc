import postgres from 'postgres';
import { demo, expect, person, requestTest, rootDomain, send, signIn, test, url } from './support';

// Closes itself when idle: the tests of this file are spread over workers, and none of them is the last.
const database = postgres(process.env.DATABASE_URL ?? '', { max: 1, idle_timeout: 2 });

const forged = {
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'https',
  'x-forwarded-for': '10.0.0.1',
  forwarded: 'host=evil.example;proto=https',
  'x-ragtoolkit-path': '/evil',
  'x-ragtoolkit-loopback': 'guess',
  'x-tenant-id': '00000000-0000-4000-8000-000000000000',
  'x-middleware-subrequest': 'middleware:middleware:middleware:middleware:middleware',
  'x-middleware-rewrite': '/t/acme-corp/traces',
};

test.describe('hosts', () => {
  for (const host of [`nobody.${rootDomain}`, `api.${rootDomain}`, `a.b.${rootDomain}`]) {
    requestTest(`answers 404 with a page of its own at ${host.split('.')[0]}`, async () => {
      const answer = await send({ host, path: '/traces' });
      expect(answer.status).toBe(404);
      expect(answer.text).toContain('No such workspace');
    });
  }

  for (const sub of ['', 'cloud.', 'acme-corp.']) {
    for (const path of [
      '/t/acme-corp/traces',
      '/t/acme-corp',
      '/cloud/login',
      '/T/acme-corp/traces',
      '//t/acme-corp/traces',
      '/%74/acme-corp/traces',
      '/./t/acme-corp/traces',
    ]) {
      requestTest(`closes ${path} at ${sub || 'the root'}`, async () => {
        const answer = await send({ host: `${sub}${rootDomain}`, path });
        expect([308, 404]).toContain(answer.status);
        expect(answer.text).not.toContain('Sign in to Acme');
      });
    }
  }

  for (const host of [
    '127.0.0.1',
    'evil.example',
    `acme-corp.${rootDomain.split(':')[0]}.evil.example`,
    `acme-corp.${rootDomain.split(':')[0]}:1`,
  ]) {
    requestTest(`serves no page and sets no cookie at ${host}`, async () => {
      for (const path of [
        '/',
        '/login',
        '/signup',
        '/traces',
        '/api/auth/csrf',
        '/api/auth/providers',
        '/api/auth/signin',
      ]) {
        const answer = await send({ host, path });
        expect(answer.status).toBe(404);
        expect(answer.headers['set-cookie']).toBeUndefined();
        expect(answer.headers.location).toBeUndefined();
      }
      const api = await send({
        host,
        path: '/api/v1/traces',
        headers: { authorization: `Bearer ${demo.apiKey}` },
      });
      expect(api.status).toBe(200);
      expect((await send({ host, path: '/health' })).status).toBe(200);
    });
  }

  requestTest('does not let a tenant’s host run a key of another tenant', async () => {
    const answer = await send({
      host: `test-tenant.${rootDomain}`,
      path: '/api/v1/traces',
      headers: { authorization: `Bearer ${demo.apiKey}` },
    });
    expect(answer.status).toBe(404);
    expect(answer.text).not.toContain('acme');
  });

  requestTest('redirects www to the root', async () => {
    const answer = await send({ host: `www.${rootDomain}`, path: '/docs/errors?a=1' });
    expect(answer.status).toBe(308);
    expect(answer.headers.location).toBe(url('', '/docs/errors?a=1'));
  });
});

test.describe('forged headers', () => {
  requestTest('do not change where a request goes', async () => {
    const answer = await send({
      host: `nobody.${rootDomain}`,
      path: '/login',
      headers: { ...forged, 'x-forwarded-host': `acme-corp.${rootDomain}` },
    });
    expect(answer.status).toBe(404);
    expect(answer.text).toContain('No such workspace');
    const closed = await send({
      host: `acme-corp.${rootDomain}`,
      path: '/t/test-tenant/traces',
      headers: forged,
    });
    expect(closed.status).toBe(404);
  });

  requestTest('do not change redirects', async () => {
    const answer = await send({ host: `acme-corp.${rootDomain}`, path: '/traces', headers: forged });
    expect(answer.status).toBe(307);
    expect(new URL(answer.headers.location ?? '', url('acme-corp')).href).toBe(
      url('acme-corp', '/login?next=%2Ftraces'),
    );
  });

  test('do not change the link that is mailed, and the link signs in', async ({ page }) => {
    const host = `acme-corp.${rootDomain}`;
    const csrf = await send({ host, path: '/api/auth/csrf', headers: forged });
    const cookie = [csrf.headers['set-cookie'] ?? []]
      .flat()
      .map((one) => one.split(';')[0])
      .join('; ');
    const { csrfToken } = JSON.parse(csrf.text) as { csrfToken: string };
    const before = new Date();
    const { email } = person('analyst');
    const body = new URLSearchParams({
      csrfToken,
      email,
      callbackUrl: 'https://evil.example/steal',
      json: 'true',
    }).toString();
    const answer = await send({
      host,
      path: '/api/auth/signin/email',
      method: 'POST',
      headers: {
        ...forged,
        cookie,
        origin: `http://${host}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body,
    });
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain('evil');

    const [mail] = await database<{ text: string }[]>`
      select text from mail_outbox where to_address = ${email} and created_at >= ${before} order by created_at desc limit 1`;
    const link = /https?:\/\/\S+/.exec(mail?.text ?? '')?.[0] ?? '';
    expect(link.startsWith(`http://${host}/api/auth/callback/email?`)).toBe(true);
    expect(mail?.text).not.toContain('evil');

    await page.goto(link);
    await expect(page).toHaveURL(/\/overview$/);
    await expect(page.getByRole('button', { name: /Ben Lindqvist/ })).toBeVisible();
    await page.context().clearCookies();
    await page.goto(link); // works once
    await expect(page).toHaveURL(/\/login/);
  });

  requestTest('do not tell whether an account exists, and mail nothing to strangers', async () => {
    const host = `cloud.${rootDomain}`;
    const csrf = await send({ host, path: '/api/auth/csrf' });
    const cookie = [csrf.headers['set-cookie'] ?? []]
      .flat()
      .map((one) => one.split(';')[0])
      .join('; ');
    const { csrfToken } = JSON.parse(csrf.text) as { csrfToken: string };
    const ask = (email: string) =>
      send({
        host,
        path: '/api/auth/signin/email',
        method: 'POST',
        headers: { cookie, origin: `http://${host}`, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ csrfToken, email, json: 'true' }).toString(),
      });
    const stranger = 'stranger@nowhere.example';
    const [known, unknown] = [await ask(person('viewer').email), await ask(stranger)];
    expect(unknown.status).toBe(known.status);
    expect(unknown.text).toBe(known.text);
    expect(await database`select 1 from mail_outbox where to_address = ${stranger}`).toHaveLength(0);
  });
});

test.describe('a session', () => {
  test('cannot be used for a write from a sibling’s origin', async ({ page, context }) => {
    await page.goto(url('acme-corp', '/login'));
    await signIn(page, person('admin'));
    await expect(page).toHaveURL(url('acme-corp', '/overview'));
    const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    const host = `acme-corp.${rootDomain}`;
    const post = (origin: string | undefined) =>
      send({
        host,
        path: '/api/v1/traces',
        method: 'POST',
        headers: { cookie, 'content-type': 'application/json', ...(origin ? { origin } : {}) },
        body: JSON.stringify({ trace_id: 'from-a-sibling' }),
      });
    expect((await post(`http://test-tenant.${rootDomain}`)).status).toBe(403);
    expect((await post(undefined)).status).toBe(403);
    expect((await post(`http://${host}`)).status).toBe(201);
    const page403 = await send({
      host,
      path: '/traces',
      method: 'POST',
      headers: { cookie, origin: `http://test-tenant.${rootDomain}` },
      body: 'x',
    });
    expect(page403.status).toBe(403);
  });
});

requestTest('pages carry a policy with a nonce, and no page may be framed', async () => {
  for (const [host, path] of [
    [rootDomain, '/'],
    [`cloud.${rootDomain}`, '/login'],
    [`acme-corp.${rootDomain}`, '/login'],
  ] as const) {
    const first = await send({ host, path });
    const second = await send({ host, path });
    const policy = String(first.headers['content-security-policy']);
    expect(policy).toMatch(/script-src 'self' 'nonce-[\w]{32}' 'strict-dynamic'/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(second.headers['content-security-policy']).not.toBe(policy);
    expect(first.headers['strict-transport-security']).toBeUndefined();
  }
});
