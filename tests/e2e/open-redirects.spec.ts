import { makeTenant, type TestTenant } from '../support/factories';
import { expect, rootDomain, send, requestTest as test } from './support';
import { closeWorlds } from './worlds';

/** Wherever a sign-in or sign-out takes an address to lead to, it leads to our own hosts, and nowhere else. */
const cloud = `cloud.${rootDomain}`;
let tenant: TestTenant;

test.beforeAll(async () => {
  tenant = await makeTenant();
});
test.afterAll(closeWorlds);

const hostile = [
  'https://evil.example/',
  'http://evil.example/',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  ' //evil.example',
  'http:evil.example',
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  `http://${rootDomain}@evil.example/`,
  `http://${rootDomain}.evil.example/`,
  `http://evil.example\\.${rootDomain}/`,
  `http://evil.example#.${rootDomain}/`,
  'http://evil.example%2f@cloud.ragtoolkit.localhost/',
];

/** The host that a browser at `base` would go to. */
const hostAfter = (location: string | undefined, base: string) => new URL(location ?? '/', base).host;
const ours = (host: string) => host === rootDomain || host.endsWith(`.${rootDomain}`);

for (const target of hostile) {
  const query = encodeURIComponent(target);

  test(`no page leads to ${JSON.stringify(target)}`, async () => {
    const { cookie } = tenant.admin;
    const pages = [
      { host: cloud, path: `/login?next=${query}` },
      { host: cloud, path: `/login?callbackUrl=${query}` },
      { host: cloud, path: `/login?next=${query}&next=${query}` },
      { host: cloud, path: `/login/github?next=${query}` },
      { host: cloud, path: `/login/google?next=${query}` },
      { host: tenant.host, path: `/login?next=${query}` },
      { host: tenant.host, path: `/login?callbackUrl=${query}` },
    ];
    for (const { host, path } of pages) {
      // Who is signed in is led on at once.
      const answer = await send({ host, path, headers: { cookie } });
      expect(answer.status, path).toBe(307);
      expect(ours(hostAfter(answer.headers.location, `http://${host}/`)), path).toBe(true);
      // Who is not gets a page that would lead on later.
      const form = await send({ host, path });
      expect(form.status, path).toBe(200);
      const links = [...form.text.matchAll(/href="([^"]*)"/g)].map(([, href = '']) =>
        href.replaceAll('&amp;', '&'),
      );
      for (const href of links) {
        if (href.startsWith('data:')) continue;
        const link = new URL(href, `http://${host}/`);
        expect(ours(link.host), `${path}: ${href}`).toBe(true);
        const next = link.searchParams.get('next');
        if (next !== null) expect(ours(hostAfter(next, `http://${host}/`)), `${path}: ${href}`).toBe(true);
      }
    }
  });

  test(`no answer of next-auth leads to ${JSON.stringify(target)}`, async () => {
    for (const host of [cloud, tenant.host]) {
      for (const path of [
        'signin',
        'signout',
        'error',
        'verify-request',
        'callback/github',
        'callback/email',
      ]) {
        const answer = await send({ host, path: `/api/auth/${path}?callbackUrl=${query}` });
        expect(answer.status, path).toBeLessThan(500);
        leadsToOurs(answer.headers.location, host);
      }
      const csrf = await send({ host, path: '/api/auth/csrf' });
      const { csrfToken } = JSON.parse(csrf.text) as { csrfToken: string };
      const jar = (csrf.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ');
      const posts = ['signin/github', 'signin/email', 'callback/credentials', 'signout'];
      for (const path of posts) {
        for (const inQuery of [false, true]) {
          const answer = await send({
            host,
            method: 'POST',
            path: `/api/auth/${path}${inQuery ? `?callbackUrl=${query}&redirect_uri=${query}&scope=repo` : ''}`,
            headers: { cookie: jar, 'content-type': 'application/x-www-form-urlencoded' },
            body: new URLSearchParams({
              csrfToken,
              email: `nobody-${Math.random()}@example.com`,
              password: 'not the password',
              ...(inQuery ? {} : { callbackUrl: target }),
            }).toString(),
          });
          expect(answer.status, path).toBeLessThan(500);
          const location = new URL(answer.headers.location ?? '/', `http://${host}/`);
          if (path === 'signin/github' && host === cloud) {
            // On to the provider, with what we ask of it and nothing from the address.
            expect(location.pathname).toBe('/login/oauth/authorize');
            expect(location.searchParams.get('redirect_uri')).toBe(
              `http://${cloud}/api/auth/callback/github`,
            );
            expect(location.searchParams.get('scope')).toBe('read:user user:email');
          } else leadsToOurs(answer.headers.location, host);
          for (const line of answer.headers['set-cookie'] ?? [])
            if (line.includes('callback-url='))
              expect(
                ours(hostAfter(decodeURIComponent(/=([^;]*)/.exec(line)?.[1] ?? ''), `http://${host}/`)),
              ).toBe(true);
        }
      }
    }
  });
}

function leadsToOurs(location: string | undefined, host: string): void {
  const to = new URL(location ?? '/', `http://${host}/`);
  expect(ours(to.host), to.href).toBe(true);
  const further = to.searchParams.get('callbackUrl') ?? to.searchParams.get('next');
  if (further !== null) expect(ours(hostAfter(further, `http://${host}/`)), to.href).toBe(true);
}
