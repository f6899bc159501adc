import { NextRequest } from 'next/server';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { sessionCookie } from '@/lib/auth/session-cookie';
import { config, middleware } from '@/middleware';

const directory = vi.hoisted(() => ({ findTenantBySlug: vi.fn(), findTenantByFormerSlug: vi.fn() }));
vi.mock('@/lib/tenancy/directory', () => directory);

const root = 'ragtoolkit.localhost:3000';
const acme = { id: 'a0000000-0000-4000-8000-000000000000', slug: 'acme', name: 'Acme', status: 'active' };

beforeEach(() => {
  directory.findTenantBySlug
    .mockReset()
    .mockImplementation(async (slug: string) => (slug === 'acme' ? acme : null));
});

/** As Next makes it: its address always says localhost. */
function ask(host: string, path: string, headers: Record<string, string> = {}, method = 'GET') {
  return middleware(
    new NextRequest(`http://localhost:3000${path}`, { method, headers: { host, ...headers } }),
  );
}

/** A header as the code behind the gateway will read it. */
function passedOn(response: Response, name: string): string | null {
  return response.headers.get(`x-middleware-request-${name}`);
}

function target(response: Response): string {
  return response.headers.get('x-middleware-rewrite') ?? '';
}

describe('middleware', () => {
  test('sends a tenant’s page to the tenant’s own path', async () => {
    const response = await ask(`acme.${root}`, '/traces?model=x');
    expect(target(response)).toBe('http://localhost:3000/t/acme/traces?model=x');
    expect(passedOn(response, 'x-ragtoolkit-path')).toBe('/traces?model=x');
  });

  const forged = {
    'x-forwarded-host': `victim.${root}`,
    'x-forwarded-proto': 'gopher',
    'x-forwarded-for': '127.0.0.1',
    'x-tenant': 'victim',
    'x-tenant-id': 'victim',
    'x-ragtoolkit-path': '/forged',
    'x-nonce': 'forged',
    'content-security-policy': "script-src 'nonce-forged'",
  };

  test('sends a request with forged headers where it sends one without', async () => {
    for (const host of [root, `cloud.${root}`, `acme.${root}`, `nobody.${root}`]) {
      const honest = await ask(host, '/login');
      const lying = await ask(host, '/login', forged);
      expect(lying.status).toBe(honest.status);
      expect(target(lying)).toBe(target(honest));
      expect(lying.headers.get('location')).toBe(honest.headers.get('location'));
      for (const name of ['x-forwarded-host', 'x-forwarded-proto', 'x-ragtoolkit-path'])
        expect(passedOn(lying, name)).toBe(passedOn(honest, name));
    }
  });

  test('tells next-auth the host that links may be built from', async () => {
    const response = await ask(`ACME.${root}`, '/api/auth/signin/email', forged);
    expect(target(response)).toBe('');
    expect(passedOn(response, 'x-forwarded-host')).toBe(`acme.${root}`);
    expect(passedOn(response, 'x-forwarded-proto')).toBe('http');
  });

  test('gives each answer a nonce of its own, in the policy and behind the gateway', async () => {
    const [first, second] = await Promise.all([
      ask(`acme.${root}`, '/', forged),
      ask(`acme.${root}`, '/', forged),
    ]);
    const nonces = [first, second].map((response) => passedOn(response, 'x-nonce'));
    expect(nonces[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(nonces[0]).not.toBe(nonces[1]);
    expect(first.headers.get('content-security-policy')).toContain(`'nonce-${nonces[0]}'`);
    expect(passedOn(first, 'content-security-policy')).toContain(`'nonce-${nonces[0]}'`);
  });

  test('serves nothing on a foreign host', async () => {
    for (const host of ['127.0.0.1:3000', 'localhost:3000', 'evil.example'])
      for (const path of ['/', '/login', '/api/auth/session', '/t/acme/traces']) {
        const response = await ask(host, path, { 'x-forwarded-host': `acme.${root}` });
        expect(response.status).toBe(404);
        expect(target(response)).toBe('');
        expect(response.headers.get('set-cookie')).toBeNull();
        expect(response.headers.get('location')).toBeNull();
      }
  });

  test('refuses a write with our cookie from another origin', async () => {
    const cookie = `${sessionCookie().name}=x`;
    const refused = await ask(`acme.${root}`, '/traces', { cookie, origin: `http://other.${root}` }, 'POST');
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ error: { code: 'origin_mismatch' } });
    const served = await ask(`acme.${root}`, '/traces', { cookie, origin: `http://acme.${root}` }, 'POST');
    expect(target(served)).toContain('/t/acme/traces');
  });

  test('puts the security headers on every kind of answer', async () => {
    for (const [host, path] of [
      [root, '/'],
      [`www.${root}`, '/'],
      [`acme.${root}`, '/api/auth/session'],
      ['evil.example', '/'],
    ] as const) {
      const response = await ask(host, path);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('content-security-policy')).toContain("object-src 'none'");
    }
  });
});

describe('config.matcher', () => {
  const matcher = new RegExp(`^${config.matcher[0]}$`);

  test.each([
    '/',
    '/traces',
    '/t/acme/traces',
    '/api/auth/session',
    '/healthy',
    '/health/x',
    '/v1/traces/x',
    '/v1',
    '/api',
    '/apis',
    '/icon.svg/x',
    '/_nextpage',
  ])('lets the gateway see %s', (path) => expect(matcher.test(path)).toBe(true));

  test.each(['/api/v1/traces', '/api/health', '/api/x', '/v1/traces', '/health', '/_next/static/a.js'])(
    'leaves %s to its own handler',
    (path) => expect(matcher.test(path)).toBe(false),
  );
});
