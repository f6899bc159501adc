'use server';

import { operatorAction } from '@/lib/http/action';
import { DONE, done } from '@/lib/platform/schema';
import * as mutations from './mutations';
import { jobInput } from './schema';

/** Tries a job again, gives it up, or does it once more. */
export const actOnJob = operatorAction(
  { name: 'operator-jobs.act', limit: 'caller', input: jobInput, output: done },
  async (ctx, input) => {
    await mutations.actOnJob(ctx, input);
    return DONE;
  },
);
