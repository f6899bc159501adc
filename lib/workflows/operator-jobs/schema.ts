import { z } from 'zod';
import { momentSchema } from '@/lib/moments';
import { reasonSchema } from '@/lib/platform/schema';

/** The queues of things that are done later, by the name they have in addresses, and what they are called. */
export const jobQueues = {
  mail: 'Mail',
  webhook: 'Stripe webhook',
  usage: 'Usage report',
  export: 'Export',
  erasure: 'Erasure',
} as const satisfies Record<string, string>;
export type JobQueue = keyof typeof jobQueues;
const queueNames = Object.keys(jobQueues) as [JobQueue, ...JobQueue[]];

/**
 * `waiting` has not been tried, `running` is under way, `retrying` has been tried and will be again, `failed` was given up,
 * `done` is over.
 */
export const jobStates = ['waiting', 'running', 'retrying', 'failed', 'done'] as const;
export type JobState = (typeof jobStates)[number];

/** Which jobs of a queue, the newest first: those of all states unless told. */
export type Wanted = { state: JobState | undefined; before: string | undefined; limit: number };

/** What can be done to a job. `replay` does once more what was done. */
export const jobVerbs = ['retry', 'discard', 'replay'] as const;
export type JobVerb = (typeof jobVerbs)[number];

/** Jobs on one page. */
export const JOBS_PER_PAGE = 50;

export const jobSearch = z.object({
  queue: z.enum(queueNames).optional().catch(undefined),
  state: z.enum(jobStates).optional().catch(undefined),
  before: momentSchema.optional().catch(undefined),
});
export const jobQuery = z.object({
  queue: z.enum(queueNames).optional(),
  state: z.enum(jobStates).optional(),
  before: momentSchema.optional().describe('Only what was queued before: the `next` of the page before.'),
});
export type JobFilter = z.output<typeof jobQuery>;

const moment = z.iso.datetime();

/** A job. `payload` says what it is about, without secrets; times are ISO 8601 in UTC. */
export const job = z.object({
  queue: z.enum(queueNames),
  id: z.string(),
  title: z.string(),
  state: z.enum(jobStates),
  attempts: z.number().int(),
  queued_at: moment,
  next_attempt_at: moment.nullable(),
  finished_at: moment.nullable(),
  last_error: z.string().nullable(),
  payload: z.record(z.string(), z.string()),
  verbs: z.array(z.enum(jobVerbs)),
});
export type Job = z.infer<typeof job>;

export const jobPage = z.object({
  jobs: z.array(job),
  /** By queue and state; what is done is not counted. */
  counts: z.array(z.object({ queue: z.enum(queueNames), state: z.enum(jobStates), count: z.number().int() })),
  next: z.iso.datetime({ offset: true }).nullable(),
});
export type JobPage = z.infer<typeof jobPage>;

export const jobParams = z.object({ queue: z.enum(queueNames), jobId: z.string().min(1).max(100) });
export const jobInput = jobParams.extend({ verb: z.enum(jobVerbs), reason: reasonSchema });
