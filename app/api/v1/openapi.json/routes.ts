import * as config from '@/app/api/config/route';
import * as health from '@/app/api/health/route';
import * as otlp from '@/app/api/otel/v1/traces/route';
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
  config,
  health,
];
