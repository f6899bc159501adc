import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { runMetering } from '@/lib/workflows/metering-console/mutations';
import { runMeteringAnswer, runMeteringBody } from '@/lib/workflows/metering-console/schema';

export const POST = operatorEndpoint({
  summary: 'Close the hours that are open',
  description:
    'Runs the meters now, of one workspace or of all: closes every hour that is due, in order, and counts what was added late to closed ones. Harmless at any time, as often as one likes, beside others. The answer comes when it is over and says what it came to; a workspace that failed stands in `failures` and did not hold up the others.',
  route: '/api/v1/admin/metering/run',
  body: runMeteringBody,
  example: {},
  response: runMeteringAnswer,
  handler: (ctx, { body }) => runMetering(ctx, body),
});
