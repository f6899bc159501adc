import { describe, expect, test } from 'vitest';
import { apiKeyScopes } from '@/lib/api-keys/schema';
import { authorize, can } from '@/lib/auth/authorize';
import { type Permission, permissions, roleCan } from '@/lib/auth/permissions';
import { type Role, roles } from '@/lib/auth/schema';
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
const key = (...scopes: string[]): Actor => ({ kind: 'api-key', keyId: newId(), scopes });

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

  test('an analyst sends traces and makes no keys', () => {
    expect(roleCan('analyst', 'traces:write')).toBe(true);
    expect(roleCan('analyst', 'api-keys:create')).toBe(false);
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

  test('every scope of a key is a permission', () => {
    expect(apiKeyScopes.filter((scope) => !(scope in permissions))).toEqual([]);
  });

  test('no role holds a permission that does not exist', () => {
    expect(() => roleCan('admin', 'nothing' as Permission)).toThrow();
    expect(roleCan('owner' as Role, 'traces:read')).toBe(false);
    expect(roles).toHaveLength(3);
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
