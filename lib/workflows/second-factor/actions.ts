'use server';

import { cookies } from 'next/headers';
import { encodeSessionToken, SESSION_MAX_AGE, sessionCookie } from '@/lib/auth/session-cookie';
import { AppError } from '@/lib/errors';
import { publicAction } from '@/lib/http/action';
import { assertSession, currentPendingSession } from '@/lib/tenancy/require-tenant';
import * as mutations from './mutations';
import { beginInput, begun, codeInput, freshRecoveryCodes, nothing } from './schema';

/** Makes a secret for the signed-in person's authenticator. */
export const beginSecondFactor = publicAction(
  { name: 'second-factor.begin', limit: 'caller', input: beginInput, output: begun },
  async (input) => mutations.beginSecondFactor(await assertSession(), input),
);

/** Turns the second factor on, and answers the recovery codes. */
export const confirmSecondFactor = publicAction(
  { name: 'second-factor.confirm', limit: 'caller', input: codeInput, output: freshRecoveryCodes },
  async (input) => ({ codes: await mutations.confirmSecondFactor(await assertSession(), input) }),
);

/** Turns it off. */
export const disableSecondFactor = publicAction(
  { name: 'second-factor.disable', limit: 'caller', input: codeInput, output: nothing },
  async (input) => {
    await mutations.disableSecondFactor(await assertSession(), input);
    return {};
  },
);

/** Answers new recovery codes; those before are worth nothing. */
export const renewRecoveryCodes = publicAction(
  { name: 'second-factor.renew-codes', limit: 'caller', input: codeInput, output: freshRecoveryCodes },
  async (input) => ({ codes: await mutations.renewCodes(await assertSession(), input) }),
);

/** Completes a sign-in that waits for its second factor: the browser gets the cookie of a new session. */
export const completeSignIn = publicAction(
  { name: 'second-factor.complete', limit: 'caller', input: codeInput, output: nothing },
  async (input) => {
    const pending = await currentPendingSession();
    if (!pending) throw new AppError('unauthenticated', 'This sign-in has expired. Sign in again.');
    const session = await mutations.completeSignIn(pending, input);
    const { name, options } = sessionCookie();
    (await cookies()).set(name, await encodeSessionToken(session), { ...options, maxAge: SESSION_MAX_AGE });
    return {};
  },
);
