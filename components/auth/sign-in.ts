import { getProviders, signIn } from 'next-auth/react';

export type SignInOutcome = 'ok' | 'refused' | 'unreachable';

// next-auth leaves the page when it cannot list its providers, so the server is asked first. A missing CSRF cookie
// comes back as a redirect to its own sign-in page rather than as an error.
async function attempt(provider: string, options: Record<string, string>): Promise<SignInOutcome> {
  try {
    if (!(await getProviders())) return 'unreachable';
    const result = await signIn(provider, { ...options, redirect: false });
    if (!result || result.url?.includes('csrf=true')) return 'unreachable';
    return result.error ? 'refused' : 'ok';
  } catch {
    return 'unreachable';
  }
}

/** Signs in with e-mail and password. Never throws. */
export function signInWithPassword(email: string, password: string): Promise<SignInOutcome> {
  return attempt('credentials', { email, password });
}

/** Asks for a sign-in link by e-mail that leads to `next`. Never throws. */
export function requestSignInLink(email: string, next: string): Promise<SignInOutcome> {
  return attempt('email', { email, callbackUrl: next });
}
