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
});
export type Workspace = z.infer<typeof workspaceSchema>;

/** The signed-in person as the interface shows them. */
export type Viewer = { name: string; email: string };
