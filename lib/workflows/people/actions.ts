'use server';

import { operatorAction } from '@/lib/http/action';
import { DONE, done } from '@/lib/platform/schema';
import * as mutations from './mutations';
import { disabledPerson, disableInput, enableInput, resendInput, signOutInput } from './schema';

/** Disables a person. */
export const disablePerson = operatorAction(
  { name: 'people.disable', limit: 'caller', input: disableInput, output: disabledPerson },
  (ctx, input) => mutations.disablePerson(ctx, input),
);

/** Lets a disabled person sign in again. */
export const enablePerson = operatorAction(
  { name: 'people.enable', limit: 'caller', input: enableInput, output: done },
  async (ctx, input) => {
    await mutations.enablePerson(ctx, input);
    return DONE;
  },
);

/** Ends all sessions of a person. */
export const signOutPerson = operatorAction(
  { name: 'people.sign-out', limit: 'caller', input: signOutInput, output: disabledPerson },
  (ctx, input) => mutations.signOutPerson(ctx, input),
);

/** Mails a person the link that confirms their address once more. */
export const resendVerification = operatorAction(
  { name: 'people.resend-verification', limit: 'caller', input: resendInput, output: done },
  async (ctx, input) => {
    await mutations.resendVerification(ctx, input);
    return DONE;
  },
);
