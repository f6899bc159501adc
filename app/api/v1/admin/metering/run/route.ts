import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { meteringRun, runQuery } from '@/lib/metering/schema';
import { runMetering } from '@/lib/workflows/metering-reconciliation/mutations';

export const POST = operatorEndpoint({
  summary: 'Run the metering tick now',
  description:
    'Closes every hour that is due, of one tenant or of all, those that failed too, and counts what was added late to closed ones. Answers when it is done; running it twice changes no number.',
  route: '/api/v1/admin/metering/run',
  query: runQuery,
  response: meteringRun,
  handler: (ctx, { query }) => runMetering(ctx, { tenantId: query.tenant_id }),
});
