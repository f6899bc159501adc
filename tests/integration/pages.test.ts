import { eq } from 'drizzle-orm';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { sessionCookie } from '@/lib/auth/session-cookie';
import { revokeSession } from '@/lib/auth/sessions';
import { currentSession, requireHostTenant, requireTenant } from '@/lib/tenancy/require-tenant';
import { makePerson, makeTenant, type TestTenant } from '@/tests/support/factories';

const request = vi.hoisted(() => ({ headers: new Map<string, string>(), token: '' }));

vi.mock('next/headers', async () => {
  const { sessionCookie: cookie } = await import('@/lib/auth/session-cookie');
  return {
    headers: async () => ({ get: (name: string) => request.headers.get(name) ?? null }),
    cookies: async () => ({
      get: (name: string) => (name === cookie().name && request.token ? { value: request.token } : undefined),
    }),
  };
});

// Next ends a page by throwing; here each way has a name.
vi.mock('next/navigation', () => ({
  redirect: (url: string) => {
    throw new Error(`redirect ${url}`);
  },
  notFound: () => {
    throw new Error('not found');
  },
  forbidden: () => {
    throw new Error('forbidden');
  },
}));

let tenant: TestTenant;
let other: TestTenant;

beforeAll(async () => {
  [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
});
beforeEach(() => {
  request.headers = new Map([['host', tenant.host]]);
  request.token = '';
});

const open = (slug = tenant.slug, permission: Parameters<typeof requireTenant>[1] = 'traces:read') =>
  requireTenant(Promise.resolve({ tenant: slug }), permission);

describe('requireTenant', () => {
  test('opens the page to a member', async () => {
    request.token = tenant.admin.token;
    expect(await open()).toEqual({
      tenant: { id: tenant.id, slug: tenant.slug, name: tenant.name, status: 'active', readOnlySince: null },
      actor: {
        kind: 'user',
        userId: tenant.admin.userId,
        email: tenant.admin.email,
        name: expect.any(String),
        role: 'admin',
      },
      requestId: expect.any(String),
    });
  });

  test('sends a stranger to the login page, and back afterwards', async () => {
    request.headers.set('x-ragtoolkit-path', '/traces?model=a&b=c');
    await expect(open()).rejects.toThrow(`redirect /login?next=${encodeURIComponent('/traces?model=a&b=c')}`);
    request.token = 'damaged';
    await expect(open()).rejects.toThrow('redirect /login');
  });

  test('sends somebody whose session has ended to the login page', async () => {
    const person = await makePerson(tenant, 'admin');
    request.token = person.token;
    await expect(open()).resolves.toBeTruthy();
    await revokeSession(person.sessionId);
    await expect(open()).rejects.toThrow('redirect /login');
  });

  test('is forbidden to who is no member, and to a role that lacks the permission', async () => {
    request.token = other.admin.token;
    await expect(open()).rejects.toThrow('forbidden');
    request.token = (await makePerson(tenant, 'viewer')).token;
    await expect(open()).resolves.toBeTruthy();
    await expect(open(tenant.slug, 'api-keys:create')).rejects.toThrow('forbidden');
  });

  test('finds nothing where path and host name different tenants', async () => {
    request.token = tenant.admin.token;
    await expect(open(other.slug)).rejects.toThrow('not found');
    for (const host of [
      'ragtoolkit.localhost:3000',
      'cloud.ragtoolkit.localhost:3000',
      'evil.example',
      '',
      other.host,
    ]) {
      request.headers.set('host', host);
      await expect(open()).rejects.toThrow('not found');
    }
  });

  test('finds nothing of a suspended tenant', async () => {
    const late = await makeTenant();
    await withPlatform((db) =>
      db.update(tenants).set({ status: 'suspended' }).where(eq(tenants.id, late.id)),
    );
    request.headers.set('host', late.host);
    request.token = late.admin.token;
    await expect(open(late.slug)).rejects.toThrow('not found');
    await expect(requireHostTenant(Promise.resolve({ tenant: late.slug }))).rejects.toThrow('not found');
  });
});

describe('currentSession', () => {
  test('knows the person on any host', async () => {
    request.headers.set('host', 'cloud.ragtoolkit.localhost:3000');
    expect(await currentSession()).toBeNull();
    request.token = tenant.admin.token;
    expect(await currentSession()).toMatchObject({ userId: tenant.admin.userId });
    expect(sessionCookie().name).toBe('ragtoolkit.session');
  });
});
