'use server';

import { cookies } from 'next/headers';
import { assertAttempt } from '@/lib/auth/attempts';
import { firstKeyCookie } from '@/lib/auth/first-key-cookie';
import { AppError } from '@/lib/errors';
import { urlOf } from '@/lib/gateway/hosts';
import { publicAction } from '@/lib/http/action';
import { currentClient } from '@/lib/log';
import { currentSession } from '@/lib/tenancy/require-tenant';
import * as mutations from './mutations';
import { newWorkspaceInput, newWorkspaceResult } from './schema';

/** Makes a further workspace for the signed-in person, and says where its console is. */
export const createWorkspace = publicAction(
  { name: 'new-workspace.create', limit: 'caller', input: newWorkspaceInput, output: newWorkspaceResult },
  async (input, { requestId }) => {
    const session = await currentSession();
    if (!session) throw new AppError('unauthenticated', 'Your session has ended. Sign in again.');
    await assertAttempt({ 'sign-up:ip': currentClient().ip, 'sign-up:account': session.userId });
    const { tenant, apiKey } = await mutations.createWorkspace(session, input, requestId);
    const firstKey = await firstKeyCookie({ tenantId: tenant.id, apiKey });
    (await cookies()).set(firstKey.name, firstKey.value, firstKey.options);
    return { consoleUrl: urlOf({ slug: tenant.slug }, '/traces') };
  },
);
