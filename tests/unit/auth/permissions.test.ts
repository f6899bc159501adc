import { describe, expect, test } from 'vitest';
import { authorize, can } from '@/lib/auth/authorize';
import { type Permission, permissions, roleCan } from '@/lib/auth/permissions';
import { type Role, roles } from '@/lib/auth/schema';
import { roleMayGrant, type Scope, scopes, scopesCan } from '@/lib/auth/scopes';
import { newId } from '@/lib/ids';
import type { Actor, TenantContext } from '@/lib/tenancy/context';

const all = Object.keys(permissions) as Permission[];
const person = (role: Role): Actor => ({
  kind: 'user',
  userId: newId(),
  email: 'a@b.example',
  name: 'A',
  role,
});
const key = (...held: string[]): Actor => ({
  kind: 'api-key',
  keyId: newId(),
  scopes: held,
  creatorRole: null,
});

function context(actor: Actor): TenantContext {
  return { tenant: { id: newId(), slug: 'acme', name: 'Acme', status: 'active' }, actor, requestId: 'req' };
}

describe('permissions', () => {
  test('an admin may do everything', () => {
    expect(all.filter((permission) => !roleCan('admin', permission))).toEqual([]);
  });

  test('a viewer changes nothing', () => {
    expect(all.filter((permission) => roleCan('viewer', permission))).toEqual(
      all.filter((permission) => permission.endsWith(':read') && roleCan('viewer', permission)),
    );
  });

  test('an analyst sends traces and makes keys, but manages nobody', () => {
    for (const held of ['traces:write', 'api-keys:create', 'usage:read'] as const)
      expect(roleCan('analyst', held)).toBe(true);
    for (const lacked of ['api-keys:manage', 'members:invite', 'audit:read', 'tenant:update'] as const)
      expect(roleCan('analyst', lacked)).toBe(false);
  });

  test('each role may do what the one below may', () => {
    const below: [Role, Role][] = [
      ['viewer', 'analyst'],
      ['analyst', 'admin'],
    ];
    for (const [lower, higher] of below)
      for (const permission of all)
        if (roleCan(lower, permission)) expect(roleCan(higher, permission)).toBe(true);
  });

  test('every scope grants permissions that exist', () => {
    for (const { grants } of Object.values(scopes))
      expect(grants.filter((permission) => !(permission in permissions))).toEqual([]);
  });

  test('no role holds a permission that does not exist', () => {
    expect(() => roleCan('admin', 'nothing' as Permission)).toThrow();
    expect(roleCan('owner' as Role, 'traces:read')).toBe(false);
    expect(roles).toHaveLength(3);
  });
});

describe('scopes', () => {
  test('never reach beyond what the key’s creator may do now', () => {
    expect(scopesCan(['admin'], null, 'members:invite')).toBe(true);
    expect(scopesCan(['admin'], 'admin', 'members:invite')).toBe(true);
    expect(scopesCan(['admin'], 'analyst', 'members:invite')).toBe(false);
    expect(scopesCan(['admin'], 'analyst', 'traces:write')).toBe(true);
    expect(scopesCan(['traces:write'], 'viewer', 'traces:write')).toBe(false);
  });

  test('are given by who holds all of what they grant', () => {
    const given = (role: Role) =>
      (Object.keys(scopes) as Scope[]).filter((scope) => roleMayGrant(role, scope));
    expect(given('admin')).toEqual(Object.keys(scopes));
    expect(given('analyst')).toEqual(Object.keys(scopes).filter((scope) => scope !== 'admin'));
    expect(given('viewer')).toEqual(['traces:read']);
  });

  test('of a publish key write feedback and nothing else', () => {
    expect(all.filter((permission) => scopesCan(['feedback:write'], null, permission))).toEqual([
      'feedback:write',
    ]);
  });
});

describe('can', () => {
  test('holds a key to its scopes', () => {
    expect(can(key('traces:read'), 'traces:read')).toBe(true);
    expect(can(key('traces:read'), 'traces:write')).toBe(false);
    expect(can(key(), 'traces:read')).toBe(false);
    expect(can(key('traces'), 'traces:read')).toBe(false);
    expect(can(key('traces:*'), 'traces:read')).toBe(false);
  });

  test('holds a person to their role', () => {
    expect(can(person('viewer'), 'traces:write')).toBe(false);
    expect(can(person('analyst'), 'traces:write')).toBe(true);
  });

  test('lets the system do its work', () => {
    expect(can({ kind: 'system', name: 'seed' }, 'traces:write')).toBe(true);
  });
});

describe('authorize', () => {
  test('throws forbidden and says what is missing', () => {
    expect(() => authorize(context(person('viewer')), 'traces:write')).toThrow(
      expect.objectContaining({ code: 'forbidden', status: 403, message: expect.stringMatching(/role/) }),
    );
    expect(() => authorize(context(key('traces:read')), 'traces:write')).toThrow(
      expect.objectContaining({ code: 'forbidden', message: expect.stringContaining('"traces:write"') }),
    );
  });

  test('lets through what is allowed', () => {
    expect(() => authorize(context(person('analyst')), 'traces:write')).not.toThrow();
  });
});
