'use server';

import { AppError } from '@/lib/errors';
import { publicAction } from '@/lib/http/action';
import { currentSession } from '@/lib/tenancy/require-tenant';
import * as mutations from './mutations';
import { confirmedWorkspace, confirmWorkspaceInput } from './schema';

/** Makes the signed-in person the admin of a workspace that was made with their address. */
export const confirmWorkspace = publicAction(
  { name: 'api-sign-up.confirm', limit: 'caller', input: confirmWorkspaceInput, output: confirmedWorkspace },
  async (input, { requestId }) => {
    const session = await currentSession();
    if (!session) throw new AppError('unauthenticated', 'Your session has ended. Sign in again.');
    return mutations.confirmWorkspace(session, input, requestId);
  },
);
