import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { permissionsAsMarkdown, permissionTable } from '@/lib/auth/permission-table';
import { type Permission, permissions, roleCan } from '@/lib/auth/permissions';
import { roles } from '@/lib/auth/schema';
import { scopes } from '@/lib/auth/scopes';

describe('permissionTable', () => {
  test('shows each permission once, with the roles that hold it', () => {
    const shown = permissionTable().resources.flatMap((resource) => resource.permissions);
    expect(shown.map(({ name }) => name).sort()).toEqual(Object.keys(permissions).sort());
    for (const permission of shown)
      for (const role of roles)
        expect(permission.roles.includes(role)).toBe(roleCan(role, permission.name as Permission));
  });

  test('has no heading without permissions', () => {
    expect(permissionTable().resources.filter((resource) => resource.permissions.length === 0)).toEqual([]);
  });

  test('shows each scope', () => {
    expect(permissionTable().scopes.map(({ name }) => name)).toEqual(Object.keys(scopes));
  });
});

test('docs/roles.md is the table of the code', async () => {
  await expect(permissionsAsMarkdown()).toMatchFileSnapshot(
    path.resolve(import.meta.dirname, '../../../docs/roles.md'),
  );
});
