import { z } from 'zod';

/** What becomes of an event: it waits for its customer to be fetched, changes nothing, or had come before. */
export const takenEvent = z.object({ state: z.enum(['waiting', 'ignored', 'known']) });

/** The answer of `GET /api/cron/billing`. */
export const billingRun = z.object({ done: z.literal(true) });
