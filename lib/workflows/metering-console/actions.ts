'use server';

import { operatorAction } from '@/lib/http/action';
import { DONE, done } from '@/lib/platform/schema';
import * as reconciliation from '@/lib/workflows/metering-reconciliation/mutations';
import { resolveFindingInput } from './schema';

/** Notes that a difference between meters is dealt with. For operators. */
export const resolveFinding = operatorAction(
  { name: 'metering.resolve-finding', limit: 'caller', input: resolveFindingInput, output: done },
  async (ctx, input) => {
    await reconciliation.resolveFinding(ctx, input);
    return DONE;
  },
);
