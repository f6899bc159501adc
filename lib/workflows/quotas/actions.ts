'use server';

import { action } from '@/lib/http/action';
import * as mutations from './mutations';
import { setSpendCapInput, spendCap } from './schema';

/** Sets, changes or takes away the spend cap of the signed-in admin's workspace. */
export const setSpendCap = action(
  {
    name: 'quotas.set-spend-cap',
    limit: 'caller',
    permission: 'usage:cap',
    input: setSpendCapInput,
    output: spendCap,
  },
  mutations.setSpendCap,
);
