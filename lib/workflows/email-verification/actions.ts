'use server';

import { publicAction } from '@/lib/http/action';
import { assertSession } from '@/lib/tenancy/require-tenant';
import * as mutations from './mutations';
import { nothing, tokenInput } from './schema';

/** Mails the link that verifies the signed-in person's address again. */
export const sendVerification = publicAction(
  { name: 'email-verification.send', limit: 'caller', input: nothing, output: nothing },
  async () => {
    await mutations.sendVerification(await assertSession());
    return {};
  },
);

/** Notes that the signed-in person has followed that link. */
export const verifyEmail = publicAction(
  { name: 'email-verification.confirm', limit: 'caller', input: tokenInput, output: nothing },
  async (input) => {
    await mutations.verifyEmail(await assertSession(), input);
    return {};
  },
);
