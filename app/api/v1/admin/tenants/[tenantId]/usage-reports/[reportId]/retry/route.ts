import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { retryReport } from '@/lib/workflows/billing-operations/mutations';
import { retryReportInput } from '@/lib/workflows/billing-operations/schema';

export const POST = operatorEndpoint({
  summary: 'Send a report of usage again',
  description: 'One that was given up.',
  example: { reason: 'the customer is back' },
  route: '/api/v1/admin/tenants/{tenantId}/usage-reports/{reportId}/retry',
  params: retryReportInput.pick({ tenantId: true, reportId: true }),
  body: retryReportInput.pick({ reason: true }),
  response: done,
  handler: async (ctx, { params, body }) => {
    await retryReport(ctx, { ...params, ...body });
    return DONE;
  },
});
