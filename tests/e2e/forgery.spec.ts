import { createHmac } from 'node:crypto';
import { encode } from 'next-auth/jwt';
import { firstKeyCookie } from '@/lib/auth/first-key-cookie';
import { encodeSessionToken, sessionCookie } from '@/lib/auth/session-cookie';
import { newId } from '@/lib/ids';
import { makeTenant } from '../support/factories';
import { type Attack, makeAttack } from './attack';
import { expect, rootDomain, send, requestTest as test } from './support';
import { closeWorlds } from './worlds';

/** Cookies, headers and hosts that say what is not so. */
let victim: Attack['victim'];
let intruder: Attack['intruder'];
let harmless: Attack['harmless'];

test.beforeAll(async () => {
  ({ victim, intruder, harmless } = await makeAttack());
});
test.afterAll(closeWorlds);

test('forged cookies sign nobody in', async () => {
  const { name } = sessionCookie();
  const claims = {
    sid: victim.admin.sessionId,
    sub: victim.admin.userId,
    exp: Math.floor(Date.now() / 1000) + 3600,
  };
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = (secret: string) => {
    const data = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
    return `${data}.${createHmac('sha256', secret).update(data).digest('base64url')}`;
  };
  const firstKey = await firstKeyCookie({ tenantId: victim.id, apiKey: victim.firstKey.key });
  const own = intruder.admin.token;
  const forged: Record<string, string> = {
    'an unsigned token': `${part({ alg: 'none' })}.${part(claims)}.`,
    'a token that says it is encrypted with nothing': `${part({ alg: 'dir', enc: 'none' })}..${part(claims)}..`,
    'a signed token where an encrypted one belongs': signed('secret'),
    'a token signed with nothing': signed(''),
    'a token of another secret': await encode({ token: claims, secret: 'x'.repeat(40) }),
    'a token of another purpose': firstKey.value,
    'a token of another salt': await encode({
      token: claims,
      secret: process.env.AUTH_SECRET ?? '',
      salt: 'first-key',
    }),
    'an expired token': await encode({ token: claims, secret: process.env.AUTH_SECRET ?? '', maxAge: -60 }),
    'our own token with a byte changed': own.slice(0, -4) + (own.endsWith('AAAA') ? 'BBBB' : 'AAAA'),
    // Well made, but for sessions that are not there: the secret alone is not enough.
    'a session that does not exist': await encodeSessionToken({ sid: newId(), sub: victim.admin.userId }),
    'our session in another person’s name': await encodeSessionToken({
      sid: intruder.admin.sessionId,
      sub: victim.admin.userId,
    }),
    'a session id that is SQL': await encodeSessionToken({ sid: "' or 1=1 --", sub: victim.admin.userId }),
    'a bare session id': victim.admin.sessionId,
    'no token at all': '"; --',
    'a very long token': 'x'.repeat(6000),
  };
  const origin = `http://${victim.host}`;
  for (const [what, value] of Object.entries(forged)) {
    for (const cookie of [`${name}=${value}`, `${name}.0=${value}`, `${name}=${value}; ${name}=${value}`]) {
      const api = await send({ host: victim.host, path: '/api/v1/traces', headers: { cookie, origin } });
      expect(api.status, what).toBe(401);
      const page = await send({ host: victim.host, path: '/traces', headers: { cookie } });
      expect(page.status, what).toBe(307);
      expect(page.text.includes(victim.mark), what).toBe(false);
    }
  }
  // The right cookie behind a forged one of the same name, as a sibling's page could set it, gives no more rights.
  const both = await send({
    host: victim.host,
    path: '/api/v1/traces',
    headers: { cookie: `${name}=${own}; ${name}=forged`, origin },
  });
  expect([401, 403]).toContain(both.status);
});

test('the cookie with another tenant’s first key shows it to nobody else', async () => {
  const fresh = await makeTenant(); // without traces: its console shows the first key
  const theirs = await firstKeyCookie({ tenantId: victim.id, apiKey: victim.firstKey.key });
  const own = await firstKeyCookie({ tenantId: fresh.id, apiKey: fresh.firstKey.key });
  const open = (value: string) =>
    send({
      host: fresh.host,
      path: '/traces',
      headers: { cookie: `${fresh.admin.cookie}; ${own.name}=${value}` },
    });
  expect((await open(own.value)).text).toContain(fresh.firstKey.key);
  expect((await open(theirs.value)).text).not.toContain(victim.firstKey.key);
  expect((await open(`${part(own.value)}`)).text).not.toContain(fresh.firstKey.key);
  const unsigned = await send({
    host: fresh.host,
    path: '/traces',
    headers: { cookie: `${own.name}=${own.value}` },
  });
  expect(unsigned.status).toBe(307);
  expect(unsigned.text).not.toContain(fresh.firstKey.key);
});

/** A value with its last characters cut off. */
function part(value: string): string {
  return value.slice(0, -3);
}

test('headers and bodies that name a tenant change nothing', async () => {
  const names = [
    'x-tenant',
    'x-tenant-id',
    'x-org-id',
    'x-ragtoolkit-tenant',
    'x-ragtoolkit-path',
    'x-original-host',
  ];
  const authorization = `Bearer ${intruder.firstKey.key}`;
  for (const value of [victim.id, victim.slug, victim.host]) {
    const headers = {
      ...Object.fromEntries(names.map((name) => [name, value])),
      'x-forwarded-host': victim.host,
      'x-host': victim.host,
      forwarded: `host=${victim.host}`,
      'x-original-url': `/t/${victim.slug}`,
      'x-rewrite-url': `/t/${victim.slug}`,
      'x-middleware-rewrite': `/t/${victim.slug}/traces`,
      'x-nextjs-data': '1',
      'x-matched-path': `/t/${victim.slug}/traces`,
      'x-invoke-path': `/t/${victim.slug}/traces`,
      'x-now-route-matches': '1',
    };
    const list = await send({
      host: intruder.host,
      path: '/api/v1/traces',
      headers: { ...headers, authorization },
    });
    expect(list.status).toBe(200);
    harmless(list, 'the list');
    for (const path of ['/traces', '/settings/api-keys', `/traces/${victim.ids.traceId}`]) {
      const page = await send({
        host: intruder.host,
        path,
        headers: { ...headers, cookie: intruder.admin.cookie },
      });
      harmless(page, path);
      expect(page.status).toBe(path.includes(victim.ids.traceId ?? '') ? 404 : 200);
    }
  }
});

test('hosts that look like the victim’s are not the victim’s', async () => {
  const authorization = `Bearer ${intruder.firstKey.key}`;
  const [name = '', port = ''] = rootDomain.split(':');
  for (const host of [
    `${victim.slug}.${name}.:${port}`,
    `${victim.slug}.${intruder.host}`,
    `${victim.host}@${intruder.host}`,
    `${intruder.host}/${victim.host}`,
    `${victim.slug}%00.${rootDomain}`,
    `${victim.slug}\t.${rootDomain}`,
    `t_${victim.id.replaceAll('-', '')}.${rootDomain}`,
    `${victim.id}.${rootDomain}`,
    `-${victim.slug}.${rootDomain}`,
    `${victim.slug}.`,
    '',
  ]) {
    const answer = await send({ host, path: '/traces', headers: { cookie: intruder.admin.cookie } }).catch(
      () => null,
    );
    if (!answer) continue; // Node refuses to send it
    harmless(answer, host);
    expect([400, 403, 404], host).toContain(answer.status);
    const api = await send({ host, path: '/api/v1/traces', headers: { authorization } });
    harmless(api, host);
  }
});
