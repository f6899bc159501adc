import { z } from 'zod';
import type { SignInMethod } from '@/lib/auth/schema';

/** A session as its person sees it. Times are ISO 8601 in UTC. */
export type SessionRow = {
  id: string;
  /** Browser and system in words: `Firefox on Windows`. */
  device: string;
  isPhone: boolean;
  ip: string | null;
  method: SignInMethod | null;
  startedAt: string;
  lastSeenAt: string;
  isThis: boolean;
};

export const revokeInput = z.object({ id: z.uuid() });

/** Whether the session that asks goes on. */
export const revokeAllInput = z.object({ keepThis: z.boolean() });

export const nothing = z.object({});
