import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import * as environment from '@/lib/env';
import { cronEndpoint } from '@/lib/http/cron-endpoint';
import { call, readError } from '@/tests/support/requests';

const handler = vi.fn(async () => ({}));
const route = cronEndpoint({
  summary: 'Test',
  route: '/api/test',
  limit: 'caller',
  response: z.object({}),
  handler,
});
const ask = (authorization?: string) =>
  call(route, {
    path: '/api/test',
    host: 'cloud.ragtoolkit.localhost:3000',
    headers: authorization ? { authorization } : {},
  });
const withSecret = (cronSecret: string | undefined) =>
  vi.spyOn(environment, 'env').mockReturnValue({ ...environment.env(), cronSecret });

afterEach(() => {
  vi.restoreAllMocks();
  handler.mockClear();
});

describe('cronEndpoint', () => {
  test('lets the scheduler in, as the system', async () => {
    withSecret('the-secret-of-the-scheduler');
    expect((await ask('Bearer the-secret-of-the-scheduler')).status).toBe(200);
    expect(handler).toHaveBeenCalledWith({
      actor: { kind: 'system', name: 'cron' },
      requestId: expect.any(String),
    });
  });

  test.each([
    undefined,
    'Bearer ',
    'Bearer the-secret-of-the-schedule',
    'Bearer undefined',
    'the-secret-of-the-scheduler',
  ])('refuses %s', async (authorization) => {
    withSecret('the-secret-of-the-scheduler');
    expect(readError(await ask(authorization))).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(handler).not.toHaveBeenCalled();
  });

  test.each([undefined, 'Bearer ', 'Bearer undefined', 'Bearer null'])(
    'refuses %s where no secret is set',
    async (authorization) => {
      withSecret(undefined);
      expect(readError(await ask(authorization)).status).toBe(401);
      expect(handler).not.toHaveBeenCalled();
    },
  );
});
