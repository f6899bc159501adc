'use server';

import { after } from 'next/server';
import { publicAction } from '@/lib/http/action';
import { currentClient, logError } from '@/lib/log';
import { assertWithin } from '@/lib/rate-limit/limit';
import { assertSession } from '@/lib/tenancy/require-tenant';
import * as mutations from './mutations';
import { changePasswordInput, nothing, requestResetInput, resetPasswordInput } from './schema';

/** Mails a link to set a new password, where the address has an account. The answer comes before anybody has looked. */
export const requestPasswordReset = publicAction(
  { name: 'passwords.request-reset', limit: 'caller', input: requestResetInput, output: nothing },
  async ({ email }) => {
    await assertWithin({ 'mail:ip': currentClient().ip, 'mail:account': email });
    after(() =>
      mutations
        .requestPasswordReset(email)
        .catch((error) => logError(error, 'a mail to reset a password was not queued')),
    );
    return {};
  },
);

/** Sets the password of whom the link was mailed to. */
export const resetPassword = publicAction(
  { name: 'passwords.reset', limit: 'caller', input: resetPasswordInput, output: nothing },
  async (input) => {
    await mutations.resetPassword(input);
    return {};
  },
);

/** Changes the signed-in person's password. */
export const changePassword = publicAction(
  { name: 'passwords.change', limit: 'caller', input: changePasswordInput, output: nothing },
  async (input) => {
    await mutations.changePassword(await assertSession(), input);
    return {};
  },
);
