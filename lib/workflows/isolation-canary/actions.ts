'use server';

import { action } from '@/lib/http/action';
import * as mutations from './mutations';
import { isolationCheck, runIsolationCheckInput } from './schema';

/** Runs the isolation check for the signed-in admin's workspace, now. */
export const runIsolationCheck = action(
  {
    name: 'isolation.check',
    limit: 'caller',
    permission: 'isolation:check',
    input: runIsolationCheckInput,
    output: isolationCheck,
  },
  (ctx) => mutations.runIsolationCheck(ctx),
);
