'use server';

import { cookies } from 'next/headers';
import { encodeSessionToken, SESSION_MAX_AGE, sessionCookie } from '@/lib/auth/session-cookie';
import { AppError } from '@/lib/errors';
import { publicAction } from '@/lib/http/action';
import { currentSession } from '@/lib/tenancy/require-tenant';
import * as mutations from './mutations';
import { acceptInvitationInput, joined, joinInput } from './schema';

/** Makes an account for who was invited, signs them in, and says where the console is. */
export const joinByInvitation = publicAction(
  { name: 'invitations.join', limit: 'caller', input: joinInput, output: joined },
  async (input, { requestId }) => {
    const { session, url } = await mutations.joinByInvitation(input, requestId);
    const cookie = sessionCookie();
    const options = { ...cookie.options, maxAge: SESSION_MAX_AGE };
    (await cookies()).set(cookie.name, await encodeSessionToken(session), options);
    return { url };
  },
);

/** Makes the signed-in person a member of the workspace that has invited their address. */
export const acceptInvitation = publicAction(
  { name: 'invitations.accept', limit: 'caller', input: acceptInvitationInput, output: joined },
  async (input, { requestId }) => {
    const session = await currentSession();
    if (!session) throw new AppError('unauthenticated', 'Your session has ended. Sign in again.');
    return mutations.acceptInvitation(session, input, requestId);
  },
);
