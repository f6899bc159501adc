import { z } from 'zod';
import { personNameSchema } from '@/lib/auth/schema';
import type { SessionRow } from '@/lib/workflows/sessions/schema';

/** Everything that a person sees of their own account. Times are ISO 8601 in UTC. */
export type Account = {
  name: string;
  email: string;
  isEmailVerified: boolean;
  /** The address that waits for its link to be followed, or null. */
  pendingEmail: string | null;
  hasPassword: boolean;
  /** Whether the sign-in is recent enough to stand in for a password that is not set. */
  isFresh: boolean;
  secondFactor: { since: string; recoveryCodesLeft: number } | null;
  sessions: SessionRow[];
};

export const renameInput = z.object({ name: personNameSchema });
export const renamed = z.object({ name: z.string() });
