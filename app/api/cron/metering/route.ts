import { cronEndpoint } from '@/lib/http/cron-endpoint';
import { cronReport } from '@/lib/metering/schema';
import { runMeteringJobs } from '@/lib/workflows/metering-reconciliation/mutations';
import { sweepQuotas } from '@/lib/workflows/quotas/mutations';

export const GET = cronEndpoint({
  summary: 'Close the hours that are due',
  description:
    'For a scheduler, where no process lives on to do it by itself. Authenticated by `CRON_SECRET`; without one it refuses everybody. Calling it twice, or not for days, changes no number.',
  route: '/api/cron/metering',
  limit: 'caller',
  response: cronReport,
  handler: async (by) => {
    const run = await runMeteringJobs(by, 'cron');
    await sweepQuotas(); // mails of quotas reached, which elsewhere a timer sees to
    return { run };
  },
});
