import { z } from 'zod';

/** Whether this process can serve, check by check. */
export const readiness = z.object({
  status: z.enum(['ready', 'not_ready']),
  checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })),
});
export type Readiness = z.infer<typeof readiness>;
