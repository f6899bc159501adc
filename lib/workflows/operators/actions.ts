'use server';

import { operatorAction } from '@/lib/http/action';
import { DONE, done } from '@/lib/platform/schema';
import * as mutations from './mutations';
import {
  addedOperator,
  addOperatorInput,
  createdOperatorKey,
  createOperatorKeyInput,
  removedOperator,
  removeOperatorInput,
  revokeOperatorKeyInput,
} from './schema';

/** Makes a person an operator. */
export const addOperator = operatorAction(
  { name: 'operators.add', limit: 'caller', input: addOperatorInput, output: addedOperator },
  (ctx, input) => mutations.addOperator(ctx, input),
);

/** Takes a person's part in running the platform away. */
export const removeOperator = operatorAction(
  { name: 'operators.remove', limit: 'caller', input: removeOperatorInput, output: removedOperator },
  (ctx, input) => mutations.removeOperator(ctx, input),
);

/** Makes an operator key, which is shown this once. */
export const createOperatorKey = operatorAction(
  {
    name: 'operator-keys.create',
    limit: 'caller',
    input: createOperatorKeyInput,
    output: createdOperatorKey,
  },
  (ctx, input) => mutations.createOperatorKey(ctx, input),
);

/** Ends an operator key. */
export const revokeOperatorKey = operatorAction(
  { name: 'operator-keys.revoke', limit: 'caller', input: revokeOperatorKeyInput, output: done },
  async (ctx, input) => {
    await mutations.revokeOperatorKey(ctx, input);
    return DONE;
  },
);
