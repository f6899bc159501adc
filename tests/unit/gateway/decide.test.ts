import { beforeEach, describe, expect, test, vi } from 'vitest';
import { decide, type GatewayRequest, isForgedWrite } from '@/lib/gateway/decide';

const directory = vi.hoisted(() => ({ findTenantBySlug: vi.fn(), findTenantByFormerSlug: vi.fn() }));
vi.mock('@/lib/tenancy/directory', () => directory);

const acme = { id: 'a0000000-0000-4000-8000-000000000000', slug: 'acme', name: 'Acme', status: 'active' };
const root = 'ragtoolkit.localhost:3000';

beforeEach(() => {
  directory.findTenantBySlug.mockReset().mockImplementation(async (slug: string) => {
    if (slug === 'acme') return acme;
    if (slug === 'leaving') return { ...acme, slug, status: 'deleting' };
    return slug === 'late' ? { ...acme, slug, status: 'suspended' } : null;
  });
  directory.findTenantByFormerSlug
    .mockReset()
    .mockImplementation(async (slug: string) => (slug === 'old-acme' ? acme : null));
});

function request(host: string | null, path: string, given: Partial<GatewayRequest> = {}): GatewayRequest {
  return { host, path, search: '', method: 'GET', origin: null, hasSessionCookie: false, ...given };
}

const notFound = { kind: 'page', path: '/not-found', tenant: null };
const internalPaths = [
  '/t',
  '/t/',
  '/t/acme',
  '/t/acme/traces',
  '/cloud',
  '/cloud/login',
  '/cloud/dev/mail',
  '/unknown-workspace',
  '/suspended',
  '/deletion-pending',
  '/not-found',
];

describe('decide on the site', () => {
  test('serves its pages as they are', async () => {
    for (const path of ['/', '/docs/errors', '/tables', '/cloudy', '/t-shirts'])
      expect(await decide(request(root, path))).toEqual({ kind: 'page', path, host: root, tenant: null });
  });

  test('sends www to the same page without it, with its query', async () => {
    expect(await decide(request(`www.${root}`, '/docs', { search: '?a=1' }))).toEqual({
      kind: 'redirect',
      url: `http://${root}/docs?a=1`,
    });
    expect(await decide(request(`www.${root}`, '//evil.example/'))).toEqual({
      kind: 'redirect',
      url: `http://${root}//evil.example/`,
    });
  });

  test('sends login and sign-up to cloud', async () => {
    for (const path of ['/login', '/signup'])
      expect(await decide(request(root, path))).toEqual({
        kind: 'redirect',
        url: `http://cloud.${root}${path}`,
      });
  });

  test.each([...internalPaths, '/admin', '/admin/tenants', '/api/auth/session', '/api/auth/callback/email'])(
    'does not know %s',
    async (path) => expect(await decide(request(root, path))).toEqual({ ...notFound, host: root }),
  );

  test('asks the directory nothing', async () => {
    await decide(request(root, '/'));
    expect(directory.findTenantBySlug).not.toHaveBeenCalled();
  });
});

describe('decide on cloud', () => {
  const host = `cloud.${root}`;

  test('serves its pages from below /cloud', async () => {
    expect(await decide(request(host, '/'))).toEqual({ kind: 'page', path: '/cloud', host, tenant: null });
    expect(await decide(request(host, '/login'))).toMatchObject({ path: '/cloud/login' });
  });

  test('serves the operator’s console as it is', async () => {
    expect(await decide(request(host, '/admin'))).toMatchObject({
      kind: 'page',
      path: '/admin',
      tenant: null,
    });
    expect(await decide(request(host, '/admin/tenants'))).toMatchObject({ path: '/admin/tenants' });
    expect(await decide(request(host, '/administrators'))).toMatchObject({ path: '/cloud/administrators' });
  });

  test('leaves sign-in to next-auth', async () => {
    expect(await decide(request(host, '/api/auth/session'))).toEqual({ kind: 'auth', host });
  });

  test.each(internalPaths)('does not know %s', async (path) => {
    expect(await decide(request(host, path))).toEqual({ ...notFound, host });
  });
});

describe('decide on a tenant’s host', () => {
  const host = `acme.${root}`;

  test('serves its pages from below the tenant’s path', async () => {
    expect(await decide(request(host, '/'))).toEqual({ kind: 'page', path: '/t/acme', host, tenant: acme });
    expect(await decide(request(host, '/traces/x'))).toMatchObject({ path: '/t/acme/traces/x' });
    expect(await decide(request(host, '/admin'))).toMatchObject({ path: '/t/acme/admin' });
    expect(await decide(request(host, '/login'))).toMatchObject({ path: '/t/acme/login' });
  });

  test('reads the host without regard to case and names it in lower case', async () => {
    expect(await decide(request(`ACME.${root}`, '/'))).toMatchObject({ path: '/t/acme', host });
  });

  test('leaves sign-in to next-auth', async () => {
    expect(await decide(request(host, '/api/auth/session'))).toEqual({ kind: 'auth', host });
  });

  test.each([...internalPaths, '/t/other/traces'])('does not know %s', async (path) => {
    expect(await decide(request(host, path))).toEqual({ ...notFound, host });
  });

  test('shows every page of a suspended tenant as suspended, but lets people sign out', async () => {
    const late = `late.${root}`;
    expect(await decide(request(late, '/traces'))).toMatchObject({
      kind: 'page',
      path: '/suspended',
      host: late,
    });
    expect(await decide(request(late, '/api/auth/signout'))).toEqual({ kind: 'auth', host: late });
    expect(await decide(request(late, '/t/late/traces'))).toEqual({ ...notFound, host: late });
  });

  test('shows every page of a tenant about to be deleted as that, whatever the method', async () => {
    const leaving = `leaving.${root}`;
    for (const method of ['GET', 'POST'])
      expect(await decide(request(leaving, '/traces', { method }))).toMatchObject({
        kind: 'page',
        path: '/deletion-pending',
        host: leaving,
      });
    expect(await decide(request(leaving, '/api/auth/signout'))).toEqual({ kind: 'auth', host: leaving });
  });

  test('sends reads at an address that a tenant has left to where it is now, and nothing else', async () => {
    const old = `old-acme.${root}`;
    for (const path of ['/', '/traces', '/api/auth/callback/email'])
      expect(await decide(request(old, path, { search: '?a=1' }))).toEqual({
        kind: 'redirect',
        url: `http://acme.${root}${path}?a=1`,
      });
    expect(await decide(request(old, '/traces', { method: 'POST' }))).toMatchObject({
      path: '/unknown-workspace',
      tenant: null,
    });
  });

  test('asks for a former address only where nobody has it now', async () => {
    await decide(request(host, '/'));
    expect(directory.findTenantByFormerSlug).not.toHaveBeenCalled();
  });

  test('shows an unknown workspace on every path', async () => {
    for (const slug of ['nobody', 'a.b', 'www.acme', 'acme.cloud'])
      for (const path of ['/', '/traces', '/t/acme/traces', '/login'])
        expect(await decide(request(`${slug}.${root}`, path))).toMatchObject({
          kind: 'page',
          path: '/unknown-workspace',
          tenant: null,
        });
  });

  test('signs nobody in on an unknown workspace', async () => {
    expect(await decide(request(`nobody.${root}`, '/api/auth/session'))).toMatchObject(notFound);
  });
});

describe('decide on a foreign host', () => {
  test.each([null, '', '127.0.0.1:3000', 'localhost:3000', 'evil.example', 'acme.ragtoolkit.localhost'])(
    'serves no page, no sign-in and no redirect on %j',
    async (host) => {
      for (const path of ['/', '/login', '/api/auth/session', '/t/acme/traces', '/cloud/login'])
        expect(await decide(request(host, path))).toEqual({ kind: 'foreign' });
      expect(directory.findTenantBySlug).not.toHaveBeenCalled();
    },
  );
});

describe('decide on writes with a session cookie', () => {
  const write = { method: 'POST', hasSessionCookie: true };
  const host = `acme.${root}`;

  test('lets the host’s own origin through', async () => {
    expect(await decide(request(host, '/traces', { ...write, origin: `http://${host}` }))).toMatchObject({
      kind: 'page',
    });
  });

  test.each([
    null,
    'null',
    '',
    `http://other.${root}`,
    `http://${root}`,
    `http://cloud.${root}`,
    `https://${host}`,
    'http://acme.ragtoolkit.localhost',
    `http://${host}.evil.example`,
    'http://evil.example',
    `HTTP://${host.toUpperCase()}`,
  ])('refuses the origin %j', async (origin) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'post', 'X'])
      expect(await decide(request(host, '/traces', { ...write, method, origin }))).toEqual({
        kind: 'refuse',
        code: 'origin_mismatch',
      });
  });

  test('refuses on every surface, sign-in included', async () => {
    const origin = 'http://evil.example';
    for (const [other, path] of [
      [root, '/'],
      [`www.${root}`, '/'],
      [`cloud.${root}`, '/api/auth/signout'],
      [`acme.${root}`, '/api/auth/signout'],
      [`nobody.${root}`, '/'],
    ] as const)
      expect(await decide(request(other, path, { ...write, origin }))).toMatchObject({ kind: 'refuse' });
  });

  test('asks for no origin of reads, nor of writes without the cookie', async () => {
    const evil = { origin: 'http://evil.example' };
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      expect(isForgedWrite({ method, hasSessionCookie: true, ...evil }, host)).toBe(false);
    expect(isForgedWrite({ method: 'POST', hasSessionCookie: false, ...evil }, host)).toBe(false);
    expect(isForgedWrite({ method: 'POST', hasSessionCookie: true, ...evil }, host)).toBe(true);
  });
});
