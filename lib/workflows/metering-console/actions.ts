'use server';

import { operatorAction } from '@/lib/http/action';
import { DONE, done } from '@/lib/platform/schema';
import * as mutations from './mutations';
import { resolveFindingInput } from './schema';

/** Notes that a difference between meters is dealt with. For operators. */
export const settleFinding = operatorAction(
  { name: 'metering.settle-finding', limit: 'caller', input: resolveFindingInput, output: done },
  async (ctx, input) => {
    await mutations.settleFinding(ctx, input);
    return DONE;
  },
);
