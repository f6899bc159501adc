import { beforeAll, describe, expect, test } from 'vitest';
import { documentedRoutes } from '@/app/api/v1/openapi.json/routes';
import { type Scope, scopes } from '@/lib/auth/scopes';
import type { Endpoint } from '@/lib/http/endpoint';
import { confirmAddresses, makeKey, makeTenant, type TestTenant, unique } from '@/tests/support/factories';

/** Every route of a tenant × every scope: a key opens what its scopes grant, and nothing else. */
const routes = documentedRoutes
  .flatMap((handlers) => Object.entries(handlers))
  .filter((entry): entry is [string, Endpoint] => entry[0] !== 'OPTIONS' && entry[1] !== undefined)
  .flatMap(([method, handler]) => {
    const { permission, route } = handler.contract;
    return permission ? [{ name: `${method} ${route}`, method, handler, permission }] : [];
  });
const names = Object.keys(scopes) as Scope[];

let tenant: TestTenant;
const keys = new Map<string, string>();

beforeAll(async () => {
  tenant = await makeTenant();
  await confirmAddresses(tenant.admin); // who has not may not invite
  for (const scope of names) {
    const given = scope === 'feedback:write' ? { kind: 'publish' as const } : { scopes: [scope] };
    keys.set(scope, (await makeKey(tenant, given)).key);
  }
});

async function statusOf(route: (typeof routes)[number], key: string): Promise<number> {
  const { example, body } = route.handler.contract;
  const init: RequestInit = {
    method: route.method,
    headers: { host: tenant.host, authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  };
  if (body) init.body = JSON.stringify(example);
  const request = new Request('http://localhost:3000/x', init);
  const response = await route.handler(request, {
    params: Promise.resolve({ traceId: `none-${unique()}`, spanId: '0123456789abcdef' }),
  });
  await response.body?.cancel();
  return response.status;
}

describe.each(names)('a key with the scope %s', (scope) => {
  test.each(routes)('opens $name as it should', async (route) => {
    const status = await statusOf(route, keys.get(scope) ?? '');
    const granted = (scopes[scope].grants as readonly string[]).includes(route.permission);
    // Some want a query, which is looked at once the key may ask, or Stripe, which nobody plays here.
    if (granted) expect([200, 201, 404, 422, 503]).toContain(status);
    else expect(status).toBe(403);
  });
});

test('the table has routes for most scopes', () => {
  const opened = names.filter((scope) =>
    routes.some(({ permission }) => (scopes[scope].grants as readonly string[]).includes(permission)),
  );
  expect(opened).toEqual(expect.arrayContaining(['traces:write', 'traces:read', 'feedback:write', 'admin']));
});
