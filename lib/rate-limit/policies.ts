import { env } from '@/lib/env';

/**
 * What is limited, and how much of it: `limit` at once, which fills up again evenly within `windowSeconds`. The names say
 * what is counted and by whom: an IP address, an account (its e-mail address), a tenant.
 */
export type Policy = { limit: number; windowSeconds: number };

export const policies = {
  /** Attempts to sign in. The account's bucket is what stops a botnet; the address's what stops a list of accounts. */
  'sign-in:ip': { limit: 30, windowSeconds: 60 },
  'sign-in:account': { limit: 10, windowSeconds: 300 },
  /** Tries of a second factor, by person: in a row, and of six digits in a day. Three codes of a million fit at a time, so that who knows the password needs 18 years. */
  'second-factor:account': { limit: 10, windowSeconds: 300 },
  'second-factor:day': { limit: 50, windowSeconds: 86_400 },
  /** Whatever sends a mail to an address that somebody has typed. */
  'mail:ip': { limit: 20, windowSeconds: 3_600 },
  'mail:account': { limit: 5, windowSeconds: 3_600 },
  /** New accounts and workspaces. */
  'sign-up:ip': { limit: 10, windowSeconds: 3_600 },
  'sign-up:account': { limit: 10, windowSeconds: 3_600 },
  /** Opening and accepting invitations: tokens cannot be guessed, and are not to be tried. */
  'invitation:ip': { limit: 30, windowSeconds: 60 },
  /** Invitations that a workspace mails. */
  'invitation:tenant': { limit: 100, windowSeconds: 3_600 },
} as const satisfies Record<string, Policy>;

export type PolicyName = keyof typeof policies;

/** A policy as this installation has it. Throws an Error that names the setting when an override names no policy. */
export function policyOf(name: PolicyName): Policy {
  return env().rateLimitOverrides.get(name) ?? policies[name];
}

/** Checks the overrides of the environment. Throws an Error that names the setting when one names no policy. */
export function assertOverrides(): void {
  for (const name of env().rateLimitOverrides.keys())
    if (!Object.hasOwn(policies, name))
      throw new Error(
        `RATE_LIMIT_OVERRIDES: there is no policy "${name}". Policies: ${Object.keys(policies).join(', ')}`,
      );
}
