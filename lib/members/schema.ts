import { z } from 'zod';
import { roles } from '@/lib/auth/schema';

/** A member as the list shows them. Times are ISO 8601 in UTC. */
export const memberRow = z.object({
  userId: z.uuid(),
  name: z.string(),
  email: z.string(),
  role: z.enum(roles),
  joinedAt: z.iso.datetime(),
  /** When they last used this workspace, to the minute; null where that is not known. */
  lastActiveAt: z.iso.datetime().nullable(),
});
export type MemberRow = z.infer<typeof memberRow>;

export const changeRoleInput = z.object({
  userId: z.uuid('expected the id of a member'),
  role: z.enum(roles),
});
export const changedRole = z.object({ userId: z.uuid(), role: z.enum(roles) });
