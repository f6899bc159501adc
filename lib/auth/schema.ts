import { z } from 'zod';
import { toStorable } from '@/lib/text';

export const roles = ['admin', 'analyst', 'viewer'] as const;
export type Role = (typeof roles)[number];

/** How a session was begun. */
export type SignInMethod = 'password' | 'link' | 'github' | 'google' | 'sign-up' | 'invitation';

/** An e-mail address, in lower case: addresses are compared without regard to case. */
export const emailSchema = z
  .string()
  .trim()
  .toLowerCase()
  .max(254, 'At most 254 characters.')
  .pipe(z.email('This is not an e-mail address.'));

/** At least 10 characters; at most 200, so that hashing stays cheap. No rules of composition (NIST SP 800-63B). */
export const passwordSchema = z
  .string()
  .min(10, 'Use at least 10 characters.')
  .max(200, 'At most 200 characters.');

export const personNameSchema = z
  .string()
  .overwrite(toStorable)
  .trim()
  .min(1, 'Tell us your name.')
  .max(80, 'At most 80 characters.');

/** A workspace in the picker. `lastVisit` is an ISO time in UTC, or null. */
export const workspaceSchema = z.object({
  tenantId: z.uuid(),
  slug: z.string(),
  name: z.string(),
  role: z.enum(roles),
  url: z.url(),
  lastVisit: z.iso.datetime().nullable(),
});
export type Workspace = z.infer<typeof workspaceSchema>;

/** The signed-in person as the interface shows them. */
export type Viewer = { name: string; email: string };

/** An invitation that waits for a person in the picker. Times are ISO 8601 in UTC. */
export type WaitingInvitation = {
  id: string;
  tenantName: string;
  role: Role;
  expiresAt: string;
};

/** A way in by a provider: `href` is where it starts, at cloud. */
export type ProviderLink = { id: string; name: string; href: string };

/** What became of a sign-in, by the code that stands in `?error=` of a login page, as a sentence for the person. */
export const signInErrors = {
  CredentialsSignin: 'E-mail or password is wrong.',
  Verification: 'This sign-in link has been used already, or its time is over. Ask for a new one.',
  AccessDenied: 'This sign-in link does not work any more. Ask for a new one.',
  Denied: 'The sign-in was cancelled there. Try again, or choose another way.',
  Disabled: 'This account is disabled. Write to support if you think that is wrong.',
  NoVerifiedEmail: 'That account has no verified address. Verify one there, or choose another way.',
  OAuthSignin: 'That service cannot be reached right now. Try again shortly, or choose another way.',
  OAuthCallback:
    'That service did not confirm the sign-in, or it took too long. Try again, or choose another way.',
  Unavailable: 'Signing in does not work right now. Try again shortly.',
} as const satisfies Record<string, string>;
export type SignInError = keyof typeof signInErrors;

const LIMITED = 'limited-';

/** The code of a sign-in that was refused because there were too many. */
export function limitedCode(seconds: number): string {
  return `${LIMITED}${Math.ceil(seconds)}`;
}

/** The sentence for what stands in `?error=`, or null when nothing does. What anybody can write there is never repeated. */
export function describeSignInError(code: unknown): string | null {
  if (typeof code !== 'string' || code === '') return null;
  const seconds = code.startsWith(LIMITED) ? Number(code.slice(LIMITED.length)) : Number.NaN;
  if (Number.isInteger(seconds) && seconds > 0 && seconds <= 86_400) return tooManyAttempts(seconds);
  return Object.hasOwn(signInErrors, code)
    ? signInErrors[code as SignInError]
    : 'The sign-in did not work. Try again, or choose another way.';
}

/** What somebody hears who has tried too often. */
export function tooManyAttempts(seconds: number): string {
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  return `Too many attempts. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`;
}
