'use server';

import { z } from 'zod';
import { publicAction } from '@/lib/http/action';
import { assertSession } from '@/lib/tenancy/require-tenant';
import * as mutations from './mutations';
import { confirmEmailChangeInput, nothing, requestEmailChangeInput } from './schema';

/** Mails a link to the address that the signed-in person wants to have. */
export const requestEmailChange = publicAction(
  { name: 'email-change.request', limit: 'caller', input: requestEmailChangeInput, output: nothing },
  async (input) => {
    await mutations.requestEmailChange(await assertSession(), input);
    return {};
  },
);

/** Takes that back. */
export const cancelEmailChange = publicAction(
  { name: 'email-change.cancel', limit: 'caller', input: nothing, output: nothing },
  async () => {
    await mutations.cancelEmailChange(await assertSession());
    return {};
  },
);

/** Gives the signed-in person the address that the link was mailed to. */
export const confirmEmailChange = publicAction(
  {
    name: 'email-change.confirm',
    limit: 'caller',
    input: confirmEmailChangeInput,
    output: z.object({ email: z.string() }),
  },
  async (input) => mutations.confirmEmailChange(await assertSession(), input),
);
