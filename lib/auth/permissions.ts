import type { Role } from './schema';

/**
 * Everything that can be done in a tenant, and who may do it: the one table that server, interface and docs read.
 * A key may do what its scopes name.
 */
export const permissions = {
  'traces:read': { description: 'See traces and their evaluations', roles: ['admin', 'analyst', 'viewer'] },
  'traces:write': { description: 'Send traces', roles: ['admin', 'analyst'] },
  'api-keys:read': { description: 'See API keys, never their secrets', roles: ['admin'] },
  'api-keys:create': { description: 'Create API keys', roles: ['admin'] },
  'api-keys:revoke': { description: 'Revoke API keys', roles: ['admin'] },
  'isolation:check': { description: 'Run the isolation check and see its result', roles: ['admin'] },
  'tenant:export': { description: 'Download everything of the workspace', roles: ['admin'] },
  'tenant:update': { description: 'Rename the workspace and change its address', roles: ['admin'] },
  'tenant:delete': { description: 'Delete the workspace, or keep it after all', roles: ['admin'] },
} as const satisfies Record<string, { description: string; roles: readonly Role[] }>;

export type Permission = keyof typeof permissions;

/** Whether a role holds a permission. */
export function roleCan(role: Role, permission: Permission): boolean {
  return (permissions[permission].roles as readonly Role[]).includes(role);
}
