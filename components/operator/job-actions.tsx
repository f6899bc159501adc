'use client';

import { ReasonDialog } from '@/components/operator/reason-dialog';
import { actOnJob } from '@/lib/workflows/operator-jobs/actions';
import type { Job, JobQueue, JobVerb } from '@/lib/workflows/operator-jobs/schema';

type Words = Record<'verb' | 'doing' | 'done' | 'effect', string>;

/** What can be done to a job, in words, where its queue has no words of its own. */
const words = {
  retry: {
    verb: 'Try again',
    doing: 'Asking…',
    done: 'It is tried again.',
    effect: 'It is tried at once, and as often again as a new one.',
  },
  discard: {
    verb: 'Discard',
    doing: 'Discarding…',
    done: 'It is given up.',
    effect: 'It is not tried any more. “Try again” undoes that.',
  },
  replay: {
    verb: 'Send again',
    doing: 'Queuing…',
    done: 'It is queued once more.',
    effect: 'The same is done once more, as a job of its own.',
  },
} as const satisfies Record<JobVerb, Words>;

const wordsOfQueues: Partial<Record<`${JobQueue}.${JobVerb}`, Words>> = {
  'webhook.replay': {
    ...words.replay,
    verb: 'Replay',
    effect: 'What it is about is fetched from Stripe anew. That does no harm, however often it is done.',
  },
  'export.discard': {
    verb: 'Cut short',
    doing: 'Ending…',
    done: 'It ends within 15 seconds.',
    effect: 'Whoever downloads it is left with an incomplete archive, and can begin anew.',
  },
};

/** What can be done to a job, each with what it does. */
export function JobActions({ job }: { job: Pick<Job, 'queue' | 'id' | 'title' | 'verbs'> }) {
  return (
    <span className="flex flex-wrap gap-1.5">
      {job.verbs.map((verb) => {
        const { verb: text, doing, done, effect } = wordsOfQueues[`${job.queue}.${verb}`] ?? words[verb];
        return (
          <ReasonDialog
            key={verb}
            trigger={text}
            size="xs"
            label={`${text}: ${job.title}`}
            title={`${text}: ${job.title}`}
            effects={[effect]}
            verb={text}
            doing={doing}
            destructive={verb === 'discard'}
            run={({ reason }) => actOnJob({ queue: job.queue, jobId: job.id, verb, reason })}
            done={done}
          />
        );
      })}
    </span>
  );
}
