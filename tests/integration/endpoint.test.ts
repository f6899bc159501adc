import { beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { AppError } from '@/lib/errors';
import { endpoint, publicEndpoint } from '@/lib/http/endpoint';
import { makePerson, makeTenant, type TestTenant } from '@/tests/support/factories';
import { call, readError } from '@/tests/support/requests';

let tenant: TestTenant;
beforeAll(async () => {
  tenant = await makeTenant();
});

const about = { summary: 'Test', route: '/api/test', tag: 'Meta', limit: 'caller' } as const;
const to = () => ({ path: '/api/test', host: tenant.host, key: tenant.firstKey.key });

describe('endpoint', () => {
  test('asks for its permission itself, whatever the verb behind it does', async () => {
    const handler = vi.fn(async () => ({}));
    const admins = endpoint({ ...about, permission: 'api-keys:create', response: z.object({}), handler });
    expect(readError(await call(admins, to()))).toMatchObject({ status: 403, code: 'forbidden' });
    const viewer = await makePerson(tenant, 'viewer');
    const asViewer = { ...to(), key: undefined, headers: { cookie: viewer.cookie } };
    expect(readError(await call(admins, asViewer))).toMatchObject({ status: 403, code: 'forbidden' });
    expect(handler).not.toHaveBeenCalled();

    const asAdmin = { ...to(), key: undefined, headers: { cookie: tenant.admin.cookie } };
    expect(await call(admins, asAdmin)).toMatchObject({ status: 200, body: {} });
  });

  test('asks who it is before it looks at what is sent', async () => {
    const route = endpoint({
      ...about,
      permission: 'traces:write',
      body: z.object({ a: z.string() }),
      response: z.object({}),
      handler: async () => ({}),
    });
    const wrong = { ...to(), method: 'POST', body: '{' } as const;
    expect((await call(route, { ...wrong, key: 'rtk_x' })).status).toBe(401);
    expect((await call(route, wrong)).status).toBe(422);
  });

  test('hands its handler what was parsed, and no more', async () => {
    const handler = vi.fn(async () => ({}));
    const route = endpoint({
      ...about,
      permission: 'traces:write',
      params: z.object({ id: z.string() }),
      query: z.object({ page: z.coerce.number() }),
      body: z.object({ a: z.string() }),
      response: z.object({}),
      handler,
    });
    await call(route, {
      ...to(),
      method: 'POST',
      path: '/api/test?page=2&other=1',
      params: { id: 'x', other: 'y' },
      body: { a: 'b', tenant: 'other' },
    });
    expect(handler).toHaveBeenCalledWith(
      expect.objectContaining({ tenant: expect.objectContaining({ id: tenant.id }) }),
      { params: { id: 'x' }, query: { page: 2 }, body: { a: 'b' } },
    );
  });

  test('lets nothing out that is not declared', async () => {
    const leaking = publicEndpoint({
      ...about,
      response: z.object({ rows: z.array(z.object({ a: z.string() })) }),
      handler: async () => ({ rows: [{ a: 'x', secret: 'y' }], secret: 'z' }),
    });
    expect((await call(leaking, to())).body).toEqual({ rows: [{ a: 'x' }] });
  });

  test('answers with its own status', async () => {
    const created = publicEndpoint({
      ...about,
      status: 201,
      response: z.object({}),
      handler: async () => ({}),
    });
    expect((await call(created, to())).status).toBe(201);
  });

  test('answers 500 and nothing of the reason to what nobody foresaw', async () => {
    for (const handler of [
      async () => {
        throw new Error('a secret detail');
      },
      async () => {
        throw 'a secret detail';
      },
      async () => {
        throw null;
      },
      async () => ({ a: 7, detail: 'a secret detail' }) as never,
    ]) {
      const broken = publicEndpoint({ ...about, response: z.object({ a: z.string() }), handler });
      const answer = await call(broken, to());
      expect(readError(answer)).toMatchObject({ status: 500, code: 'internal' });
      expect(JSON.stringify(answer.body)).not.toContain('secret');
      expect((answer.body as { error: { request_id: string } }).error.request_id).toBe(
        answer.headers.get('x-request-id'),
      );
    }
  });

  test('answers what a verb refuses with, whole', async () => {
    const refusing = publicEndpoint({
      ...about,
      response: z.object({}),
      handler: async () => {
        throw new AppError('limit_exceeded', 'No more seats.', [{ path: 'seats', message: 'At most 3.' }]);
      },
    });
    expect(readError(await call(refusing, to()))).toEqual({
      status: 403,
      code: 'limit_exceeded',
      message: 'No more seats.',
      issues: [{ path: 'seats', message: 'At most 3.' }],
    });
  });
});
