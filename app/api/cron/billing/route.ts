import { billingRun } from '@/lib/billing-events/schema';
import { cronEndpoint } from '@/lib/http/cron-endpoint';
import { runBillingJobs } from '@/lib/workflows/billing-operations/mutations';

export const GET = cronEndpoint({
  summary: 'Do what billing has waiting',
  description:
    'For a scheduler, where no process lives on to do it by itself: fetches customers of whom something was heard, tells Stripe of usage and seats, and does what follows from the time. Authenticated by `CRON_SECRET`. Calling it twice at once does no harm.',
  route: '/api/cron/billing',
  limit: 'caller',
  response: billingRun,
  handler: async () => {
    await runBillingJobs();
    return { done: true } as const;
  },
});
