import { type Permission, permissions, roleCan } from './permissions';
import type { Role } from './schema';

/** What a key may be allowed, and which permissions that is. `feedback:write` alone is what a publish key has. */
export const scopes = {
  'traces:write': {
    description: 'Send traces and feedback',
    grants: ['traces:write', 'feedback:write', 'tenant:read'],
  },
  'traces:read': {
    description: 'Read traces, evaluations and feedback',
    grants: ['traces:read', 'tenant:read'],
  },
  'evaluations:write': { description: 'Send evaluations', grants: ['evaluations:write', 'tenant:read'] },
  'usage:read': { description: 'Read what the workspace uses', grants: ['usage:read', 'tenant:read'] },
  'feedback:write': { description: 'Send feedback on answers', grants: ['feedback:write'] },
  admin: {
    description: 'Everything that an admin may',
    grants: Object.keys(permissions) as Permission[],
  },
} as const satisfies Record<string, { description: string; grants: readonly Permission[] }>;

export type Scope = keyof typeof scopes;

/** Whether a text names a scope: a key from elsewhere may carry others, which mean nothing here. */
export function isScope(text: string): text is Scope {
  return Object.hasOwn(scopes, text);
}

/** Whether scopes hold a permission, for a key whose creator has this role now; null for one that has no creator to be bounded by. */
export function scopesCan(
  held: readonly string[],
  creatorRole: Role | null,
  permission: Permission,
): boolean {
  const granted = held.some(
    (scope) => isScope(scope) && (scopes[scope].grants as readonly Permission[]).includes(permission),
  );
  return granted && (creatorRole === null || roleCan(creatorRole, permission));
}

/** Whether a role may give a key this scope: only if it holds all that the scope grants. */
export function roleMayGrant(role: Role, scope: Scope): boolean {
  return scopes[scope].grants.every((permission) => roleCan(role, permission));
}
