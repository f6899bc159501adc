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
  'tenant.change_plan': 'Plan changed',
  'tenant.make_read_only': 'Workspace made read-only, as an invoice is unpaid',
  'tenant.end_read_only': 'Workspace no longer read-only',
  'tenant.set_rate': 'Rate of the workspace set by support',
  'tenant.clear_rate': 'Rate of the workspace back to its plan’s',
  'tenant.set_spend_cap': 'Spend cap changed',
  'tenant.set_amounts': 'Amounts of the plan agreed by support',
  'tenant.clear_amounts': 'Amounts of the workspace back to its plan’s',
  'tenant.allow_support': 'Support may look into the console',
  'tenant.forbid_support': 'Support may not look into the console',
  'support.enter': 'Support looked into the console',
  'support.allow_writing': 'Support was allowed to change things',
  'support.leave': 'Support left the console',
  'billing.start_checkout': 'Checkout begun',
  'billing.change_interval': 'Plan paid for by another interval',
  'billing.cancel': 'Subscription cancelled',
  'billing.resume': 'Subscription resumed',
  'billing.make_test_invoice': 'Test invoice made',
  'billing.comp': 'Plan given by support',
  'billing.credit': 'Credit given by support',
  'billing.extend_grace': 'Time to pay given by support',
  'member.add': 'Person added',
  'member.invite': 'Person invited',
  'member.resend_invitation': 'Invitation sent again',
  'member.revoke_invitation': 'Invitation taken back',
  'member.accept': 'Invitation accepted',
  'member.change_role': 'Role changed',
  'member.remove': 'Person removed',
  'member.leave': 'Person left',
  'user.rename': 'Person changed their name',
  'user.change_email': 'Person changed their e-mail address',
  'user.verify_email': 'Person confirmed their e-mail address',
  'user.change_password': 'Person changed their password',
  'user.enable_second_factor': 'Person turned two-factor sign-in on',
  'user.disable_second_factor': 'Person turned two-factor sign-in off',
  'user.renew_recovery_codes': 'Person made new recovery codes',
  'user.use_recovery_code': 'Person signed in by a recovery code',
  'user.sign_out_everywhere': 'Person signed out everywhere',
  'api_key.create': 'API key created',
  'api_key.rename': 'API key renamed',
  'api_key.rotate': 'API key rotated',
  'api_key.make_service': 'API key made a service key',
  'api_key.end_service': 'API key bound to its creator again',
  'api_key.set_rate': 'Limit of an API key changed',
  'api_key.revoke': 'API key revoked',
  'audit.export': 'Audit log downloaded',
  'trace.delete': 'Traces deleted',
  'isolation.check': 'Isolation check run',
  'legacy-import.start': 'Migration of earlier data begun',
  'demo.seed': 'Demo data added',
} as const satisfies Record<`${string}.${string}`, string>;

export type AuditAction = keyof typeof auditActions;

/** What the part of an action before its dot is called, above the actions that share it. */
export const auditResources = {
  tenant: 'Workspace',
  support: 'Support',
  billing: 'Billing',
  member: 'Membership',
  user: 'People',
  api_key: 'API keys',
  audit: 'Audit log',
  trace: 'Traces',
  isolation: 'Isolation',
  'legacy-import': 'Migration',
  demo: 'Demo data',
} as const satisfies Record<ResourceOf<AuditAction>, string>;

type ResourceOf<A extends string> = A extends `${infer Resource}.${string}` ? Resource : never;

/**
 * Everything that is written to the platform's own log: what operators do that concerns no single tenant. An action that
 * is not in this table does not compile; a test finds one that nobody writes.
 */
export const platformActions = {
  'operator.add': 'Operator added',
  'operator.remove': 'Operator removed',
  'operator_key.create': 'Operator key created',
  'operator_key.revoke': 'Operator key revoked',
  'person.disable': 'Person disabled',
  'person.enable': 'Person enabled again',
  'person.sign_out': 'Person signed out everywhere',
  'person.resend_verification': 'Mail to confirm an address sent again',
  'job.retry': 'Job tried again',
  'job.discard': 'Job discarded',
  'job.replay': 'Job done once more',
  'stripe_event.replay': 'Event of Stripe taken once more',
  'usage_report.retry': 'Report of usage sent again',
  'metering.run': 'Metering run by hand',
  'metering.resolve': 'Difference of the meters dealt with',
} as const satisfies Record<`${string}.${string}`, string>;

export type PlatformAction = keyof typeof platformActions;

/** What an action is called; one that an import or a later version has brought, and that we do not know, is called by its name. */
export function titleOfAction(action: string): string {
  if (Object.hasOwn(auditActions, action)) return auditActions[action as AuditAction];
  return Object.hasOwn(platformActions, action) ? platformActions[action as PlatformAction] : action;
}
