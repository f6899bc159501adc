'use server';

import { cookies } from 'next/headers';
import { assertAttempt } from '@/lib/auth/attempts';
import { firstKeyCookie } from '@/lib/auth/first-key-cookie';
import { encodeSessionToken, SESSION_MAX_AGE, sessionCookie } from '@/lib/auth/session-cookie';
import { urlOf } from '@/lib/gateway/hosts';
import { publicAction } from '@/lib/http/action';
import { currentClient } from '@/lib/log';
import { checkSlugAvailability } from '@/lib/tenants/queries';
import * as mutations from './mutations';
import { signUpInput, signUpResult, slugCheckInput, slugCheckResult } from './schema';

/** Makes the person and their workspace, signs them in, and says where their console is. */
export const signUp = publicAction(
  { name: 'sign-up', limit: 'attempt', input: signUpInput, output: signUpResult },
  async (input, { requestId }) => {
    await assertAttempt({ 'sign-up:ip': currentClient().ip });
    const { tenant, session, apiKey } = await mutations.signUp(input, requestId);
    const jar = await cookies();
    const cookie = sessionCookie();
    jar.set(cookie.name, await encodeSessionToken(session), { ...cookie.options, maxAge: SESSION_MAX_AGE });
    const firstKey = await firstKeyCookie({ tenantId: tenant.id, apiKey });
    jar.set(firstKey.name, firstKey.value, firstKey.options);
    return { consoleUrl: urlOf({ slug: tenant.slug }, '/traces') };
  },
);

/** Whether a workspace name can be had, asked as one types. */
export const checkSlug = publicAction(
  { name: 'sign-up.check-slug', limit: 'caller', input: slugCheckInput, output: slugCheckResult },
  ({ slug }) => checkSlugAvailability(slug.trim().toLowerCase()),
);
