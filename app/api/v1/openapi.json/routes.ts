import * as config from '@/app/api/config/route';
import * as cronBilling from '@/app/api/cron/billing/route';
import * as cronMetering from '@/app/api/cron/metering/route';
import * as health from '@/app/api/health/route';
import * as metrics from '@/app/api/metrics/route';
import * as otlp from '@/app/api/otel/v1/traces/route';
import * as ready from '@/app/api/ready/route';
import * as adminAudit from '@/app/api/v1/admin/audit/route';
import * as adminBillingEventsEventIdReplay from '@/app/api/v1/admin/billing/events/[eventId]/replay/route';
import * as adminBilling from '@/app/api/v1/admin/billing/route';
import * as adminHealth from '@/app/api/v1/admin/health/route';
import * as adminJobsQueueJobIdDiscard from '@/app/api/v1/admin/jobs/[queue]/[jobId]/discard/route';
import * as adminJobsQueueJobIdReplay from '@/app/api/v1/admin/jobs/[queue]/[jobId]/replay/route';
import * as adminJobsQueueJobIdRetry from '@/app/api/v1/admin/jobs/[queue]/[jobId]/retry/route';
import * as adminJobs from '@/app/api/v1/admin/jobs/route';
import * as adminKeysKeyIdRevoke from '@/app/api/v1/admin/keys/[keyId]/revoke/route';
import * as adminKeys from '@/app/api/v1/admin/keys/route';
import * as adminMeteringRun from '@/app/api/v1/admin/metering/run/route';
import * as adminOperatorsUserIdRemove from '@/app/api/v1/admin/operators/[userId]/remove/route';
import * as adminOperators from '@/app/api/v1/admin/operators/route';
import * as adminPeopleUserIdDisable from '@/app/api/v1/admin/people/[userId]/disable/route';
import * as adminPeopleUserIdEnable from '@/app/api/v1/admin/people/[userId]/enable/route';
import * as adminPeopleUserIdResendVerification from '@/app/api/v1/admin/people/[userId]/resend-verification/route';
import * as adminPeopleUserId from '@/app/api/v1/admin/people/[userId]/route';
import * as adminPeopleUserIdSignOut from '@/app/api/v1/admin/people/[userId]/sign-out/route';
import * as adminPeople from '@/app/api/v1/admin/people/route';
import * as adminTenantsTenantIdAmountsClear from '@/app/api/v1/admin/tenants/[tenantId]/amounts/clear/route';
import * as adminTenantsTenantIdAmounts from '@/app/api/v1/admin/tenants/[tenantId]/amounts/route';
import * as adminTenantsTenantIdBilling from '@/app/api/v1/admin/tenants/[tenantId]/billing/route';
import * as adminTenantsTenantIdCheck from '@/app/api/v1/admin/tenants/[tenantId]/check/route';
import * as adminTenantsTenantIdComp from '@/app/api/v1/admin/tenants/[tenantId]/comp/route';
import * as adminTenantsTenantIdCredit from '@/app/api/v1/admin/tenants/[tenantId]/credit/route';
import * as adminTenantsTenantIdDelete from '@/app/api/v1/admin/tenants/[tenantId]/delete/route';
import * as adminTenantsTenantIdExport from '@/app/api/v1/admin/tenants/[tenantId]/export/route';
import * as adminTenantsTenantIdGrace from '@/app/api/v1/admin/tenants/[tenantId]/grace/route';
import * as adminTenantsTenantIdKeep from '@/app/api/v1/admin/tenants/[tenantId]/keep/route';
import * as adminTenantsTenantIdPlan from '@/app/api/v1/admin/tenants/[tenantId]/plan/route';
import * as adminTenantsTenantIdRateClear from '@/app/api/v1/admin/tenants/[tenantId]/rate/clear/route';
import * as adminTenantsTenantIdRate from '@/app/api/v1/admin/tenants/[tenantId]/rate/route';
import * as adminTenantsTenantIdReactivate from '@/app/api/v1/admin/tenants/[tenantId]/reactivate/route';
import * as adminTenantsTenantIdRename from '@/app/api/v1/admin/tenants/[tenantId]/rename/route';
import * as adminTenantsTenantId from '@/app/api/v1/admin/tenants/[tenantId]/route';
import * as adminTenantsTenantIdSupport from '@/app/api/v1/admin/tenants/[tenantId]/support/route';
import * as adminTenantsTenantIdSupportWriting from '@/app/api/v1/admin/tenants/[tenantId]/support/writing/route';
import * as adminTenantsTenantIdSuspend from '@/app/api/v1/admin/tenants/[tenantId]/suspend/route';
import * as adminTenantsTenantIdUsageReportsRetry from '@/app/api/v1/admin/tenants/[tenantId]/usage-reports/[reportId]/retry/route';
import * as adminTenantsCsv from '@/app/api/v1/admin/tenants/csv/route';
import * as adminTenants from '@/app/api/v1/admin/tenants/route';
import * as billingCheckout from '@/app/api/v1/billing/checkout/route';
import * as billingTestInvoice from '@/app/api/v1/billing/invoice/test/route';
import * as billingInvoices from '@/app/api/v1/billing/invoices/route';
import * as billingPortal from '@/app/api/v1/billing/portal/route';
import * as billing from '@/app/api/v1/billing/route';
import * as billingSetup from '@/app/api/v1/billing/setup/route';
import * as billingSubscription from '@/app/api/v1/billing/subscription/route';
import * as billingUpcoming from '@/app/api/v1/billing/upcoming/route';
import * as deliveries from '@/app/api/v1/deliveries/route';
import * as evaluations from '@/app/api/v1/evaluations/route';
import * as stats from '@/app/api/v1/stats/route';
import * as statsTimeseries from '@/app/api/v1/stats/timeseries/route';
import * as tenantAudit from '@/app/api/v1/tenant/audit/route';
import * as tenantExport from '@/app/api/v1/tenant/export/route';
import * as tenantExportStatus from '@/app/api/v1/tenant/export/status/route';
import * as tenant from '@/app/api/v1/tenant/route';
import * as tenantUsers from '@/app/api/v1/tenant/users/route';
import * as tenants from '@/app/api/v1/tenants/route';
import * as traceEvaluations from '@/app/api/v1/traces/[traceId]/evaluations/route';
import * as traceFeedback from '@/app/api/v1/traces/[traceId]/feedback/route';
import * as trace from '@/app/api/v1/traces/[traceId]/route';
import * as span from '@/app/api/v1/traces/[traceId]/spans/[spanId]/route';
import * as spans from '@/app/api/v1/traces/[traceId]/spans/route';
import * as traceBatch from '@/app/api/v1/traces/batch/route';
import * as traces from '@/app/api/v1/traces/route';
import * as usageExplain from '@/app/api/v1/usage/explain/route';
import * as usageHistory from '@/app/api/v1/usage/history/route';
import * as usageRecords from '@/app/api/v1/usage/records/route';
import * as usage from '@/app/api/v1/usage/route';
import * as stripeWebhook from '@/app/api/webhooks/stripe/route';
import * as otlpAtRoot from '@/app/v1/traces/route';
import type { RouteHandlers } from '@/lib/http/openapi';

/** Every route of the API that is documented: all of them, which a test checks against the files. */
export const documentedRoutes: readonly RouteHandlers[] = [
  traces,
  traceBatch,
  trace,
  traceEvaluations,
  evaluations,
  stats,
  statsTimeseries,
  spans,
  span,
  otlp,
  otlpAtRoot,
  deliveries,
  usage,
  usageHistory,
  usageRecords,
  usageExplain,
  billing,
  billingSetup,
  billingCheckout,
  billingPortal,
  billingSubscription,
  billingInvoices,
  billingUpcoming,
  billingTestInvoice,
  traceFeedback,
  tenants,
  tenant,
  tenantUsers,
  tenantExport,
  tenantExportStatus,
  tenantAudit,
  stripeWebhook,
  cronMetering,
  cronBilling,
  config,
  health,
  metrics,
  ready,
  adminAudit,
  adminHealth,
  adminJobsQueueJobIdDiscard,
  adminJobsQueueJobIdReplay,
  adminJobsQueueJobIdRetry,
  adminJobs,
  adminKeysKeyIdRevoke,
  adminKeys,
  adminMeteringRun,
  adminOperatorsUserIdRemove,
  adminOperators,
  adminPeopleUserIdDisable,
  adminPeopleUserIdEnable,
  adminPeopleUserIdResendVerification,
  adminPeopleUserId,
  adminPeopleUserIdSignOut,
  adminPeople,
  adminTenantsTenantIdCheck,
  adminTenantsTenantIdDelete,
  adminTenantsTenantIdExport,
  adminTenantsTenantIdKeep,
  adminTenantsTenantIdPlan,
  adminTenantsTenantIdRateClear,
  adminTenantsTenantIdRate,
  adminTenantsTenantIdReactivate,
  adminTenantsTenantIdRename,
  adminTenantsTenantId,
  adminTenantsTenantIdSupport,
  adminTenantsTenantIdSupportWriting,
  adminTenantsTenantIdSuspend,
  adminBilling,
  adminBillingEventsEventIdReplay,
  adminTenantsTenantIdBilling,
  adminTenantsTenantIdComp,
  adminTenantsTenantIdAmountsClear,
  adminTenantsTenantIdAmounts,
  adminTenantsTenantIdCredit,
  adminTenantsTenantIdGrace,
  adminTenantsTenantIdUsageReportsRetry,
  adminTenantsCsv,
  adminTenants,
];
