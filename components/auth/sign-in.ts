import { getCsrfToken, getProviders, signIn } from 'next-auth/react';

/** `code` is what `describeSignInError` reads. */
export type SignInOutcome = { kind: 'ok' } | { kind: 'refused'; code: string } | { kind: 'unreachable' };

// next-auth leaves the page when it cannot list its providers, so the server is asked first. A missing CSRF cookie
// comes back as a redirect to its own sign-in page rather than as an error.
async function attempt(provider: string, options: Record<string, string>): Promise<SignInOutcome> {
  try {
    if (!(await getProviders())) return { kind: 'unreachable' };
    const result = await signIn(provider, { ...options, redirect: false });
    if (!result || result.url?.includes('csrf=true')) return { kind: 'unreachable' };
    return result.error ? { kind: 'refused', code: result.error } : { kind: 'ok' };
  } catch {
    return { kind: 'unreachable' };
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

/** Begins a sign-in by a provider that ends at `next`: the address where it goes on, or null. Never throws. */
export async function beginProviderSignIn(provider: string, next: string): Promise<string | null> {
  try {
    const csrfToken = await getCsrfToken();
    if (!csrfToken) return null;
    const answer = await fetch(`/api/auth/signin/${provider}`, {
      method: 'POST',
      body: new URLSearchParams({ csrfToken, callbackUrl: next, json: 'true' }),
    });
    const { url } = (await answer.json()) as { url?: unknown };
    return typeof url === 'string' && !url.includes('csrf=true') ? url : null;
  } catch {
    return null;
  }
}
