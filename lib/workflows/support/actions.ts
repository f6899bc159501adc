'use server';

import { action, operatorAction } from '@/lib/http/action';
import * as mutations from './mutations';
import {
  allowedWriting,
  allowWritingInput,
  entered,
  enterInput,
  leaveInput,
  left,
  setSupportInput,
  supportSetting,
} from './schema';

/** Lets the signed-in operator look into a tenant's console. */
export const enterAsSupport = operatorAction(
  { name: 'support.enter', limit: 'caller', input: enterInput, output: entered },
  (ctx, input) => mutations.enterAsSupport(ctx, input),
);

/** Lets the signed-in operator change things in the console that they are looking into. */
export const allowSupportWriting = operatorAction(
  { name: 'support.allow-writing', limit: 'caller', input: allowWritingInput, output: allowedWriting },
  (ctx, input) => mutations.allowSupportWriting(ctx, input),
);

/** Ends the stay of the operator who looks in. */
export const leaveSupport = action(
  { name: 'support.leave', limit: 'caller', permission: 'tenant:read', input: leaveInput, output: left },
  (ctx) => mutations.leaveSupport(ctx),
);

/** Says whether operators may look into the signed-in admin's workspace. */
export const setSupport = action(
  {
    name: 'support.set',
    limit: 'caller',
    permission: 'tenant:update',
    input: setSupportInput,
    output: supportSetting,
  },
  (ctx, input) => mutations.setSupport(ctx, input),
);
