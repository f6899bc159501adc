import { beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import {
  createApiKey,
  renameApiKey,
  revokeApiKey,
  rotateApiKey,
  setServiceKey,
} from '@/lib/api-keys/actions';
import { readFirstKey } from '@/lib/auth/first-key-cookie';
import { sessionCookie } from '@/lib/auth/session-cookie';
import { readTenantSession, revokeSession } from '@/lib/auth/sessions';
import { AppError } from '@/lib/errors';
import { action, actionRegistry, publicAction } from '@/lib/http/action';
import { createWorkspace } from '@/lib/workflows/new-workspace/actions';
import { checkSlug, signUp } from '@/lib/workflows/sign-up/actions';
import {
  makeKey,
  makePerson,
  makeTenant,
  password,
  type TestTenant,
  unique,
} from '@/tests/support/factories';

/** What next/headers would say of the request that calls an action, and the cookies that the answer sets. */
const request = vi.hoisted(() => ({
  headers: new Map<string, string>(),
  cookie: '',
  set: new Map<string, { value: string; options: Record<string, unknown> }>(),
}));

vi.mock('next/headers', () => ({
  headers: async () => ({ get: (name: string) => request.headers.get(name) ?? null }),
  cookies: async () => ({
    toString: () => request.cookie,
    get: (name: string) => {
      const [own, value] = request.cookie.split('=');
      return own === name && value ? { value } : undefined;
    },
    set: (name: string, value: string, options: Record<string, unknown>) =>
      request.set.set(name, { value, options }),
  }),
}));

beforeEach(() => {
  request.headers.clear();
  request.set.clear();
  request.cookie = '';
});

/** Calls come from a page of the tenant's own host from now on. */
function from(tenant: TestTenant, cookie: string, origin = `http://${tenant.host}`): void {
  request.headers = new Map([
    ['host', tenant.host],
    ['origin', origin],
  ]);
  request.cookie = cookie;
}

describe('an action of the console', () => {
  test('does what an admin asks for', async () => {
    const tenant = await makeTenant();
    from(tenant, tenant.admin.cookie);
    const result = await createApiKey({ name: '  CI  ' });
    expect(result).toMatchObject({ ok: true, data: { name: 'CI', key: expect.stringMatching(/^rtk_/) } });
  });

  test('answers with the fields that need attention', async () => {
    const tenant = await makeTenant();
    from(tenant, tenant.admin.cookie);
    for (const input of [{ name: ' ' }, { name: 'x'.repeat(81) }, {}, { name: 7 }, null, [], 'x'])
      expect(await createApiKey(input as never)).toMatchObject({
        ok: false,
        error: { code: 'invalid_input', requestId: expect.any(String), issues: [expect.anything()] },
      });
  });

  test('rotates, renames and makes service keys, and names what it cannot read', async () => {
    const tenant = await makeTenant();
    const { keyId: id } = await makeKey(tenant);
    from(tenant, tenant.admin.cookie);
    expect(await rotateApiKey({ id, overlap: '1h' })).toMatchObject({
      ok: true,
      data: { name: 'Test key', kind: 'secret', key: expect.stringMatching(/^rtk_/) },
    });
    expect(await renameApiKey({ id, name: ' New ' })).toEqual({ ok: true, data: { id, name: 'New' } });
    expect(await setServiceKey({ id, service: true })).toEqual({ ok: true, data: { id, service: true } });
    for (const [result, path] of [
      [await rotateApiKey({ id, overlap: '1y' as never }), 'overlap'],
      [await rotateApiKey({ id: 'x', overlap: 'now' }), 'id'],
      [await renameApiKey({ id, name: '\u0000'.repeat(81) }), 'name'],
      [await setServiceKey({ id, service: 'yes' as never }), 'service'],
      [await createApiKey({ name: 'x', scopes: ['feedback:write' as never] }), 'scopes[0]'],
      [await createApiKey({ name: 'x', expires: '2020-01-01T00:00:00Z' }), 'expires'],
    ] as const)
      expect(result).toMatchObject({ ok: false, error: { code: 'invalid_input', issues: [{ path }] } });
  });

  test('stores no text that the database cannot', async () => {
    const tenant = await makeTenant();
    from(tenant, tenant.admin.cookie);
    expect(await createApiKey({ name: 'a\u0000b\ud800' })).toMatchObject({
      ok: true,
      data: { name: 'a\uFFFDb\uFFFD' },
    });
  });

  test('is refused to everybody else, without saying more', async () => {
    const [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
    const [viewer, ended] = await Promise.all([makePerson(tenant, 'viewer'), makePerson(tenant, 'admin')]);
    await revokeSession(ended.sessionId);
    for (const [cookie, origin, code] of [
      [viewer.cookie, undefined, 'forbidden'],
      [other.admin.cookie, undefined, 'forbidden'],
      [ended.cookie, undefined, 'unauthenticated'],
      ['', undefined, 'unauthenticated'],
      [tenant.admin.cookie, `http://${other.host}`, 'origin_mismatch'],
      [tenant.admin.cookie, '', 'origin_mismatch'],
    ] as const) {
      from(tenant, cookie, origin);
      expect(await createApiKey({ name: 'x' })).toMatchObject({ ok: false, error: { code } });
    }
  });

  test('acts on the tenant of its host, whatever its input names', async () => {
    const [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
    const { keyId } = await makeKey(other);
    from(tenant, tenant.admin.cookie);
    expect(await revokeApiKey({ id: keyId })).toMatchObject({ ok: false, error: { code: 'not_found' } });
    for (const id of ["' or true --", '', keyId.toUpperCase()])
      expect((await revokeApiKey({ id })).ok).toBe(false);
  });
});

describe('action', () => {
  test('asks for its permission itself, whatever the verb behind it does', async () => {
    const tenant = await makeTenant();
    const viewer = await makePerson(tenant, 'viewer');
    const contract = {
      name: 'test',
      limit: 'caller',
      permission: 'traces:write',
      input: z.unknown(),
      output: z.string(),
    } as const;
    const act = action(contract, async () => 'done');
    from(tenant, tenant.admin.cookie);
    expect(await act({})).toEqual({ ok: true, data: 'done' });
    from(tenant, viewer.cookie);
    expect(await act({})).toMatchObject({ ok: false, error: { code: 'forbidden' } });
  });
});

describe('an action for anybody', () => {
  const contract = {
    name: 'test',
    limit: 'caller',
    input: z.object({ a: z.string() }),
    output: z.object({ b: z.string() }),
  } as const;

  test('answers an unknown error with nothing of it', async () => {
    const failing = publicAction(contract, async () => {
      throw new Error('a secret detail');
    });
    const result = await failing({ a: 'x' });
    expect(result).toMatchObject({ ok: false, error: { code: 'internal', issues: [] } });
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  test('answers a known error as it is', async () => {
    const issues = [{ path: 'a', message: 'Taken.' }];
    const refusing = publicAction(contract, async () => {
      throw new AppError('conflict', 'Taken.', issues);
    });
    expect(await refusing({ a: 'x' })).toMatchObject({
      ok: false,
      error: { code: 'conflict', message: 'Taken.', issues },
    });
  });

  test('says how long to wait where it is asked too often, unless it has a reason of its own', async () => {
    const refusing = (reason?: string) =>
      publicAction(contract, async () => {
        throw new AppError('rate_limited', reason, [], 30);
      })({ a: 'x' });
    const saying = (message: string) => ({ ok: false, error: { code: 'rate_limited', message } });
    expect(await refusing()).toMatchObject(saying('Too many requests. Try again in 30 seconds.'));
    expect(await refusing('It was sent already.')).toMatchObject(saying('It was sent already.'));
  });

  test('lets nothing out that is not declared', async () => {
    const leaking = publicAction(contract, async () => ({ b: 'x', secret: 'y' }));
    expect(await leaking({ a: 'x' })).toEqual({ ok: true, data: { b: 'x' } });
  });

  test('is on the list of actions with what it asks for', () => {
    expect(actionRegistry.get('test')).toEqual({ permission: null });
    expect(actionRegistry.get('api-keys.create')).toEqual({ permission: 'api-keys:create' });
  });
});

describe('signing up from the form', () => {
  const form = () => {
    const id = unique();
    return {
      name: 'Ada',
      email: `ada-${id}@example.com`,
      password,
      tenantName: 'Acme',
      slug: `team-${id}`,
    };
  };

  test('signs the person in, and hands the first key over in a cookie', async () => {
    const input = form();
    expect(await signUp(input)).toEqual({
      ok: true,
      data: { consoleUrl: `http://${input.slug}.ragtoolkit.localhost:3000/traces` },
    });
    const session = request.set.get(sessionCookie().name);
    expect(session?.options).toMatchObject({
      httpOnly: true,
      sameSite: 'lax',
      domain: 'ragtoolkit.localhost',
    });
    const [firstKey] = [...request.set].filter(([name]) => name !== sessionCookie().name);
    expect(firstKey?.[1].options).toMatchObject({ httpOnly: true, maxAge: 3600 });

    const { sql } = (await import('@/db/client')).pool('owner');
    const [tenant] = await sql<{ id: string }[]>`select id from tenants where slug = ${input.slug}`;
    expect(await readTenantSession(session?.value, tenant?.id ?? '')).toMatchObject({ role: 'admin' });
    expect(await readFirstKey(firstKey?.[1].value, tenant?.id ?? '')).toMatch(/^rtk_/);
  });

  test('sets no cookie when it fails, and says which field', async () => {
    const input = form();
    await signUp(input);
    request.set.clear();
    expect(await signUp({ ...form(), slug: input.slug })).toMatchObject({
      ok: false,
      error: { code: 'conflict', issues: [{ path: 'slug' }] },
    });
    expect(await signUp({ ...form(), password: 'short', slug: 'www' })).toMatchObject({
      ok: false,
      error: { code: 'invalid_input', issues: [{ path: 'password' }, { path: 'slug' }] },
    });
    expect(request.set.size).toBe(0);
  });

  test('lets a password with any character in it be used afterwards', async () => {
    const input = { ...form(), password: 'odd \u0000 \ud800 password' };
    expect(await signUp(input)).toMatchObject({ ok: true });
    const { nextAuthOptions } = await import('@/lib/auth/next-auth');
    const provider = nextAuthOptions().providers.find((one) => one.id === 'credentials') as unknown as {
      options: { authorize: (given: Record<string, string>, request: unknown) => Promise<unknown> };
    };
    expect(
      await provider.options.authorize({ email: input.email, password: input.password }, {}),
    ).not.toBeNull();
  });

  test('checks a name as one types it', async () => {
    const tenant = await makeTenant();
    expect(await checkSlug({ slug: ` ${tenant.slug.toUpperCase()} ` })).toMatchObject({
      ok: true,
      data: { available: false },
    });
    expect(await checkSlug({ slug: `free-${unique()}` })).toMatchObject({
      ok: true,
      data: { available: true },
    });
    for (const slug of ['a\u0000b', '\ud800xx', "' or true --"])
      expect(await checkSlug({ slug })).toMatchObject({ ok: true, data: { available: false } });
    expect(await checkSlug({ slug: 'x'.repeat(101) })).toMatchObject({ ok: false });
  });

  test('is refused to an address on the network that has made too many', async () => {
    request.headers.set('x-forwarded-for', `192.0.2.1, ${unique()}`);
    for (let count = 0; count < 10; count++) expect(await signUp(form())).toMatchObject({ ok: true });
    request.set.clear();
    expect(await signUp(form())).toMatchObject({
      ok: false,
      error: {
        code: 'rate_limited',
        message: expect.stringMatching(/^Too many attempts\. Try again in [67] minutes\.$/),
      },
    });
    expect(request.set.size).toBe(0);
    request.headers.set('x-forwarded-for', unique());
    expect(await signUp(form())).toMatchObject({ ok: true });
  });
});

describe('making a further workspace from the form', () => {
  const named = () => ({ tenantName: 'Further', slug: `team-${unique()}` });

  test('hands the first key over in a cookie, and leaves the session as it is', async () => {
    const tenant = await makeTenant();
    from(tenant, tenant.admin.cookie);
    const input = named();
    expect(await createWorkspace(input)).toEqual({
      ok: true,
      data: { consoleUrl: `http://${input.slug}.ragtoolkit.localhost:3000/traces` },
    });
    expect([...request.set.keys()]).not.toContain(sessionCookie().name);
    const { sql } = (await import('@/db/client')).pool('owner');
    const [made] = await sql<{ id: string }[]>`select id from tenants where slug = ${input.slug}`;
    const [firstKey] = [...request.set.values()];
    expect(await readFirstKey(firstKey?.value, made?.id ?? '')).toMatch(/^rtk_/);
    expect(await readTenantSession(tenant.admin.token, made?.id ?? '')).toMatchObject({ role: 'admin' });
    expect(await createWorkspace(input)).toMatchObject({
      ok: false,
      error: { code: 'conflict', issues: [{ path: 'slug' }] },
    });
  });

  test('is refused to nobody, and to a session that has ended', async () => {
    const tenant = await makeTenant();
    expect(await createWorkspace(named())).toMatchObject({ ok: false, error: { code: 'unauthenticated' } });
    const ended = await makePerson(tenant, 'admin');
    await revokeSession(ended.sessionId);
    from(tenant, ended.cookie);
    expect(await createWorkspace(named())).toMatchObject({ ok: false, error: { code: 'unauthenticated' } });
    expect(request.set.size).toBe(0);
  });

  test('is refused to an account that has made too many, wherever it asks from', async () => {
    const tenant = await makeTenant();
    from(tenant, tenant.admin.cookie);
    for (let count = 0; count < 10; count++) {
      request.headers.set('x-forwarded-for', unique());
      expect(await createWorkspace(named())).toMatchObject({ ok: true });
    }
    request.headers.set('x-forwarded-for', unique());
    expect(await createWorkspace(named())).toMatchObject({ ok: false, error: { code: 'rate_limited' } });
  });
});
