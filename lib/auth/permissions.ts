import type { Role } from './schema';

/**
 * Everything that can be done in a tenant, and who may do it: the one table that server, interface and docs read.
 * What an API key may do is told by its scopes (scopes.ts), within what its creator may.
 */
export const permissions = {
  'traces:read': {
    description: 'See traces, their evaluations and feedback',
    roles: ['admin', 'analyst', 'viewer'],
  },
  'traces:write': { description: 'Send traces', roles: ['admin', 'analyst'] },
  'feedback:write': { description: 'Give feedback on answers', roles: ['admin', 'analyst'] },
  'evaluations:write': { description: 'Send evaluations', roles: ['admin', 'analyst'] },
  'usage:read': { description: 'See what the workspace uses', roles: ['admin', 'analyst'] },
  'usage:cap': { description: 'Set what usage beyond the plan may cost', roles: ['admin'] },
  'billing:read': { description: 'See plan, invoices and what the workspace pays', roles: ['admin'] },
  'billing:manage': { description: 'Subscribe, change the plan, pay and cancel', roles: ['admin'] },
  'members:read': { description: 'See who belongs to the workspace', roles: ['admin', 'analyst', 'viewer'] },
  'members:invite': { description: 'Invite people, and take invitations back', roles: ['admin'] },
  'members:update': { description: 'Change people’s roles', roles: ['admin'] },
  'members:remove': { description: 'Remove people', roles: ['admin'] },
  'roles:read': { description: 'See what each role may do', roles: ['admin', 'analyst', 'viewer'] },
  'api-keys:read': { description: 'See API keys, never their secrets', roles: ['admin', 'analyst'] },
  'api-keys:create': {
    description: 'Create API keys that may do what one may oneself',
    roles: ['admin', 'analyst'],
  },
  'api-keys:update': {
    description: 'Rename, rotate and revoke one’s own API keys',
    roles: ['admin', 'analyst'],
  },
  'api-keys:manage': {
    description: 'Rename, rotate and revoke everybody’s API keys, and make service keys',
    roles: ['admin'],
  },
  'audit:read': { description: 'Read the audit log', roles: ['admin'] },
  'audit:export': { description: 'Download the audit log', roles: ['admin'] },
  'isolation:check': { description: 'Run the isolation check and see its result', roles: ['admin'] },
  'tenant:read': {
    description: 'See the workspace’s name, address and plan',
    roles: ['admin', 'analyst', 'viewer'],
  },
  'tenant:export': { description: 'Download everything of the workspace', roles: ['admin'] },
  'tenant:update': { description: 'Rename the workspace and change its address', roles: ['admin'] },
  'tenant:delete': { description: 'Delete the workspace, or keep it after all', roles: ['admin'] },
} as const satisfies Record<string, { description: string; roles: readonly Role[] }>;

export type Permission = keyof typeof permissions;

/**
 * What an operator who looks into a workspace's console may not do there, even while they may write: whatever would let
 * them stay longer than they are let in for, takes data out, spends the workspace's money, or ends it.
 * The operator's console has its own way to the last three.
 */
const neverBySupport: readonly Permission[] = [
  'members:invite',
  'api-keys:create',
  'api-keys:manage',
  'tenant:export',
  'audit:export',
  'usage:cap',
  'tenant:delete',
  'billing:manage',
];

/** Whether no operator may do this from within a workspace's console. */
export function supportMayNever(permission: Permission): boolean {
  return neverBySupport.includes(permission);
}

/**
 * What nobody may do in a workspace that is read-only because it has not paid: whatever adds to it. Reading, taking out,
 * removing and paying go on; new traces are refused by the quota (lib/tenancy/quota.ts), which OTLP clients understand.
 */
const notWhileReadOnly: readonly Permission[] = [
  'feedback:write',
  'evaluations:write',
  'members:invite',
  'api-keys:create',
];

/** Whether a permission does not count while the workspace is read-only. */
export function isRefusedWhileReadOnly(permission: Permission): boolean {
  return notWhileReadOnly.includes(permission);
}

/** Whether a role holds a permission. */
export function roleCan(role: Role, permission: Permission): boolean {
  return (permissions[permission].roles as readonly Role[]).includes(role);
}
