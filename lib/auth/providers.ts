import type { OAuthConfig } from 'next-auth/providers/oauth';
import { z } from 'zod';
import { env } from '@/lib/env';
import { urlOf } from '@/lib/gateway/hosts';
import type { ProviderLink } from './schema';

export type ProviderId = 'github' | 'google';
type Settings = { id: string; secret: string; url: string | undefined };

const names = { github: 'GitHub', google: 'Google' } as const satisfies Record<ProviderId, string>;

/** How long the provider's API may take, in milliseconds. */
const TIMEOUT_MS = 5_000;

/** The name of a provider that is set up here, or null for any other text. */
export function providerName(text: string): string | null {
  return isProviderId(text) && env().providers[text] ? names[text] : null;
}

/** The ways in by a provider that is set up. Each starts at cloud, whichever host offers it, and ends at `returnUrl`. */
export function listProviders(returnUrl: string): ProviderLink[] {
  return (Object.keys(names) as ProviderId[])
    .filter((id) => env().providers[id])
    .map((id) => ({
      id,
      name: names[id],
      href: urlOf('cloud', `/login/${id}?next=${encodeURIComponent(returnUrl)}`),
    }));
}

/** The providers that are set up, for next-auth. `profile` gives the verified address alone; no other is ever read. */
export function oauthProviders(): OAuthConfig<ProviderProfile>[] {
  const { github, google } = env().providers;
  return [...(github ? [githubProvider(github)] : []), ...(google ? [googleProvider(google)] : [])];
}

/** What of a provider's answer goes on: its own id of the person, and the address that it has verified. */
type ProviderProfile = { id: string; name: string | null; email: string | null };

/** github.com, or a GitHub Enterprise Server, whose API stands below /api/v3. */
function githubProvider({ id, secret, url }: Settings): OAuthConfig<ProviderProfile> {
  const site = withoutSlash(url ?? 'https://github.com');
  const api = url ? `${site}/api/v3` : 'https://api.github.com';
  return {
    id: 'github',
    name: names.github,
    type: 'oauth',
    clientId: id,
    clientSecret: secret,
    issuer: `${site}/login/oauth`,
    authorization: { url: `${site}/login/oauth/authorize`, params: { scope: 'read:user user:email' } },
    token: `${site}/login/oauth/access_token`,
    userinfo: {
      url: `${api}/user`,
      request: async ({ tokens }) => {
        const profile = await askGithub(api, tokens.access_token ?? '');
        return {
          ...profile,
          sub: profile.id,
          name: profile.name ?? undefined,
          email: profile.email ?? undefined,
        };
      },
    },
    checks: ['pkce', 'state'],
    profile: ({ id, name, email }) => ({ id, name: name ?? null, email: email ?? null }),
  };
}

const githubUser = z.object({ id: z.number().int(), login: z.string(), name: z.string().nullish() });
const githubEmails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));

/** The address in a GitHub profile is whatever the person shows there, so the list of addresses is asked. */
async function askGithub(api: string, token: string): Promise<ProviderProfile> {
  const ask = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${api}${path}`, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/vnd.github+json' },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!answer.ok) throw new Error(`GitHub answered ${answer.status} to ${path}`);
    return answer.json();
  };
  const [user, emails] = await Promise.all([ask('/user'), ask('/user/emails?per_page=100')]);
  const { id, login, name } = githubUser.parse(user);
  const primary = githubEmails.parse(emails).find((one) => one.primary && one.verified);
  return { id: String(id), name: name || login, email: primary?.email ?? null };
}

/** Google, or another OpenID Connect provider in its place. The claims are those of the signed id_token. */
function googleProvider({ id, secret, url }: Settings): OAuthConfig<ProviderProfile> {
  const issuer = withoutSlash(url ?? 'https://accounts.google.com');
  return {
    id: 'google',
    name: names.google,
    type: 'oauth',
    clientId: id,
    clientSecret: secret,
    wellKnown: `${issuer}/.well-known/openid-configuration`,
    authorization: { params: { scope: 'openid email profile', prompt: 'select_account' } },
    idToken: true,
    checks: ['pkce', 'state', 'nonce'],
    profile: (claims) => toGoogleProfile(claims),
  };
}

function toGoogleProfile(claims: object): ProviderProfile {
  const { sub, name, email, email_verified: verified } = googleClaims.parse(claims);
  return { id: sub, name: name ?? null, email: verified === true ? (email ?? null) : null };
}

const googleClaims = z.object({
  sub: z.string().min(1),
  name: z.string().nullish(),
  email: z.string().nullish(),
  /** A boolean by the standard; anything else is no proof. */
  email_verified: z.unknown(),
});

/** Whether a text names a provider that we know, set up or not. */
export function isProviderId(text: string): text is ProviderId {
  return Object.hasOwn(names, text);
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
