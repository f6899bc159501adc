/**
 * Everything that is written to the audit log, by `resource.verb`, and what it is called. An action that is not in this
 * table does not compile; a test finds one that nobody writes.
 */
export const auditActions = {
  'tenant.create': 'Workspace created',
  'tenant.rename': 'Workspace renamed',
  'tenant.change_slug': 'Workspace’s address changed',
  'tenant.suspend': 'Workspace suspended',
  'tenant.reactivate': 'Workspace reactivated',
  'tenant.request_deletion': 'Deletion of the workspace requested',
  'tenant.cancel_deletion': 'Deletion of the workspace cancelled',
  'tenant.expire': 'Workspace closed, as nobody confirmed it',
  'tenant.export': 'Export of the workspace begun',
  'tenant.export_finish': 'Export of the workspace finished',
  'tenant.import': 'Workspace imported from another installation',
  'tenant.import_finish': 'Import of the workspace finished',
  'member.add': 'Person added',
  'api_key.create': 'API key created',
  'api_key.revoke': 'API key revoked',
  'audit.export': 'Audit log downloaded',
  'isolation.check': 'Isolation check run',
  'legacy-import.start': 'Migration of earlier data begun',
  'demo.seed': 'Demo data added',
} as const satisfies Record<`${string}.${string}`, string>;

export type AuditAction = keyof typeof auditActions;

/** What the part of an action before its dot is called, above the actions that share it. */
export const auditResources = {
  tenant: 'Workspace',
  member: 'People',
  api_key: 'API keys',
  audit: 'Audit log',
  isolation: 'Isolation',
  'legacy-import': 'Migration',
  demo: 'Demo data',
} as const satisfies Record<ResourceOf<AuditAction>, string>;

type ResourceOf<A extends string> = A extends `${infer Resource}.${string}` ? Resource : never;

/** What an action is called; one that an import or a later version has brought, and that we do not know, is called by its name. */
export function titleOfAction(action: string): string {
  return Object.hasOwn(auditActions, action) ? auditActions[action as AuditAction] : action;
}
