import { type Permission, roleCan } from '@/lib/auth/permissions';
import type { TestPerson, TestTenant } from '../support/factories';
import { type Answer, rootDomain, send } from './support';
import type { World } from './worlds';

/**
 * A credential that is not the right one for the victim, where it is used, and what the rules say. `home` is the
 * intruder's own credential at their own tenant, which works, but on their own things only.
 */
export type Wrong = {
  name: string;
  host: string;
  headers: Record<string, string>;
  kind: 'none' | 'key' | 'session';
  /** Status of an API route. */
  api: number | 'home';
  /** Status of a page; `login` is a redirect to the login page. */
  page: number | 'login' | 'home';
  /** Code of an action's error. */
  action: string;
};

/** Every wrong credential for something that asks for `permission`; null is for anybody. */
export function credentialsAgainst(world: World, permission: Permission | null): Wrong[] {
  const { victim, intruder, closed, keys } = world;
  const unsigned = { page: 'login', action: 'unauthenticated' } as const;
  // A key may come in either header: each takes its turn.
  let turn = 0;
  const key = (name: string, value: string, host: string, api: Wrong['api']): Wrong => ({
    name,
    host,
    headers: turn++ % 2 ? { 'x-api-key': value } : { authorization: `Bearer ${value}` },
    kind: 'key',
    api,
    ...unsigned,
  });
  const session = (
    name: string,
    person: TestPerson,
    tenant: TestTenant,
    rules: Pick<Wrong, 'api' | 'page' | 'action'>,
  ): Wrong => ({
    name,
    host: tenant.host,
    headers: { cookie: person.cookie, origin: `http://${tenant.host}` },
    kind: 'session',
    ...rules,
  });
  const forbidden = { api: 403, page: 403, action: 'forbidden' };
  const gone = { api: 401, ...unsigned };
  const isOpenToKeys = permission !== null && /^(traces|feedback):/.test(permission);
  return [
    { name: 'nothing', host: victim.host, headers: {}, kind: 'none', ...gone },
    {
      name: 'headers that name the tenant',
      host: rootDomain,
      headers: { 'x-tenant-id': victim.id, 'x-tenant': victim.slug, 'x-forwarded-host': victim.host },
      kind: 'none',
      ...gone,
    },
    key("another tenant's key on this host", intruder.firstKey.key, victim.host, 404),
    key("this tenant's key on another's host", victim.firstKey.key, intruder.host, 404),
    key('a revoked key', keys.revoked, victim.host, 401),
    key('a revoked key on the root host', keys.revoked, rootDomain, 401),
    key('an expired key', keys.expired, victim.host, 401),
    key('a forged key', keys.forged, victim.host, 401),
    key('a key without scopes', keys.powerless, victim.host, 403),
    key("a closed tenant's key", keys.closed, closed.host, 403),
    key("a closed tenant's key on the root host", keys.closed, rootDomain, 403),
    session("another tenant's admin", intruder.admin, victim, forbidden),
    session('a removed member', world.removed, victim, forbidden),
    session('a revoked session', world.ended, victim, gone),
    session("a closed tenant's admin", closed.admin, closed, { ...forbidden, action: 'closed' }),
    ...(permission === null || roleCan(world.insider.role, permission)
      ? []
      : [session(`the role ${world.insider.role}`, world.insider, victim, forbidden)]),
    session('the own session at home', intruder.admin, intruder, {
      api: 'home',
      page: 'home',
      action: 'home',
    }),
    ...(isOpenToKeys
      ? [
          key('the own key at home', intruder.firstKey.key, intruder.host, 'home'),
          key('the own key on the root host', intruder.firstKey.key, rootDomain, 'home'),
        ]
      : []),
  ];
}

/** Calls a server action as the browser's router does. */
export function callAction(call: {
  host: string;
  path: string;
  id: string;
  input: unknown;
  headers?: Record<string, string>;
}): Promise<Answer> {
  return send({
    host: call.host,
    path: call.path,
    method: 'POST',
    headers: {
      accept: 'text/x-component',
      'content-type': 'text/plain;charset=UTF-8',
      'next-action': call.id,
      origin: `http://${call.host}`,
      ...call.headers,
    },
    body: JSON.stringify([call.input]),
  });
}

/** What became of an action: `ok`, the code of its error, or the answer's status when no action ran. */
export function outcomeOf(answer: Answer): string {
  if (/"ok":true/.test(answer.text)) return 'ok';
  return /"code":"(\w+)"/.exec(answer.text)?.[1] ?? `status ${answer.status}`;
}
