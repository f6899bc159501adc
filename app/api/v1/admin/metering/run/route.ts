import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { meteringRun } from '@/lib/metering/schema';
import { runMetering } from '@/lib/workflows/metering-reconciliation/mutations';

export const POST = operatorEndpoint({
  summary: 'Run the metering tick now',
  description:
    'Closes every hour that is due, of tenants that failed too, and counts what was added late to closed ones. Answers when it is done; running it twice changes no number.',
  route: '/api/v1/admin/metering/run',
  response: meteringRun,
  handler: (ctx) => runMetering(ctx),
});
